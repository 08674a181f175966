// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.store;

import io.pgqueue.OutgoingMessage;
import io.pgqueue.SchemaName;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Types;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** {@code R__publish.sql}. Safe for use by several threads. */
public final class PublishFunctions {

    private static final String ONE = "select * from %s.publish_message(?, ?, ?, ?::jsonb, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    private static final String TRACKED =
            "select * from %s.publish_tracked(?, ?, ?, ?::jsonb, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    private static final String MANY =
            "select * from %s.publish_messages(?, ?, ?, ?::jsonb[], ?, ?, ?, ?, ?, ?, ?, ?, ?)";

    private final String one;
    private final String tracked;
    private final String many;

    public PublishFunctions(SchemaName schema) {
        this.one = ONE.formatted(schema);
        this.tracked = TRACKED.formatted(schema);
        this.many = MANY.formatted(schema);
    }

    /**
     * What the database did with the messages of one call.
     *
     * @param subscriptions those that got at least one of them
     * @param matched number of deliveries of each message, in the order given
     * @param firstPosition lowest position of them, 0 when nothing was stored
     * @param warning what the server said although it succeeded, for example that a commit was not replicated
     */
    public record Published(
            int[] subscriptions,
            int[] matched,
            long firstPosition,
            @Nullable SQLWarning warning) {}

    /** Null when the destination does not exist; the caller's transaction is then still in order. */
    public @Nullable Published publish(Connection connection, int destination, UUID id, OutgoingMessage message)
            throws SQLException {
        return publish(connection, one, destination, id, message, null);
    }

    /** As {@link #publish}; what becomes of it is kept for so long after the last of its deliveries has ended. */
    public @Nullable Published publishTracked(
            Connection connection, int destination, UUID id, OutgoingMessage message, Duration keep)
            throws SQLException {
        return publish(connection, tracked, destination, id, message, keep);
    }

    private static @Nullable Published publish(
            Connection connection,
            String function,
            int destination,
            UUID id,
            OutgoingMessage message,
            @Nullable Duration keep)
            throws SQLException {
        String properties = PropertiesCodec.encode(message);
        try (PreparedStatement call = connection.prepareStatement(function)) {
            call.setInt(1, destination);
            call.setObject(2, id);
            call.setBytes(3, message.body());
            call.setString(4, properties);
            call.setShort(5, (short) message.priority());
            call.setString(6, message.group());
            call.setString(7, message.correlationId());
            call.setString(8, message.replyTo());
            call.setString(9, message.type());
            call.setString(10, message.contentType());
            Rows.setMillis(call, 11, message.timeToLive());
            Rows.setMillis(call, 12, message.delay());
            call.setObject(13, Rows.time(message.deliverAt()), Types.TIMESTAMP_WITH_TIMEZONE);
            if (keep != null) {
                call.setLong(14, keep.toMillis());
            }
            try (ResultSet row = call.executeQuery()) {
                row.next();
                Array subscriptions = row.getArray("p_subscriptions");
                if (subscriptions == null) {
                    return null;
                }
                int[] ids = ints(subscriptions);
                return new Published(ids, new int[] {ids.length}, row.getLong("p_position"), warning(call));
            }
        }
    }

    /** Null when the destination does not exist; the caller's transaction is then still in order. */
    public @Nullable Published publish(
            Connection connection, int destination, List<UUID> ids, List<OutgoingMessage> messages)
            throws SQLException {
        try (PreparedStatement call = connection.prepareStatement(many)) {
            call.setInt(1, destination);
            call.setArray(2, connection.createArrayOf("uuid", ids.toArray()));
            call.setArray(
                    3,
                    connection.createArrayOf(
                            "bytea",
                            messages.stream().map(OutgoingMessage::body).toArray(byte[][]::new)));
            column(connection, call, 4, "jsonb", messages, PropertiesCodec::encode);
            call.setArray(
                    5,
                    connection.createArrayOf(
                            "smallint",
                            messages.stream().map(m -> (short) m.priority()).toArray()));
            column(connection, call, 6, "text", messages, OutgoingMessage::group);
            column(connection, call, 7, "text", messages, OutgoingMessage::correlationId);
            column(connection, call, 8, "text", messages, OutgoingMessage::replyTo);
            column(connection, call, 9, "text", messages, OutgoingMessage::type);
            column(connection, call, 10, "text", messages, OutgoingMessage::contentType);
            column(
                    connection,
                    call,
                    11,
                    "bigint",
                    messages,
                    m -> m.timeToLive() == null ? null : Rows.millis(m.timeToLive()));
            column(connection, call, 12, "bigint", messages, m -> m.delay() == null ? null : Rows.millis(m.delay()));
            column(connection, call, 13, "timestamptz", messages, m -> Rows.time(m.deliverAt()));
            try (ResultSet row = call.executeQuery()) {
                row.next();
                Array subscriptions = row.getArray("p_subscriptions");
                if (subscriptions == null) {
                    return null;
                }
                return new Published(
                        ints(subscriptions),
                        ints(row.getArray("p_matched")),
                        row.getLong("p_first_position"),
                        warning(call));
            }
        }
    }

    /** Notices and debug messages, of class 00, are none. */
    private static @Nullable SQLWarning warning(PreparedStatement call) throws SQLException {
        SQLWarning warning = call.getWarnings();
        while (warning != null && String.valueOf(warning.getSQLState()).startsWith("00")) {
            warning = warning.getNextWarning();
        }
        return warning;
    }

    /** A header that no message has is sent as one null instead of an array of nulls. */
    private static void column(
            Connection connection,
            PreparedStatement call,
            int index,
            String type,
            List<OutgoingMessage> messages,
            Function<OutgoingMessage, @Nullable Object> header)
            throws SQLException {
        @Nullable Object[] values = new @Nullable Object[messages.size()];
        boolean any = false;
        for (int i = 0; i < values.length; i++) {
            Object value = header.apply(messages.get(i));
            values[i] = value instanceof OffsetDateTime time ? time.toString() : value;
            any |= value != null;
        }
        call.setArray(index, any ? connection.createArrayOf(type, values) : null);
    }

    private static int[] ints(Array array) throws SQLException {
        Integer[] values = (Integer[]) array.getArray();
        int[] ints = new int[values.length];
        for (int i = 0; i < ints.length; i++) {
            ints[i] = values[i];
        }
        return ints;
    }
}
