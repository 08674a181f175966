// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jdbc;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes calls and tells listeners of them. Safe for use by several threads. */
public final class CallListeners {

    private static final Logger LOG = LoggerFactory.getLogger(CallListeners.class);

    private final List<StatementListener> listeners;

    public CallListeners(List<StatementListener> listeners) {
        this.listeners = List.copyOf(listeners);
    }

    /** Runs a statement that has all its arguments. Of several, this is the first one's result. */
    public ResultSet query(DatabaseCall call, PreparedStatement statement) throws SQLException {
        tell(listener -> listener.before(call));
        long start = System.nanoTime();
        ResultSet result;
        try {
            statement.execute();
            result = statement.getResultSet();
        } catch (SQLException e) {
            after(call, start, e);
            throw e;
        }
        after(call, start, null);
        return result;
    }

    private void after(DatabaseCall call, long start, @Nullable SQLException failure) {
        Duration took = Duration.ofNanos(System.nanoTime() - start);
        tell(listener -> listener.after(call, took, failure));
    }

    /**
     * Whatever a listener does, what the call did is committed or not, and the caller must be told that: so no Error leaves
     * here either, be it the JVM's own.
     */
    private void tell(Consumer<StatementListener> event) {
        for (StatementListener listener : listeners) {
            try {
                event.accept(listener);
            } catch (Throwable e) {
                LOG.warn("A statement listener failed: {}", listener.getClass().getName(), e);
            }
        }
    }
}
