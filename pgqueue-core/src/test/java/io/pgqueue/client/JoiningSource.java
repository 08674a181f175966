// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import io.pgqueue.jdbc.ConnectionSource;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** As a framework: the thread may have a transaction open, and what is to happen after its end waits for it. */
public final class JoiningSource implements ConnectionSource {

    private final DataSource dataSource;
    private final ThreadLocal<@Nullable Connection> current = new ThreadLocal<>();
    private final ThreadLocal<List<Runnable>> afterCommit = ThreadLocal.withInitial(ArrayList::new);
    private final ThreadLocal<List<Runnable>> afterRollback = ThreadLocal.withInitial(ArrayList::new);
    private final ThreadLocal<List<Runnable>> afterUnknownEnd = ThreadLocal.withInitial(ArrayList::new);

    public JoiningSource(DataSource dataSource) {
        this.dataSource = dataSource;
    }

    public Connection begin() throws SQLException {
        Connection connection = dataSource.getConnection();
        connection.setAutoCommit(false);
        current.set(connection);
        return connection;
    }

    public void commit() throws SQLException {
        try (Connection connection = current.get()) {
            connection.commit();
        } catch (SQLException e) {
            ended(afterUnknownEnd);
            throw e;
        } finally {
            current.remove();
        }
        ended(afterCommit);
    }

    public void rollback() throws SQLException {
        try (Connection connection = current.get()) {
            connection.rollback();
        } finally {
            current.remove();
        }
        ended(afterRollback);
    }

    private void ended(ThreadLocal<List<Runnable>> how) {
        List<Runnable> actions = how.get();
        afterCommit.remove();
        afterRollback.remove();
        afterUnknownEnd.remove();
        actions.forEach(Runnable::run);
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
        afterCommit.get().add(action);
    }

    @Override
    public void afterRollback(Runnable action) {
        afterRollback.get().add(action);
    }

    @Override
    public void afterUnknownEnd(Runnable action) {
        afterUnknownEnd.get().add(action);
    }
}
