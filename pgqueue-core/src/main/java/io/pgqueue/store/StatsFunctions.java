// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.store;

import io.pgqueue.HorizonHolder;
import io.pgqueue.SubscriptionMetrics;
import io.pgqueue.SubscriptionStats;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code R__stats.sql} and {@code R__sample.sql}. Safe for use by several threads. */
public final class StatsFunctions {

    /** What {@link #counts} reads. */
    private static final String COUNTS = "ready, leased, delayed, retrying, dead";

    private static final String METRIC = "topic, subscription, sampled_at, " + COUNTS
            + ", estimated, acked, expired, discarded, moved, published, published_per_second, acked_per_second, "
            + "oldest_ready_at, newest_ready_at, paused, idle_end, client_id, durable";

    private static final String STATS = "select " + COUNTS + " from %s.stats(%<s.subscription_named(?, ?))";
    private static final String METRICS = "select " + METRIC + " from %s.metrics(%<s.subscription_named(?, ?))";
    private static final String ALL_METRICS = "select " + METRIC + " from %s.metrics()";
    private static final String SAMPLE = "select %s.sample(?::bigint, ?::integer[], ?::bigint[])";
    private static final String HORIZON =
            "select kind, name, application, database_user, since, age, dead_rows, held_from from %s.horizon()";

    private final SqlCall calls;

    public StatsFunctions(SchemaFunctions functions) {
        this.calls = new SqlCall(functions);
    }

    /** Exact counts. */
    public SubscriptionStats stats(Connection connection, @Nullable String topic, String name) throws SQLException {
        return calls.one(connection, STATS, StatsFunctions::counts, topic, name);
    }

    /** The last sample of one subscription. */
    public SubscriptionMetrics metrics(Connection connection, @Nullable String topic, String name) throws SQLException {
        return calls.one(connection, METRICS, StatsFunctions::metrics, topic, name);
    }

    /** The last sample of every subscription. */
    public List<SubscriptionMetrics> metrics(Connection connection) throws SQLException {
        return calls.all(connection, ALL_METRICS, StatsFunctions::metrics);
    }

    /** Hands over acks by subscription, and takes a sample when one is due; interval null: only hands over. */
    public void sample(Connection connection, @Nullable Duration interval, Map<Integer, Long> acked)
            throws SQLException {
        Integer[] subscriptions = acked.keySet().toArray(Integer[]::new);
        Long[] counts = acked.values().toArray(Long[]::new);
        calls.run(
                connection,
                SAMPLE,
                interval == null ? null : interval.toMillis(),
                connection.createArrayOf("integer", subscriptions),
                connection.createArrayOf("bigint", counts));
    }

    public List<HorizonHolder> horizon(Connection connection) throws SQLException {
        return calls.all(
                connection,
                HORIZON,
                row -> new HorizonHolder(
                        row.getString("kind"),
                        row.getString("name"),
                        row.getString("application"),
                        row.getString("database_user"),
                        Rows.instant(row, "since"),
                        row.getLong("age"),
                        row.getLong("dead_rows"),
                        row.getLong("held_from")));
    }

    private static SubscriptionStats counts(ResultSet row) throws SQLException {
        return new SubscriptionStats(
                row.getLong("ready"),
                row.getLong("leased"),
                row.getLong("delayed"),
                row.getLong("retrying"),
                row.getLong("dead"));
    }

    private static SubscriptionMetrics metrics(ResultSet row) throws SQLException {
        Instant at = Rows.requiredInstant(row, "sampled_at");
        return new SubscriptionMetrics(
                row.getString("topic"),
                row.getString("subscription"),
                at,
                counts(row),
                row.getBoolean("estimated"),
                row.getLong("acked"),
                row.getLong("expired"),
                row.getLong("discarded"),
                row.getLong("moved"),
                row.getLong("published"),
                row.getDouble("published_per_second"),
                row.getDouble("acked_per_second"),
                age(at, Rows.instant(row, "oldest_ready_at")),
                age(at, Rows.instant(row, "newest_ready_at")),
                row.getBoolean("paused"),
                Rows.instant(row, "idle_end"),
                row.getString("client_id"),
                row.getBoolean("durable"));
    }

    private static @Nullable Duration age(Instant at, @Nullable Instant since) {
        return since == null ? null : Duration.between(since, at);
    }
}
