// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.store;

import io.pgqueue.Delivery;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import org.jspecify.annotations.Nullable;

/** Values between Java and JDBC that several families share. */
final class Rows {

    /** What {@link #headers} reads, and the rest of a message, of every function that shows messages. */
    static final String MESSAGE =
            "sent_at, expires_at, priority, group_key, correlation_id, reply_to, type, content_type, "
                    + "properties, body_bytes, body";

    /** Later than any time PostgreSQL can hold; stands for never. */
    private static final int LAST_YEAR = 294276;

    private Rows() {}

    static @Nullable Instant instant(ResultSet row, String column) throws SQLException {
        return instant(row, row.findColumn(column));
    }

    static @Nullable Instant instant(ResultSet row, int column) throws SQLException {
        OffsetDateTime time = row.getObject(column, OffsetDateTime.class);
        return time == null ? null : time.toInstant();
    }

    static Instant requiredInstant(ResultSet row, String column) throws SQLException {
        return requiredInstant(row, row.findColumn(column));
    }

    static Instant requiredInstant(ResultSet row, int column) throws SQLException {
        Instant instant = instant(row, column);
        if (instant == null) {
            throw new SQLException("Column " + column + " is null, which it never should be");
        }
        return instant;
    }

    static @Nullable OffsetDateTime time(@Nullable Instant instant) {
        if (instant == null) {
            return null;
        }
        OffsetDateTime time = instant.atOffset(ZoneOffset.UTC);
        return time.getYear() > LAST_YEAR ? OffsetDateTime.MAX : time;
    }

    static void setMillis(PreparedStatement call, int index, @Nullable Duration duration) throws SQLException {
        if (duration == null) {
            call.setNull(index, Types.BIGINT);
        } else {
            call.setLong(index, millis(duration));
        }
    }

    /** A duration too long for a long is as good as for ever. */
    static long millis(Duration duration) {
        try {
            return duration.toMillis();
        } catch (ArithmeticException tooLong) {
            return Long.MAX_VALUE;
        }
    }

    static Delivery.Headers headers(ResultSet row) throws SQLException {
        return new Delivery.Headers(
                requiredInstant(row, "sent_at"),
                instant(row, "expires_at"),
                row.getInt("priority"),
                row.getString("content_type"),
                row.getString("group_key"),
                row.getString("correlation_id"),
                row.getString("reply_to"),
                row.getString("type"));
    }
}
