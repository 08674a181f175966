// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.store;

import io.pgqueue.DeadLetter;
import io.pgqueue.DeadLetterFilter;
import io.pgqueue.Failure;
import io.pgqueue.MessageChange;
import io.pgqueue.Redrive;
import io.pgqueue.Repair;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** {@code R__dead_letter.sql}, for the subscription of a name (topic null for a queue). Safe for use by several threads. */
public final class DeadLetterFunctions {

    private static final String LIST =
            "select message_id, position, dead_at, reason, error_class, error, stack, consumer, "
                    + "attempts, replays, parked, first_failed_at, last_failed_at, " + Rows.MESSAGE
                    + " from %s.dead_letters(%<s.subscription_named(?, ?), ?, "
                    + "coalesce(?::timestamptz, '-infinity'), ?, ?, ?::jsonb, ?::uuid)";
    private static final String REDRIVE = "select r.redriven, r.called_at, coalesce(t.id, s.id) as ready "
            + "from %s.subscription_named(?, ?) as s (id) "
            + "cross join lateral %<s.redrive(s.id, ?::uuid[], ?, ?::jsonb, ?::text, ?::float8, ?::bigint) r "
            + "left join %<s.find_subscription(null, ?) t on true";
    private static final String DISCARD = "select %s.discard(%<s.subscription_named(?, ?), ?::uuid[], ?, ?::jsonb)";
    private static final String REPAIR =
            "select s.id, %s.repair(s.id, ?, ?::bytea, ?::jsonb, ?::text) from %<s.subscription_named(?, ?) as s (id)";
    private static final String MESSAGE_CHANGES =
            "select changed_at, database_user, changed_by, properties, body from %s.message_changes(?)";

    private final SqlCall calls;

    public DeadLetterFunctions(SchemaFunctions functions) {
        this.calls = new SqlCall(functions);
    }

    /**
     * What one call brought back.
     *
     * @param messageIds of those that went back
     * @param calledAt when the call began, by the database's clock
     * @param ready subscriptions that have something ready then
     */
    public record Redriven(List<UUID> messageIds, Instant calledAt, List<Integer> ready) {}

    /** A page without bodies, oldest death first, behind the given one (null for the first page). */
    public List<DeadLetter> list(
            Connection connection,
            @Nullable String topic,
            String name,
            DeadLetterFilter filter,
            @Nullable String jsonpath,
            int limit,
            @Nullable DeadLetter after)
            throws SQLException {
        return calls.all(
                connection,
                LIST,
                DeadLetterFunctions::deadLetter,
                topic,
                name,
                limit,
                after == null ? null : after.deadAt(),
                after == null ? 0L : after.position(),
                false,
                json(filter, jsonpath, null),
                null);
    }

    /** With its body; empty when there is none of that id. */
    public Optional<DeadLetter> get(Connection connection, @Nullable String topic, String name, UUID messageId)
            throws SQLException {
        return Optional.ofNullable(calls.first(
                connection, LIST, DeadLetterFunctions::deadLetter, topic, name, 1, null, 0L, true, "{}", messageId));
    }

    /** One that was listed, with its body: of several with one message id it is that one. Empty when it is gone. */
    public Optional<DeadLetter> get(Connection connection, @Nullable String topic, String name, DeadLetter listed)
            throws SQLException {
        return Optional.ofNullable(calls.first(
                        connection,
                        LIST,
                        DeadLetterFunctions::deadLetter,
                        topic,
                        name,
                        1,
                        listed.deadAt(),
                        listed.position() - 1,
                        true,
                        "{}",
                        null))
                .filter(found -> found.position() == listed.position());
    }

    /** Those of these ids that were there. */
    public Redriven redrive(Connection connection, @Nullable String topic, String name, Collection<UUID> ids)
            throws SQLException {
        return calls.one(
                connection, REDRIVE, DeadLetterFunctions::redriven, topic, name, ids, 1000, "{}", null, null, 0L, null);
    }

    /**
     * The oldest that fit.
     *
     * @param diedBefore leaves alone what died later, null for all
     * @param startAfter when the first one becomes ready, with a rate
     */
    public Redriven redrive(
            Connection connection,
            @Nullable String topic,
            String name,
            Redrive redrive,
            @Nullable String jsonpath,
            int limit,
            @Nullable Instant diedBefore,
            Duration startAfter)
            throws SQLException {
        return calls.one(
                connection,
                REDRIVE,
                DeadLetterFunctions::redriven,
                topic,
                name,
                null,
                limit,
                json(redrive.filter(), jsonpath, diedBefore),
                redrive.to(),
                redrive.perSecond(),
                startAfter.toMillis(),
                redrive.to());
    }

    /** How many were there: of these ids, or the oldest that fit when ids is null. */
    public int discard(
            Connection connection,
            @Nullable String topic,
            String name,
            @Nullable Collection<UUID> ids,
            DeadLetterFilter filter,
            @Nullable String jsonpath,
            int limit)
            throws SQLException {
        return calls.one(
                connection, DISCARD, row -> row.getInt(1), topic, name, ids, limit, json(filter, jsonpath, null));
    }

    /** The id of the subscription. */
    public List<Integer> repair(
            Connection connection, @Nullable String topic, String name, UUID messageId, Repair repair)
            throws SQLException {
        Map<String, Object> properties = repair.properties();
        return calls.all(
                connection,
                REPAIR,
                row -> row.getInt(1),
                messageId,
                repair.body(),
                properties == null ? null : PropertiesCodec.encodeAll(properties),
                repair.by(),
                topic,
                name);
    }

    public List<MessageChange> changes(Connection connection, UUID messageId) throws SQLException {
        return calls.all(
                connection,
                MESSAGE_CHANGES,
                row -> new MessageChange(
                        Rows.requiredInstant(row, "changed_at"),
                        row.getString("database_user"),
                        row.getString("changed_by"),
                        PropertiesCodec.decode(row.getString("properties")),
                        row.getBytes("body")),
                messageId);
    }

    private static Redriven redriven(ResultSet row) throws SQLException {
        return new Redriven(
                List.of((UUID[]) row.getArray("redriven").getArray()),
                Rows.requiredInstant(row, "called_at"),
                List.of(row.getInt("ready")));
    }

    private static String json(DeadLetterFilter filter, @Nullable String jsonpath, @Nullable Instant diedBefore) {
        return new JsonObject()
                .text("reason", filter.reason())
                .text("error_class", filter.errorClass())
                .text("filter", jsonpath)
                .text("died_before", diedBefore == null ? null : diedBefore.toString())
                .plain("min_age_ms", filter.olderThan() == null ? null : Rows.millis(filter.olderThan()))
                .plain("max_age_ms", filter.youngerThan() == null ? null : Rows.millis(filter.youngerThan()))
                .plain("parked", filter.parked())
                .toString();
    }

    private static DeadLetter deadLetter(ResultSet row) throws SQLException {
        return new DeadLetter(
                row.getObject("message_id", UUID.class),
                row.getLong("position"),
                Rows.requiredInstant(row, "dead_at"),
                row.getString("reason"),
                new Failure(row.getString("error_class"), row.getString("error"), row.getString("stack")),
                row.getString("consumer"),
                row.getInt("attempts"),
                row.getInt("replays"),
                row.getBoolean("parked"),
                Rows.instant(row, "first_failed_at"),
                Rows.instant(row, "last_failed_at"),
                PropertiesCodec.decode(row.getString("properties")),
                Rows.headers(row),
                row.getInt("body_bytes"),
                row.getBytes("body"));
    }
}
