// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.store;

import io.pgqueue.Backlog;
import io.pgqueue.BlockedGroup;
import io.pgqueue.Dropped;
import io.pgqueue.FilterChange;
import io.pgqueue.QueueSpec;
import io.pgqueue.ReplayFrom;
import io.pgqueue.SubscriptionSettings;
import io.pgqueue.SubscriptionSpec;
import io.pgqueue.TopicSpec;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** {@code R__admin.sql}. Safe for use by several threads. */
public final class AdminFunctions {

    private static final String CREATE_QUEUE = "select %s.create_queue(?, ?::jsonb, ?)";
    private static final String CREATE_TOPIC = "select %s.create_topic(?, ?::jsonb, ?)";
    private static final String CREATE_SUBSCRIPTION =
            "select %s.create_subscription(?, ?, ?::jsonb, ?, ?::timestamptz, ?::bigint)";
    private static final String ALTER_DESTINATION = "select %s.alter_destination(?, ?::jsonb)";
    private static final String ALTER_SUBSCRIPTION =
            "select %s.alter_subscription(%<s.subscription_named(?, ?), ?::jsonb)";
    private static final String FIND_DESTINATION =
            "select id, kind, max_body_bytes, owner, dedup_window_ms, retain_ms from %s.find_destination(?)";
    private static final String FIND_SUBSCRIPTION =
            "select id, lease_ms, settings, owner from %s.find_subscription(?, ?)";
    private static final String SUBSCRIPTION_NAMED = "select %s.subscription_named(?, ?)";
    private static final String SUBSCRIPTION_SETTINGS = "select %s.subscription_settings(%<s.subscription_named(?, ?))";
    private static final String LIST_DESTINATIONS = "select name from %s.list_destinations(?, ?)";
    private static final String LIST_SUBSCRIPTIONS = "select name, settings from %s.list_subscriptions(?, ?, ?, false)";
    private static final String DROP_DESTINATION =
            "select subscriptions, deliveries, dead_letters from %s.drop_destination(?, ?)";
    private static final String DROP_SUBSCRIPTION =
            "select deliveries, dead_letters from %s.drop_subscription(%<s.subscription_named(?, ?), ?)";
    private static final String SAME_FILTER = "select %s.same_filter(%<s.subscription_named(?, ?), ?::jsonb)";
    private static final String CHANGE_FILTER =
            "select kept, discarded, leased from %s.change_filter(%<s.subscription_named(?, ?), ?::jsonb, ?, ?)";
    private static final String DECLARE_DESTINATION = "select %s.declare_destination(?, ?)";
    private static final String ACTIVE_CONSUMERS = "select %s.active_consumers(%<s.subscription_named(?, ?))";

    private static final String RELEASE_CONSUMER = "select %s.release_consumer(?)";
    private static final String RELEASE_SUBSCRIPTION = "select %s.release_subscription(%<s.subscription_named(?, ?))";
    private static final String BLOCKED_GROUPS =
            "select group_key, position, message_id, attempts, blocked_since, available_at, backlog "
                    + "from %s.blocked_groups(%<s.subscription_named(?, ?), ?, ?)";

    private final SqlCall calls;

    public AdminFunctions(SchemaFunctions functions) {
        this.calls = new SqlCall(functions);
    }

    /** A queue or topic as stored; owner is the client of a temporary one. */
    public record FoundDestination(
            int id,
            boolean queue,
            int maxBodyBytes,
            @Nullable UUID owner,
            Duration dedupWindow,
            Duration retain) {}

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

    /** False when there is a destination of that name already and {@code declare} says that this is no error. */
    public boolean createQueue(Connection connection, QueueSpec spec, boolean declare) throws SQLException {
        return created(connection, CREATE_QUEUE, spec.name(), SettingsJson.write(spec), declare);
    }

    /** As {@link #createQueue}. */
    public boolean createTopic(Connection connection, TopicSpec spec, boolean declare) throws SQLException {
        return created(connection, CREATE_TOPIC, spec.name(), SettingsJson.write(spec), declare);
    }

    /** As {@link #createQueue}. The paths are what the filters of the specification mean. */
    public boolean createSubscription(
            Connection connection, SubscriptionSpec spec, FilterPaths paths, @Nullable ReplayFrom from, boolean declare)
            throws SQLException {
        return created(
                connection,
                CREATE_SUBSCRIPTION,
                spec.topic(),
                spec.name(),
                SettingsJson.write(spec, paths),
                declare,
                from == null ? null : from.time(),
                from == null ? null : from.position());
    }

    public void alterDestination(
            Connection connection, String name, int maxBodyBytes, Duration dedupWindow, Duration retain)
            throws SQLException {
        calls.run(connection, ALTER_DESTINATION, name, SettingsJson.write(maxBodyBytes, dedupWindow, retain));
    }

    public void alterQueue(Connection connection, String name, SubscriptionSettings settings) throws SQLException {
        calls.run(connection, ALTER_SUBSCRIPTION, null, name, SettingsJson.write(settings));
    }

    /** Its filter stays. */
    public void alterSubscription(Connection connection, String topic, String name, SubscriptionSettings settings)
            throws SQLException {
        calls.run(connection, ALTER_SUBSCRIPTION, topic, name, SettingsJson.write(settings));
    }

    public void alterSubscription(Connection connection, SubscriptionSpec spec, FilterPaths paths) throws SQLException {
        calls.run(connection, ALTER_SUBSCRIPTION, spec.topic(), spec.name(), SettingsJson.write(spec, paths));
    }

    /** The new settings with what becomes of the backlog; a preview only counts. */
    public FilterChange changeFilter(
            Connection connection, SubscriptionSpec spec, FilterPaths paths, Backlog backlog, boolean preview)
            throws SQLException {
        return calls.one(
                connection,
                CHANGE_FILTER,
                row -> new FilterChange(row.getLong("kept"), row.getLong("discarded"), row.getLong("leased")),
                spec.topic(),
                spec.name(),
                SettingsJson.write(spec, paths),
                backlog.name().toLowerCase(Locale.ROOT),
                preview);
    }

    public Optional<FoundDestination> findDestination(Connection connection, String name) throws SQLException {
        return Optional.ofNullable(calls.first(
                connection,
                FIND_DESTINATION,
                row -> new FoundDestination(
                        row.getInt("id"),
                        row.getString("kind").equals("queue"),
                        row.getInt("max_body_bytes"),
                        row.getObject("owner", UUID.class),
                        Duration.ofMillis(row.getLong("dedup_window_ms")),
                        Duration.ofMillis(row.getLong("retain_ms"))),
                name));
    }

    /** The subscription of a queue (topic null), or a named one of a topic. */
    public Optional<FoundSubscription> findSubscription(Connection connection, @Nullable String topic, String name)
            throws SQLException {
        return Optional.ofNullable(calls.first(
                connection,
                FIND_SUBSCRIPTION,
                row -> {
                    SettingsJson json = SettingsJson.read(row.getString("settings"));
                    return new FoundSubscription(
                            row.getInt("id"),
                            Duration.ofMillis(row.getLong("lease_ms")),
                            json.filters(),
                            json.settings(),
                            row.getObject("owner", UUID.class));
                },
                topic,
                name));
    }

    /** The id of a subscription for administration, also of one that belongs to a client id. */
    public int subscriptionId(Connection connection, String topic, String name) throws SQLException {
        return calls.one(connection, SUBSCRIPTION_NAMED, row -> row.getInt(1), topic, name);
    }

    /** Also one that belongs to a client id. */
    public SubscriptionSpec subscription(Connection connection, String topic, String name) throws SQLException {
        SettingsJson json =
                calls.one(connection, SUBSCRIPTION_SETTINGS, row -> SettingsJson.read(row.getString(1)), topic, name);
        return json.filters().spec(topic, name, json.settings());
    }

    /** Makes the destination when there is none of that name; false when there is one of the other kind. */
    public boolean declareDestination(Connection connection, boolean queue, String name) throws SQLException {
        String kind = queue ? "queue" : "topic";
        return kind.equals(calls.one(connection, DECLARE_DESTINATION, row -> row.getString(1), kind, name));
    }

    /** Consumers that were opened with a client and are alive. */
    public int activeConsumers(Connection connection, String topic, String name) throws SQLException {
        return calls.one(connection, ACTIVE_CONSUMERS, row -> row.getInt(1), topic, name);
    }

    /** Names of destinations in order, behind the given one. */
    public List<String> destinations(Connection connection, String after, int limit) throws SQLException {
        return calls.all(connection, LIST_DESTINATIONS, row -> row.getString("name"), after, limit);
    }

    /** Named subscriptions of a topic by name, behind the given one. */
    public List<SubscriptionSpec> subscriptions(Connection connection, String topic, String after, int limit)
            throws SQLException {
        return calls.all(
                connection,
                LIST_SUBSCRIPTIONS,
                row -> {
                    SettingsJson json = SettingsJson.read(row.getString("settings"));
                    return json.filters().spec(topic, row.getString("name"), json.settings());
                },
                topic,
                after,
                limit);
    }

    public Dropped dropDestination(Connection connection, String name, boolean cascade) throws SQLException {
        return calls.one(
                connection,
                DROP_DESTINATION,
                row -> new Dropped(row.getInt("subscriptions"), row.getLong("deliveries"), row.getLong("dead_letters")),
                name,
                cascade);
    }

    public Dropped dropSubscription(Connection connection, String topic, String name, boolean cascade)
            throws SQLException {
        return calls.one(
                connection,
                DROP_SUBSCRIPTION,
                row -> new Dropped(1, row.getLong("deliveries"), row.getLong("dead_letters")),
                topic,
                name,
                cascade);
    }

    /** Ends the leases of a consumer; how many. */
    public long releaseConsumer(Connection connection, String consumer) throws SQLException {
        return calls.one(connection, RELEASE_CONSUMER, row -> row.getLong(1), consumer);
    }

    /** Ends all leases of a subscription; how many. */
    public long releaseSubscription(Connection connection, @Nullable String topic, String name) throws SQLException {
        return calls.one(connection, RELEASE_SUBSCRIPTION, row -> row.getLong(1), topic, name);
    }

    /** A page of the groups that wait because their head failed, behind the given group. */
    public List<BlockedGroup> blockedGroups(
            Connection connection, @Nullable String topic, String name, int limit, String after) throws SQLException {
        return calls.all(
                connection,
                BLOCKED_GROUPS,
                row -> new BlockedGroup(
                        row.getString("group_key"),
                        row.getLong("position"),
                        row.getObject("message_id", UUID.class),
                        row.getInt("attempts"),
                        Rows.requiredInstant(row, "blocked_since"),
                        Rows.instant(row, "available_at"),
                        row.getLong("backlog")),
                topic,
                name,
                limit,
                after);
    }

    /** Whether the subscription has this filter, however it is spaced or quoted. */
    public boolean sameFilter(Connection connection, String topic, String name, FilterPaths paths) throws SQLException {
        return calls.one(connection, SAME_FILTER, row -> row.getBoolean(1), topic, name, SettingsJson.write(paths));
    }

    private boolean created(Connection connection, String function, @Nullable Object... arguments) throws SQLException {
        return calls.one(connection, function, row -> row.getObject(1) != null, arguments);
    }
}
