// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import io.pgqueue.jdbc.ConnectionSource;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** Counts the connections in use, and can refuse them as a framework's exception. */
final class CountingSource implements ConnectionSource {

    private final DataSource dataSource;
    private final AtomicInteger open = new AtomicInteger();
    private final AtomicInteger opened = new AtomicInteger();
    private final AtomicInteger refusals = new AtomicInteger();
    private volatile boolean byError;

    CountingSource(DataSource dataSource) {
        this.dataSource = dataSource;
    }

    int inUse() {
        return open.get();
    }

    /** Connections taken since the start. */
    int opened() {
        return opened.get();
    }

    /** The next so many requests fail with an exception that is not an SQLException. */
    void refuse(int times) {
        byError = false;
        refusals.set(times);
    }

    /** The next so many requests fail with an Error. */
    void refuseByError(int times) {
        byError = true;
        refusals.set(times);
    }

    int refusalsLeft() {
        return Math.max(0, refusals.get());
    }

    @Override
    public Connection open() throws SQLException {
        if (refusals.getAndUpdate(n -> Math.max(0, n - 1)) > 0) {
            if (byError) {
                throw new NoClassDefFoundError("refused by the test");
            }
            throw new IllegalStateException("refused by the test");
        }
        Connection connection = dataSource.getConnection();
        open.incrementAndGet();
        opened.incrementAndGet();
        AtomicBoolean closed = new AtomicBoolean();
        return (Connection) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {Connection.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("close") && closed.compareAndSet(false, true)) {
                        open.decrementAndGet();
                    }
                    try {
                        return method.invoke(connection, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    @Override
    public @Nullable Connection current() {
        return null;
    }

    @Override
    public void release(Connection current) {
        throw new IllegalStateException();
    }

    @Override
    public void afterCommit(Runnable action) {
        throw new IllegalStateException();
    }
}
