// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Another source's connections, whose calls listeners are told of. */
public final class WatchedConnectionSource implements ConnectionSource {

    private final ConnectionSource source;
    private final List<StatementListener> listeners;

    public WatchedConnectionSource(ConnectionSource source, List<StatementListener> listeners) {
        this.source = source;
        this.listeners = List.copyOf(listeners);
    }

    @Override
    public Connection open() throws SQLException {
        return WatchedConnection.watch(source.open(), listeners);
    }

    @Override
    public @Nullable Connection current() throws SQLException {
        Connection current = source.current();
        return current == null ? null : WatchedConnection.watch(current, listeners);
    }

    @Override
    public void release(Connection current) {
        source.release(WatchedConnection.watched(current));
    }

    @Override
    public void afterCommit(Runnable action) {
        source.afterCommit(action);
    }

    @Override
    public void afterRollback(Runnable action) {
        source.afterRollback(action);
    }
}
