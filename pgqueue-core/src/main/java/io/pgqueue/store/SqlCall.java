// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.store;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Calls a function that is not on the fast path: arguments by position, rows by a reader. */
final class SqlCall {

    private final SchemaFunctions functions;

    SqlCall(SchemaFunctions functions) {
        this.functions = functions;
    }

    /** The first row, null when there is none. */
    <T> @Nullable T first(Connection connection, String text, RowReader<T> reader, @Nullable Object... arguments)
            throws SQLException {
        SqlFunction function = functions.function(text);
        try (PreparedStatement call = prepare(connection, function, arguments);
                ResultSet row = function.call(call, entries(arguments))) {
            return row.next() ? reader.read(row) : null;
        }
    }

    /** For functions that return exactly one row. */
    <T> T one(Connection connection, String text, RowReader<T> reader, @Nullable Object... arguments)
            throws SQLException {
        T value = first(connection, text, reader, arguments);
        if (value == null) {
            throw new SQLException(functions.function(text) + " returned nothing");
        }
        return value;
    }

    <T> List<T> all(Connection connection, String text, RowReader<T> reader, @Nullable Object... arguments)
            throws SQLException {
        SqlFunction function = functions.function(text);
        try (PreparedStatement call = prepare(connection, function, arguments);
                ResultSet row = function.call(call, entries(arguments))) {
            List<T> rows = new ArrayList<>();
            while (row.next()) {
                T value = reader.read(row);
                if (value != null) {
                    rows.add(value);
                }
            }
            return rows;
        }
    }

    /** For functions that return nothing. */
    void run(Connection connection, String text, @Nullable Object... arguments) throws SQLException {
        first(connection, text, row -> null, arguments);
    }

    private static int entries(@Nullable Object... arguments) {
        for (Object argument : arguments) {
            if (argument instanceof Collection<?> ids) {
                return ids.size();
            }
        }
        return 0;
    }

    private static PreparedStatement prepare(Connection connection, SqlFunction function, @Nullable Object... arguments)
            throws SQLException {
        PreparedStatement call = function.prepare(connection);
        try {
            for (int i = 0; i < arguments.length; i++) {
                Object argument = arguments[i];
                if (argument instanceof Instant time) {
                    call.setObject(i + 1, Rows.time(time));
                } else if (argument instanceof Collection<?> ids) {
                    call.setArray(i + 1, connection.createArrayOf("uuid", ids.toArray(UUID[]::new)));
                } else {
                    call.setObject(i + 1, argument);
                }
            }
            return call;
        } catch (SQLException | RuntimeException e) {
            call.close();
            throw e;
        }
    }

    interface RowReader<T> {
        @Nullable
        T read(ResultSet row) throws SQLException;
    }
}
