// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.store;

import io.pgqueue.FoundMessage;
import io.pgqueue.Purge;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** {@code R__backlog.sql}, for the subscription of a name (topic null for a queue). Safe for use by several threads. */
public final class BacklogFunctions {

    private static final String PURGE = "select %s.purge(%<s.subscription_named(?, ?), ?, ?::jsonb)";
    private static final String MOVE = "select m.moved, m.up_to, t.id as ready "
            + "from %s.move_backlog(%<s.subscription_named(?, ?), ?, ?, ?::bigint) m "
            + "left join %<s.find_subscription(null, ?) t on true";
    private static final String SET_PAUSED =
            "select s.id, %s.set_paused(s.id, ?) from %<s.subscription_named(?, ?) as s (id)";
    private static final String SET_TOPIC_PAUSED = "select %s.set_topic_paused(?, ?)";
    private static final String FIND = "select topic, subscription, state, since, consumer, attempts, replays, "
            + Rows.MESSAGE + " from %s.find_message(?, ?)";
    private static final String EDIT = "select %s.edit_properties(?, ?::jsonb, ?::text)";

    private final SqlCall calls;

    public BacklogFunctions(SchemaFunctions functions) {
        this.calls = new SqlCall(functions);
    }

    /**
     * What one call moved.
     *
     * @param moved how many
     * @param upTo newest position that was looked at, for the next call
     * @param ready subscriptions that have something ready then
     */
    public record MovedPart(int moved, long upTo, List<Integer> ready) {}

    /** How many went; the jsonpath is what the selector means. */
    public long purge(
            Connection connection, @Nullable String topic, String name, Purge purge, @Nullable String jsonpath)
            throws SQLException {
        JsonObject filter = new JsonObject().text("filter", jsonpath);
        filter.plain("min_age_ms", purge.olderThan() == null ? null : Rows.millis(purge.olderThan()));
        return calls.one(connection, PURGE, row -> row.getLong(1), topic, name, purge.leased(), filter.toString());
    }

    /** The oldest ready ones, up to the given position (null: now). */
    public MovedPart move(
            Connection connection, @Nullable String topic, String name, String to, int limit, @Nullable Long upTo)
            throws SQLException {
        return calls.one(
                connection,
                MOVE,
                row -> new MovedPart(row.getInt("moved"), row.getLong("up_to"), List.of(row.getInt("ready"))),
                topic,
                name,
                to,
                limit,
                upTo,
                to);
    }

    /** Its id. */
    public List<Integer> setPaused(Connection connection, @Nullable String topic, String name, boolean paused)
            throws SQLException {
        return calls.all(connection, SET_PAUSED, row -> row.getInt(1), paused, topic, name);
    }

    /** The ids of those that were not so already. */
    public List<Integer> setTopicPaused(Connection connection, String topic, boolean paused) throws SQLException {
        return calls.all(connection, SET_TOPIC_PAUSED, row -> row.getInt(1), topic, paused);
    }

    public List<FoundMessage> find(Connection connection, UUID messageId, boolean withBody) throws SQLException {
        return calls.all(
                connection,
                FIND,
                row -> new FoundMessage(
                        messageId,
                        row.getString("topic"),
                        row.getString("subscription"),
                        FoundMessage.State.valueOf(row.getString("state").toUpperCase(Locale.ROOT)),
                        Rows.instant(row, "since"),
                        row.getString("consumer"),
                        row.getInt("attempts"),
                        row.getInt("replays"),
                        PropertiesCodec.decode(row.getString("properties")),
                        Rows.headers(row),
                        row.getInt("body_bytes"),
                        row.getBytes("body")),
                messageId,
                withBody);
    }

    /** How many subscriptions have the message waiting. */
    public int editProperties(
            Connection connection, UUID messageId, Map<String, Object> properties, @Nullable String by)
            throws SQLException {
        return calls.one(connection, EDIT, row -> row.getInt(1), messageId, PropertiesCodec.encodeAll(properties), by);
    }
}
