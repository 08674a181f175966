// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import io.pgqueue.jdbc.ConnectionSource;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicReference;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** Connections that can be lost in the middle of their next COMMIT, before or after the server has done it. */
final class LostCommits implements ConnectionSource {

    enum Loss {
        BEFORE,
        AFTER
    }

    private final DataSource dataSource;
    private final AtomicReference<@Nullable Loss> next = new AtomicReference<>();

    LostCommits(DataSource dataSource) {
        this.dataSource = dataSource;
    }

    void loseNext(Loss loss) {
        next.set(loss);
    }

    @Override
    public Connection open() throws SQLException {
        Connection physical = dataSource.getConnection();
        return (Connection) Proxy.newProxyInstance(
                Connection.class.getClassLoader(), new Class<?>[] {Connection.class}, (proxy, method, arguments) -> {
                    try {
                        Loss loss = method.getName().equals("commit") ? next.getAndSet(null) : null;
                        if (loss == null) {
                            return method.invoke(physical, arguments);
                        }
                        if (loss == Loss.AFTER) {
                            physical.commit();
                        }
                        physical.close();
                        throw new SQLException("An I/O error occurred while sending to the backend.", "08006");
                    } catch (InvocationTargetException e) {
                        throw e.getTargetException();
                    }
                });
    }

    @Override
    public @Nullable Connection current() {
        return null;
    }

    @Override
    public void release(Connection current) {}

    @Override
    public void afterCommit(Runnable action) {}
}
