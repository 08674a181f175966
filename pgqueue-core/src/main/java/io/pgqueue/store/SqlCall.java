// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.store;

import io.pgqueue.SchemaName;
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

    private final SchemaName schema;

    SqlCall(SchemaName schema) {
        this.schema = schema;
    }

    /** The first row, null when there is none. */
    <T> @Nullable T first(Connection connection, String function, RowReader<T> reader, @Nullable Object... arguments)
            throws SQLException {
        try (PreparedStatement call = prepare(connection, function, arguments);
                ResultSet row = call.executeQuery()) {
            return row.next() ? reader.read(row) : null;
        }
    }

    /** For functions that return exactly one row. */
    <T> T one(Connection connection, String function, RowReader<T> reader, @Nullable Object... arguments)
            throws SQLException {
        T value = first(connection, function, reader, arguments);
        if (value == null) {
            throw new SQLException(function + " returned nothing");
        }
        return value;
    }

    <T> List<T> all(Connection connection, String function, RowReader<T> reader, @Nullable Object... arguments)
            throws SQLException {
        try (PreparedStatement call = prepare(connection, function, arguments);
                ResultSet row = call.executeQuery()) {
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
    void run(Connection connection, String function, @Nullable Object... arguments) throws SQLException {
        first(connection, function, row -> null, arguments);
    }

    private PreparedStatement prepare(Connection connection, String function, @Nullable Object... arguments)
            throws SQLException {
        PreparedStatement call = connection.prepareStatement(function.formatted(schema));
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
