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
    private static final String MOVE = "select * from %s.move_backlog(%<s.subscription_named(?, ?), ?, ?, ?::bigint)";
    private static final String SET_PAUSED = "select %s.set_paused(%<s.subscription_named(?, ?), ?)";
    private static final String FIND = "select * from %s.find_message(?, ?)";
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
     */
    public record MovedPart(int moved, long upTo) {}

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
                row -> new MovedPart(row.getInt("moved"), row.getLong("up_to")),
                topic,
                name,
                to,
                limit,
                upTo);
    }

    public void setPaused(Connection connection, @Nullable String topic, String name, boolean paused)
            throws SQLException {
        calls.run(connection, SET_PAUSED, topic, name, paused);
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
