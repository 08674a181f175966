// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.store;

import io.pgqueue.BrowsePage;
import io.pgqueue.BrowsePage.Cursor;
import io.pgqueue.BrowsedMessage;
import io.pgqueue.DeliveryState;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** {@code R__browse.sql}. Safe for use by several threads. */
public final class BrowseFunctions {

    private static final String BROWSE =
            "select state, position, lease_until, consumer, due_at, attempts, replays, first_failed_at, message_id, "
                    + Rows.MESSAGE + " from %s.browse(?, ?, ?, ?, ?, ?, ?::jsonpath, ?)";

    private final SqlFunction browse;

    public BrowseFunctions(SchemaFunctions functions) {
        this.browse = functions.function(BROWSE);
    }

    /** A page of deliveries in these states that meet the filter (null for all), behind a cursor (null for the first). */
    public BrowsePage browse(
            Connection connection,
            int subscription,
            int limit,
            @Nullable Cursor after,
            Collection<DeliveryState> states,
            @Nullable String filter,
            boolean withBodies)
            throws SQLException {
        try (PreparedStatement call = browse.prepare(connection)) {
            call.setInt(1, subscription);
            call.setInt(2, limit);
            call.setObject(3, after == null ? null : after.priority(), Types.INTEGER);
            call.setObject(4, after == null ? null : after.position(), Types.BIGINT);
            call.setObject(5, after == null ? null : Rows.time(after.dueAt()), Types.TIMESTAMP_WITH_TIMEZONE);
            call.setArray(
                    6,
                    connection.createArrayOf(
                            "text",
                            states.stream()
                                    .map(s -> s.name().toLowerCase(Locale.ROOT))
                                    .toArray()));
            call.setString(7, filter);
            call.setBoolean(8, withBodies);
            try (ResultSet row = browse.call(call)) {
                List<BrowsedMessage> messages = new ArrayList<>();
                Cursor next = null;
                while (row.next()) {
                    UUID messageId = row.getObject("message_id", UUID.class);
                    if (messageId == null) {
                        next = new Cursor(row.getInt("priority"), row.getLong("position"), Rows.instant(row, "due_at"));
                    } else {
                        messages.add(message(row, messageId));
                    }
                }
                return new BrowsePage(messages, next);
            }
        }
    }

    private static BrowsedMessage message(ResultSet row, UUID messageId) throws SQLException {
        DeliveryState state = DeliveryState.valueOf(row.getString("state").toUpperCase(Locale.ROOT));
        Instant until = switch (state) {
            case READY -> null;
            case LEASED -> Rows.instant(row, "lease_until");
            case DELAYED, RETRYING -> Rows.instant(row, "due_at");
        };
        return new BrowsedMessage(
                messageId,
                row.getLong("position"),
                state,
                until,
                state == DeliveryState.LEASED ? row.getString("consumer") : null,
                row.getInt("attempts"),
                row.getInt("replays"),
                Rows.instant(row, "first_failed_at"),
                PropertiesCodec.decode(row.getString("properties")),
                Rows.headers(row),
                row.getInt("body_bytes"),
                row.getBytes("body"));
    }
}
