// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import io.pgqueue.jdbc.ConnectionSource;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** A caller's transaction, begun and ended by the test: what a framework's transaction manager does. */
final class CallersTransaction implements ConnectionSource {

    private final DataSource dataSource;
    private final ThreadLocal<Connection> current = new ThreadLocal<>();
    private final ThreadLocal<List<Runnable>> committed = ThreadLocal.withInitial(ArrayList::new);
    private final ThreadLocal<List<Runnable>> rolledBack = ThreadLocal.withInitial(ArrayList::new);

    CallersTransaction(DataSource dataSource) {
        this.dataSource = dataSource;
    }

    Connection begin() throws SQLException {
        Connection connection = dataSource.getConnection();
        connection.setAutoCommit(false);
        current.set(connection);
        return connection;
    }

    void commit() throws SQLException {
        end(true);
    }

    void rollback() throws SQLException {
        end(false);
    }

    private void end(boolean commit) throws SQLException {
        try (Connection connection = current.get()) {
            current.remove();
            if (commit) {
                connection.commit();
            } else {
                connection.rollback();
            }
        }
        (commit ? committed : rolledBack).get().forEach(Runnable::run);
        committed.remove();
        rolledBack.remove();
    }

    @Override
    public Connection open() throws SQLException {
        return dataSource.getConnection();
    }

    @Override
    public @Nullable Connection current() {
        return current.get();
    }

    @Override
    public void release(Connection connection) {}

    @Override
    public void afterCommit(Runnable action) {
        committed.get().add(action);
    }

    @Override
    public void afterRollback(Runnable action) {
        rolledBack.get().add(action);
    }
}
