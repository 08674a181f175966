// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.store;

import io.pgqueue.Backlog;
import io.pgqueue.BlockedGroup;
import io.pgqueue.DepthLimit;
import io.pgqueue.ExpiryPolicy;
import io.pgqueue.FilterChange;
import io.pgqueue.GroupPolicy;
import io.pgqueue.QueueSpec;
import io.pgqueue.RedeliveryPolicy;
import io.pgqueue.SchemaName;
import io.pgqueue.SubscriptionSettings;
import io.pgqueue.SubscriptionSpec;
import io.pgqueue.SubscriptionStats;
import io.pgqueue.TopicSpec;
import io.pgqueue.WhenFull;
import io.pgqueue.store.FlatJson.NumberText;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** {@code R__admin.sql}. Safe for use by several threads. */
public final class AdminFunctions {

    private static final String CREATE_QUEUE = "select %s.create_queue(?, ?::jsonb)";
    private static final String CREATE_TOPIC = "select %s.create_topic(?, ?::jsonb)";
    private static final String CREATE_SUBSCRIPTION = "select %s.create_subscription(?, ?, ?::jsonb)";
    private static final String ALTER_SUBSCRIPTION = "select %s.alter_subscription(?, ?::jsonb)";
    private static final String FIND_DESTINATION = "select * from %s.find_destination(?)";
    private static final String FIND_SUBSCRIPTION = "select * from %s.find_subscription(?, ?)";
    private static final String LIST_DESTINATIONS = "select * from %s.list_destinations(?, ?)";
    private static final String LIST_SUBSCRIPTIONS = "select * from %s.list_subscriptions(?, ?, ?)";
    private static final String DROP_DESTINATION = "select %s.drop_destination(?, ?)";
    private static final String DROP_SUBSCRIPTION = "select %s.drop_subscription(?, ?)";
    private static final String PURGE = "select %s.purge(?, ?)";
    private static final String SET_PAUSED = "select %s.set_paused(?, ?)";
    private static final String SAME_FILTER = "select %s.same_filter(?, ?::jsonb)";
    private static final String CHANGE_FILTER = "select * from %s.change_filter(?, ?::jsonb, ?, ?)";
    private static final String DECLARE_DESTINATION = "select %s.declare_destination(?, ?)";
    private static final String ACTIVE_CONSUMERS = "select %s.active_consumers(?)";
    private static final String STATS = "select * from %s.stats(?)";

    private static final String RELEASE_CONSUMER = "select %s.release_consumer(?)";
    private static final String RELEASE_SUBSCRIPTION = "select %s.release_subscription(?)";
    private static final String BLOCKED_GROUPS = "select * from %s.blocked_groups(?, ?, ?)";

    private final SchemaName schema;

    public AdminFunctions(SchemaName schema) {
        this.schema = schema;
    }

    /** A queue or topic as stored; owner is the client of a temporary one. */
    public record FoundDestination(
            int id,
            boolean queue,
            int maxBodyBytes,
            @Nullable UUID owner,
            Duration dedupWindow) {}

    /** A subscription as stored; owner is the client of a temporary destination. */
    public record FoundSubscription(
            int id,
            Duration lease,
            Filters filters,
            SubscriptionSettings settings,
            @Nullable UUID owner) {}

    /** The texts of filters as they were given. */
    public record Filters(
            @Nullable String selector,
            @Nullable String attributes,
            @Nullable String body) {

        public static Filters of(SubscriptionSpec spec) {
            return new Filters(spec.selector(), spec.attributeFilter(), spec.bodyFilter());
        }

        public SubscriptionSpec spec(String topic, String name, SubscriptionSettings settings) {
            return new SubscriptionSpec(topic, name, selector, attributes, body, settings);
        }
    }

    public int createQueue(Connection connection, QueueSpec spec) throws SQLException {
        String settings = settingsJson(spec.settings(), "," + destinationJson(spec.maxBodyBytes(), spec.dedupWindow()));
        return callForInt(connection, CREATE_QUEUE, spec.name(), settings);
    }

    public int createTopic(Connection connection, TopicSpec spec) throws SQLException {
        return callForInt(
                connection,
                CREATE_TOPIC,
                spec.name(),
                "{" + destinationJson(spec.maxBodyBytes(), spec.dedupWindow()) + "}");
    }

    /** The paths are what the filters of the specification mean. */
    public int createSubscription(Connection connection, SubscriptionSpec spec, FilterPaths paths) throws SQLException {
        return callForInt(connection, CREATE_SUBSCRIPTION, spec.topic(), spec.name(), settingsJson(spec, paths));
    }

    public void alterQueue(Connection connection, int subscription, SubscriptionSettings settings) throws SQLException {
        call(connection, ALTER_SUBSCRIPTION, row -> null, subscription, settingsJson(settings, ""));
    }

    public void alterSubscription(Connection connection, int subscription, SubscriptionSpec spec, FilterPaths paths)
            throws SQLException {
        call(connection, ALTER_SUBSCRIPTION, row -> null, subscription, settingsJson(spec, paths));
    }

    /** The new settings with what becomes of the backlog; a preview only counts. */
    public FilterChange changeFilter(
            Connection connection,
            int subscription,
            SubscriptionSpec spec,
            FilterPaths paths,
            Backlog backlog,
            boolean preview)
            throws SQLException {
        FilterChange change = call(
                connection,
                CHANGE_FILTER,
                row -> new FilterChange(row.getLong("kept"), row.getLong("discarded"), row.getLong("leased")),
                subscription,
                settingsJson(spec, paths),
                backlog.name().toLowerCase(Locale.ROOT),
                preview);
        if (change == null) {
            throw new SQLException("change_filter returned no row");
        }
        return change;
    }

    public Optional<FoundDestination> findDestination(Connection connection, String name) throws SQLException {
        return Optional.ofNullable(call(
                connection,
                FIND_DESTINATION,
                row -> new FoundDestination(
                        row.getInt("id"),
                        row.getString("kind").equals("queue"),
                        row.getInt("max_body_bytes"),
                        row.getObject("owner", UUID.class),
                        Duration.ofMillis(row.getLong("dedup_window_ms"))),
                name));
    }

    /** The subscription of a queue (topic null), or a named one of a topic. */
    public Optional<FoundSubscription> findSubscription(Connection connection, @Nullable String topic, String name)
            throws SQLException {
        return Optional.ofNullable(call(
                connection,
                FIND_SUBSCRIPTION,
                row -> {
                    Map<String, @Nullable Object> settings = FlatJson.read(row.getString("settings"));
                    return new FoundSubscription(
                            row.getInt("id"),
                            Duration.ofMillis(row.getLong("lease_ms")),
                            filters(settings),
                            settings(settings),
                            row.getObject("owner", UUID.class));
                },
                topic,
                name));
    }

    /** Names of destinations in order, behind the given one. */
    public List<String> destinations(Connection connection, String after, int limit) throws SQLException {
        return names(connection, LIST_DESTINATIONS, "name", after, limit);
    }

    /** Named subscriptions of a topic by name, behind the given one. */
    public List<SubscriptionSpec> subscriptions(Connection connection, String topic, String after, int limit)
            throws SQLException {
        try (PreparedStatement call = prepare(connection, LIST_SUBSCRIPTIONS, topic, after, limit);
                ResultSet row = call.executeQuery()) {
            List<SubscriptionSpec> specs = new ArrayList<>();
            while (row.next()) {
                Map<String, @Nullable Object> settings = FlatJson.read(row.getString("settings"));
                specs.add(filters(settings).spec(topic, row.getString("name"), settings(settings)));
            }
            return specs;
        }
    }

    public long dropDestination(Connection connection, String name, boolean cascade) throws SQLException {
        return callForLong(connection, DROP_DESTINATION, name, cascade);
    }

    public long dropSubscription(Connection connection, int subscription, boolean cascade) throws SQLException {
        return callForLong(connection, DROP_SUBSCRIPTION, subscription, cascade);
    }

    public long purge(Connection connection, int subscription, boolean leased) throws SQLException {
        return callForLong(connection, PURGE, subscription, leased);
    }

    /** Ends the leases of a consumer; how many. */
    public long releaseConsumer(Connection connection, String consumer) throws SQLException {
        return callForLong(connection, RELEASE_CONSUMER, consumer);
    }

    /** Ends all leases of a subscription; how many. */
    public long releaseSubscription(Connection connection, int subscription) throws SQLException {
        return callForLong(connection, RELEASE_SUBSCRIPTION, subscription);
    }

    /** A page of the groups that wait because their head failed, behind the given group. */
    public List<BlockedGroup> blockedGroups(Connection connection, int subscription, int limit, String after)
            throws SQLException {
        try (PreparedStatement call = prepare(connection, BLOCKED_GROUPS, subscription, limit, after);
                ResultSet row = call.executeQuery()) {
            List<BlockedGroup> groups = new ArrayList<>();
            while (row.next()) {
                groups.add(new BlockedGroup(
                        row.getString("group_key"),
                        row.getLong("position"),
                        row.getObject("message_id", UUID.class),
                        row.getInt("attempts"),
                        Rows.requiredInstant(row, "blocked_since"),
                        Rows.instant(row, "available_at"),
                        row.getLong("backlog")));
            }
            return groups;
        }
    }

    public void setPaused(Connection connection, int subscription, boolean paused) throws SQLException {
        call(connection, SET_PAUSED, row -> null, subscription, paused);
    }

    /** Makes the destination when there is none of that name; false when there is one of the other kind. */
    public boolean declareDestination(Connection connection, boolean queue, String name) throws SQLException {
        String kind = queue ? "queue" : "topic";
        return kind.equals(call(connection, DECLARE_DESTINATION, row -> row.getString(1), kind, name));
    }

    /** Consumers that were opened with a client and are alive. */
    public int activeConsumers(Connection connection, int subscription) throws SQLException {
        return callForInt(connection, ACTIVE_CONSUMERS, subscription);
    }

    /** Whether the subscription has this filter, however it is spaced or quoted. */
    public boolean sameFilter(Connection connection, int subscription, FilterPaths paths) throws SQLException {
        StringBuilder json = new StringBuilder();
        text(json, "filter", paths.properties());
        text(json, "body_path", paths.body());
        String settings = "{" + json.substring(1) + "}";
        return Boolean.TRUE.equals(call(connection, SAME_FILTER, row -> row.getBoolean(1), subscription, settings));
    }

    public SubscriptionStats stats(Connection connection, int subscription) throws SQLException {
        SubscriptionStats stats = call(
                connection,
                STATS,
                row -> new SubscriptionStats(
                        row.getLong("ready"),
                        row.getLong("leased"),
                        row.getLong("delayed"),
                        row.getLong("retrying"),
                        row.getLong("dead")),
                subscription);
        if (stats == null) {
            throw new SQLException("stats returned no row");
        }
        return stats;
    }

    static String settingsJson(SubscriptionSpec spec, FilterPaths paths) {
        StringBuilder more = new StringBuilder();
        text(more, "selector", spec.selector());
        text(more, "attribute_filter", spec.attributeFilter());
        text(more, "body_filter", spec.bodyFilter());
        text(more, "filter", paths.properties());
        text(more, "body_path", paths.body());
        return settingsJson(spec.settings(), more.toString());
    }

    private static void text(StringBuilder json, String name, @Nullable String value) {
        json.append(",\"").append(name).append("\":");
        if (value == null) {
            json.append("null");
        } else {
            FlatJson.writeString(json, value);
        }
    }

    private static String destinationJson(int maxBodyBytes, Duration dedupWindow) {
        return "\"max_body_bytes\":" + maxBodyBytes + ",\"dedup_window_ms\":" + dedupWindow.toMillis();
    }

    private static String settingsJson(SubscriptionSettings settings, String more) {
        RedeliveryPolicy redelivery = settings.redelivery();
        DepthLimit limit = settings.depthLimit();
        return "{\"lease_ms\":" + settings.lease().toMillis()
                + ",\"max_attempts\":" + redelivery.maxAttempts()
                + ",\"backoff_base_ms\":" + redelivery.backoff().toMillis()
                + ",\"backoff_max_ms\":" + redelivery.maxBackoff().toMillis()
                + ",\"backoff_multiplier\":" + redelivery.multiplier()
                + ",\"jitter_percent\":" + redelivery.jitterPercent()
                + ",\"retention_ms\":" + millis(settings.retention())
                + ",\"on_expiry\":\"" + settings.onExpiry().name().toLowerCase(Locale.ROOT) + "\""
                + ",\"delay_ms\":" + settings.delay().toMillis()
                + (limit == null
                        ? ",\"max_depth\":null"
                        : ",\"max_depth\":" + limit.deliveries() + ",\"on_full\":\""
                                + limit.whenFull().name().toLowerCase(Locale.ROOT) + "\"")
                + ",\"retry_timeout_ms\":" + millis(redelivery.retryTimeout())
                + ",\"group_policy\":\"" + settings.groups().name().toLowerCase(Locale.ROOT) + "\"" + more + "}";
    }

    private static Filters filters(Map<String, @Nullable Object> stored) {
        return new Filters((String) stored.get("selector"), (String) stored.get("attribute_filter"), (String)
                stored.get("body_filter"));
    }

    private static SubscriptionSettings settings(Map<String, @Nullable Object> stored) {
        RedeliveryPolicy redelivery = new RedeliveryPolicy(
                (int) number(stored, "max_attempts"),
                Duration.ofMillis(number(stored, "backoff_base_ms")),
                Duration.ofMillis(number(stored, "backoff_max_ms")),
                Double.parseDouble(text(stored, "backoff_multiplier")),
                (int) number(stored, "jitter_percent"),
                duration(stored, "retry_timeout_ms"));
        return new SubscriptionSettings(
                Duration.ofMillis(number(stored, "lease_ms")),
                redelivery,
                duration(stored, "retention_ms"),
                ExpiryPolicy.valueOf(String.valueOf(stored.get("on_expiry")).toUpperCase(Locale.ROOT)),
                Duration.ofMillis(number(stored, "delay_ms")),
                GroupPolicy.valueOf(String.valueOf(stored.get("group_policy")).toUpperCase(Locale.ROOT)),
                stored.get("max_depth") == null
                        ? null
                        : new DepthLimit(
                                (int) number(stored, "max_depth"),
                                WhenFull.valueOf(
                                        String.valueOf(stored.get("on_full")).toUpperCase(Locale.ROOT))));
    }

    private static @Nullable Long millis(@Nullable Duration duration) {
        return duration == null ? null : (Long) duration.toMillis();
    }

    private static @Nullable Duration duration(Map<String, @Nullable Object> stored, String name) {
        return stored.get(name) == null ? null : Duration.ofMillis(number(stored, name));
    }

    private static long number(Map<String, @Nullable Object> stored, String name) {
        return Long.parseLong(text(stored, name));
    }

    private static String text(Map<String, @Nullable Object> stored, String name) {
        return stored.get(name) instanceof NumberText number ? number.text() : "0";
    }

    private List<String> names(Connection connection, String function, String column, Object after, int limit)
            throws SQLException {
        try (PreparedStatement call = prepare(connection, function, after, limit);
                ResultSet row = call.executeQuery()) {
            List<String> names = new ArrayList<>();
            while (row.next()) {
                names.add(row.getString(column));
            }
            return names;
        }
    }

    private int callForInt(Connection connection, String function, @Nullable Object... arguments) throws SQLException {
        return (int) callForLong(connection, function, arguments);
    }

    private long callForLong(Connection connection, String function, @Nullable Object... arguments)
            throws SQLException {
        Long value = call(connection, function, row -> row.getLong(1), arguments);
        return value == null ? 0 : value;
    }

    private <T> @Nullable T call(
            Connection connection, String function, RowReader<T> reader, @Nullable Object... arguments)
            throws SQLException {
        try (PreparedStatement call = prepare(connection, function, arguments);
                ResultSet row = call.executeQuery()) {
            return row.next() ? reader.read(row) : null;
        }
    }

    private PreparedStatement prepare(Connection connection, String function, @Nullable Object... arguments)
            throws SQLException {
        PreparedStatement call = connection.prepareStatement(function.formatted(schema));
        for (int i = 0; i < arguments.length; i++) {
            call.setObject(i + 1, arguments[i]);
        }
        return call;
    }

    private interface RowReader<T> {
        @Nullable
        T read(ResultSet row) throws SQLException;
    }
}
