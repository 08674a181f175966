// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jdbc;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Makes calls and tells listeners of them. Safe for use by several threads. */
public final class CallListeners {

    private final List<StatementListener> listeners;

    public CallListeners(List<StatementListener> listeners) {
        this.listeners = List.copyOf(listeners);
    }

    /** Runs a statement that has all its arguments. Of several, this is the first one's result. */
    public ResultSet query(DatabaseCall call, PreparedStatement statement) throws SQLException {
        for (StatementListener listener : listeners) {
            listener.before(call);
        }
        long start = System.nanoTime();
        ResultSet result;
        try {
            statement.execute();
            result = statement.getResultSet();
        } catch (SQLException e) {
            tell(call, start, e);
            throw e;
        }
        tell(call, start, null);
        return result;
    }

    private void tell(DatabaseCall call, long start, @Nullable SQLException failure) {
        Duration took = Duration.ofNanos(System.nanoTime() - start);
        for (StatementListener listener : listeners) {
            listener.after(call, took, failure);
        }
    }
}
