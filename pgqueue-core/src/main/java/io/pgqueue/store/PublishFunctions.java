// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.store;

import io.pgqueue.OutgoingMessage;
import io.pgqueue.jdbc.Transactions;
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
import java.util.Locale;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** {@code R__publish.sql}. Safe for use by several threads. */
public final class PublishFunctions {

    // All columns of each function, in its order: so the server hands over the function's rows as they are.
    private static final String OF_ONE = "p_position, p_subscriptions, p_full, p_may_wait, p_ended";
    private static final String OF_MANY = "p_first_position, p_subscriptions, p_matched, p_full, p_may_wait, p_ended";
    private static final String OF_KEYED =
            "p_first_position, p_subscriptions, p_matched, p_duplicates, p_full, p_may_wait, p_ended";

    private static final String ONE =
            "select " + OF_ONE + " from %s.publish_message(?, ?, ?, ?::jsonb, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    private static final String UNFLUSHED =
            "select " + OF_ONE + " from %s.publish_message(?, ?, ?, ?::jsonb, ?, ?, ?, ?, ?, ?, ?, ?, ?, true)";

    private static final String MANY =
            "select " + OF_MANY + " from %s.publish_messages(?, ?, ?, ?::jsonb[], ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

    /** A setting of the transaction counts at its commit, so it does not matter which of the two runs first. */
    private static final String MANY_UNFLUSHED =
            "select " + OF_MANY + " from set_config('synchronous_commit', 'off', true), "
                    + "%s.publish_messages(?, ?, ?, ?::jsonb[], ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

    private static final String WITH_KEYS = "select " + OF_KEYED
            + " from %s.publish_with_keys(?, ?, ?, ?::jsonb[], ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

    private final SqlFunction one;
    private final SqlFunction unflushed;
    private final SqlFunction many;
    private final SqlFunction manyUnflushed;
    private final SqlFunction withKeys;

    public PublishFunctions(SchemaFunctions functions) {
        this.one = functions.function(ONE);
        this.unflushed = functions.function(UNFLUSHED);
        this.many = functions.function(MANY);
        this.manyUnflushed = functions.function(MANY_UNFLUSHED);
        this.withKeys = functions.function(WITH_KEYS);
    }

    /**
     * What the database did with the messages of one call.
     *
     * @param subscriptions those that got at least one of them
     * @param matched number of deliveries of each message, in the order given
     * @param firstPosition lowest position of them, 0 when nothing was stored
     * @param warning what the server said although it succeeded, for example that a commit was not replicated
     * @param firstIds for each message of which it is a duplicate, null when it is none; null for the whole when none is
     * @param full name of a subscription that has no room: nothing was published
     * @param mayWait whether the sender may wait for room
     * @param ended whether tracked deliveries made room, for whose outcome somebody may wait
     */
    public record Published(
            int[] subscriptions,
            int[] matched,
            long firstPosition,
            @Nullable SQLWarning warning,
            @Nullable UUID @Nullable [] firstIds,
            @Nullable String full,
            boolean mayWait,
            boolean ended) {

        static Published full(String subscription, boolean mayWait) {
            return new Published(new int[0], new int[0], 0, null, null, subscription, mayWait, false);
        }
    }

    /** @throws io.pgqueue.MessageTooLargeException if the properties take more than 32 KiB, as publishing would say too */
    public static void checkProperties(OutgoingMessage message) {
        PropertiesCodec.checkSize(message);
    }

    /** Null when the destination does not exist; the caller's transaction is then still in order. */
    public @Nullable Published publish(Connection connection, int destination, UUID id, OutgoingMessage message)
            throws SQLException {
        return publish(connection, one, destination, id, message);
    }

    /**
     * As {@link #publish(Connection, int, UUID, OutgoingMessage)}, but the commit does not wait for the disk: for a statement that
     * is a transaction of its own.
     */
    public @Nullable Published publishUnflushed(
            Connection connection, int destination, UUID id, OutgoingMessage message) throws SQLException {
        return publish(connection, unflushed, destination, id, message);
    }

    private static @Nullable Published publish(
            Connection connection, SqlFunction function, int destination, UUID id, OutgoingMessage message)
            throws SQLException {
        String properties = PropertiesCodec.encode(message);
        try (PreparedStatement call = function.prepare(connection)) {
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
            try (ResultSet row = function.call(call)) {
                row.next();
                Array subscriptions = row.getArray("p_subscriptions");
                if (subscriptions == null) {
                    return nothing(row);
                }
                int[] ids = ints(subscriptions);
                return new Published(
                        ids,
                        new int[] {ids.length},
                        row.getLong("p_position"),
                        warning(call),
                        null,
                        null,
                        false,
                        row.getBoolean("p_ended"));
            }
        }
    }

    /**
     * Null when the destination does not exist; the caller's transaction is then still in order.
     *
     * @param firstIndex place of the first one in the sender's list, by which errors name a message
     */
    public @Nullable Published publish(
            Connection connection, int destination, List<UUID> ids, List<OutgoingMessage> messages, int firstIndex)
            throws SQLException {
        return publish(connection, many, destination, ids, messages, firstIndex);
    }

    /**
     * As {@link #publish(Connection, int, List, List, int)}, but the commit does not wait for the disk: in a transaction that holds
     * nothing else that must survive.
     */
    public @Nullable Published publishUnflushed(
            Connection connection, int destination, List<UUID> ids, List<OutgoingMessage> messages, int firstIndex)
            throws SQLException {
        return publish(connection, manyUnflushed, destination, ids, messages, firstIndex);
    }

    private static @Nullable Published publish(
            Connection connection,
            SqlFunction function,
            int destination,
            List<UUID> ids,
            List<OutgoingMessage> messages,
            int firstIndex)
            throws SQLException {
        try (PreparedStatement call = function.prepare(connection)) {
            setMessages(connection, call, destination, ids, messages);
            call.setInt(14, firstIndex);
            try (ResultSet row = function.call(call, messages.size())) {
                row.next();
                return published(row, warning(call), null);
            }
        }
    }

    /**
     * For messages of which some have a deduplication or replace key; else as the others.
     *
     * @param keep how long what becomes of a message is kept after the last of its deliveries has ended; null if nobody asks
     * @param firstIndex place of the first one in the sender's list
     */
    public @Nullable Published publishWithKeys(
            Connection connection,
            int destination,
            List<UUID> ids,
            List<OutgoingMessage> messages,
            @Nullable Duration keep,
            int firstIndex)
            throws SQLException {
        try (PreparedStatement call = withKeys.prepare(connection)) {
            setMessages(connection, call, destination, ids, messages);
            column(connection, call, 14, "text", messages, OutgoingMessage::dedupKey);
            column(connection, call, 15, "text", messages, OutgoingMessage::replaceKey);
            column(
                    connection,
                    call,
                    16,
                    "text",
                    messages,
                    m -> m.replaceKey() == null ? null : m.replaceMode().name().toLowerCase(Locale.ROOT));
            Rows.setMillis(call, 17, keep);
            call.setInt(18, firstIndex);
            try (ResultSet row = withKeys.call(call, messages.size())) {
                row.next();
                Array duplicates = row.getArray("p_duplicates");
                return published(
                        row, warning(call), duplicates == null ? null : (@Nullable UUID[]) duplicates.getArray());
            }
        }
    }

    private static void setMessages(
            Connection connection,
            PreparedStatement call,
            int destination,
            List<UUID> ids,
            List<OutgoingMessage> messages)
            throws SQLException {
        call.setInt(1, destination);
        call.setArray(2, connection.createArrayOf("uuid", ids.toArray()));
        call.setArray(
                3,
                connection.createArrayOf(
                        "bytea", messages.stream().map(OutgoingMessage::body).toArray(byte[][]::new)));
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
    }

    private static @Nullable Published published(
            ResultSet row, @Nullable SQLWarning warning, @Nullable UUID @Nullable [] firstIds) throws SQLException {
        Array subscriptions = row.getArray("p_subscriptions");
        return subscriptions == null
                ? nothing(row)
                : new Published(
                        ints(subscriptions),
                        ints(row.getArray("p_matched")),
                        row.getLong("p_first_position"),
                        warning,
                        firstIds,
                        null,
                        false,
                        row.getBoolean("p_ended"));
    }

    /** No room, or, as null, no such destination. */
    private static @Nullable Published nothing(ResultSet row) throws SQLException {
        String full = row.getString("p_full");
        return full == null ? null : Published.full(full, row.getBoolean("p_may_wait"));
    }

    private static @Nullable SQLWarning warning(PreparedStatement call) throws SQLException {
        return Transactions.notable(call.getWarnings());
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
