// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import static io.pgqueue.client.Given.given;

import io.pgqueue.Backlog;
import io.pgqueue.BlockedGroup;
import io.pgqueue.ConflictException;
import io.pgqueue.Dropped;
import io.pgqueue.FilterChange;
import io.pgqueue.FoundMessage;
import io.pgqueue.HistoryMessage;
import io.pgqueue.HorizonHolder;
import io.pgqueue.MaintenancePass;
import io.pgqueue.Moved;
import io.pgqueue.NotFoundException;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.Purge;
import io.pgqueue.QueueSpec;
import io.pgqueue.ReplayFrom;
import io.pgqueue.RoutingDecision;
import io.pgqueue.SubscriptionMetrics;
import io.pgqueue.SubscriptionSettings;
import io.pgqueue.SubscriptionSpec;
import io.pgqueue.SubscriptionStats;
import io.pgqueue.TopicSpec;
import io.pgqueue.store.AdminFunctions;
import io.pgqueue.store.BacklogFunctions;
import io.pgqueue.store.DeadLetterFunctions;
import io.pgqueue.store.HistoryFunctions;
import io.pgqueue.store.RoutingFunctions;
import io.pgqueue.store.SchemaFunctions;
import io.pgqueue.store.StatsFunctions;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Declares, changes and drops destinations and subscriptions; dead letters; counts. Every call is a transaction of its
 * own, or part of the caller's. Safe for use by several threads.
 *
 * <p>All of it is here, although classes of one subject each do the work, because users know the name of a queue and look for
 * what can be done with it, not for which of them does it.
 *
 * <p>A subscription is named by its topic and its name; the subscription of a queue by topic {@code null} and the queue's
 * name. A durable one that belongs to a client id is named {@code client-id/name}, as {@link SubscriptionMetrics#address}
 * says, wherever a topic and a name are asked for. Only {@link #createSubscription} and {@link #declareSubscription}, which make
 * subscriptions, refuse that, and {@link #subscriptions} returns what they make. What is null and may not is refused as
 * {@link PgQueue} says.
 */
public final class PgQueueAdmin {

    private final AdminCalls calls;
    private final Definitions definitions;
    private final Backlogs backlogs;
    private final Histories histories;
    private final RoutingQuestions routing;
    private final StatsFunctions stats;
    private final DeadLetterFunctions deadLetters;
    private final Supplier<MaintenancePass> maintenance;

    PgQueueAdmin(AdminCalls calls, SchemaFunctions schema, Directory directory, Supplier<MaintenancePass> maintenance) {
        AdminFunctions functions = new AdminFunctions(schema);
        this.calls = calls;
        this.stats = new StatsFunctions(schema);
        this.definitions = new Definitions(calls, functions, directory);
        this.backlogs = new Backlogs(calls, new BacklogFunctions(schema), functions, stats);
        this.histories = new Histories(calls, new HistoryFunctions(schema));
        this.routing = new RoutingQuestions(calls, new RoutingFunctions(schema));
        this.deadLetters = new DeadLetterFunctions(schema);
        this.maintenance = maintenance;
    }

    /** @throws ConflictException if a queue or topic of that name exists */
    public void createQueue(QueueSpec spec) {
        definitions.create(given("spec", spec));
    }

    /** @throws ConflictException if a queue or topic of that name exists */
    public void createTopic(TopicSpec spec) {
        definitions.create(given("spec", spec));
    }

    /**
     * @throws ConflictException if a subscription of that name exists
     * @throws io.pgqueue.InvalidNameException if the name is that of one which belongs to a client id
     * @throws NotFoundException if there is no such topic
     * @throws io.pgqueue.InvalidFilterException if the selector or filter cannot be understood
     */
    public void createSubscription(SubscriptionSpec spec) {
        definitions.create(given("spec", spec));
    }

    /**
     * Creates the queue, or accepts it when it exists with the same settings; several nodes may declare at once. The
     * caller's transaction goes on when it exists.
     *
     * @throws ConflictException if it exists with other settings, or is a topic
     */
    public void declareQueue(QueueSpec spec) {
        definitions.declare(given("spec", spec));
    }

    /**
     * Creates the topic, or accepts it when it exists with the same settings.
     *
     * @throws ConflictException if it exists with other settings, or is a queue
     */
    public void declareTopic(TopicSpec spec) {
        definitions.declare(given("spec", spec));
    }

    /**
     * Creates the subscription, or accepts it when it exists with the same filter and settings.
     *
     * @throws ConflictException if it exists with another filter or other settings
     * @throws io.pgqueue.InvalidNameException if the name is that of one which belongs to a client id
     */
    public void declareSubscription(SubscriptionSpec spec) {
        declareSubscription(spec, null);
    }

    /**
     * As {@link #declareSubscription(SubscriptionSpec)}; a new one also gets what its topic was sent before. Its filter
     * decides about that too. Publishing to the topic waits until the transaction ends in which it is declared.
     *
     * @param from where in the history to begin, null for what is published from now on
     * @throws io.pgqueue.InvalidArgumentException if the topic keeps no history, or the caller's transaction is not READ
     *     COMMITTED
     * @throws ConflictException if somebody published to the topic in a transaction that does not end
     */
    public void declareSubscription(SubscriptionSpec spec, @Nullable ReplayFrom from) {
        definitions.declare(given("spec", spec), from);
    }

    /**
     * Gives a subscription, or a queue (topic null), again what its destination was sent before, at its end and in the old
     * order. What it has waiting or dead is left out, and so is what has expired.
     *
     * @return how many deliveries this made
     * @throws io.pgqueue.InvalidArgumentException if the destination keeps no history
     */
    public long rewind(@Nullable String topic, String name, ReplayFrom from) {
        return histories.rewind(topic, given("name", name), given("from", from));
    }

    /**
     * A page of what a destination was sent, in the order of position, without bodies.
     *
     * @param limit 1 to 1000
     * @param after position of the last one of the page before, 0 for the first page
     * @param from first time of sending, null for all that is kept
     */
    public List<HistoryMessage> history(String destination, int limit, long after, @Nullable Instant from) {
        return histories.read(given("destination", destination), limit, after, from);
    }

    /** One message of the history with its body; empty when it is not kept. */
    public Optional<HistoryMessage> history(String destination, long position) {
        return histories.find(given("destination", destination), position);
    }

    /**
     * New settings of the topic itself. A history is kept of what is published from then on; what is there stays no longer
     * than it would have.
     *
     * @throws NotFoundException if there is no topic of that name
     */
    public void alterTopic(TopicSpec spec) {
        definitions.alter(given("spec", spec));
    }

    /** As {@link #alterTopic}, with the settings of the queue's subscription. */
    public void alterQueue(QueueSpec spec) {
        definitions.alter(given("spec", spec));
    }

    /** New settings for a queue; lease and backoff count from the next lease or failure, retention at once. */
    public void alterQueue(String name, SubscriptionSettings settings) {
        definitions.alterQueue(given("name", name), given("settings", settings));
    }

    /** New settings, with the filter it has: also of a subscription that belongs to a client id. */
    public void alterSubscription(String topic, String name, SubscriptionSettings settings) {
        definitions.alterSubscription(given("topic", topic), given("name", name), given("settings", settings));
    }

    /**
     * New filter and settings; what waits already stays, whatever the filter says. One that belongs to a client id is made anew,
     * without what waits, when its consumer comes back with another selector than the new one.
     */
    public void alterSubscription(SubscriptionSpec spec) {
        definitions.alter(given("spec", spec));
    }

    /**
     * New filter and settings, and what becomes of the backlog; reads every waiting message of the subscription.
     *
     * @return what was kept and discarded
     */
    public FilterChange alterSubscription(SubscriptionSpec spec, Backlog backlog) {
        return definitions.changeFilter(given("spec", spec), given("backlog", backlog), false);
    }

    /** What {@link #alterSubscription(SubscriptionSpec, Backlog)} would do; changes nothing. */
    public FilterChange previewAlter(SubscriptionSpec spec, Backlog backlog) {
        return definitions.changeFilter(given("spec", spec), given("backlog", backlog), true);
    }

    /**
     * A subscription as it was declared or altered, its filters as they were given.
     *
     * @throws NotFoundException if there is none
     */
    public SubscriptionSpec subscription(String topic, String name) {
        return definitions.subscription(given("topic", topic), given("name", name));
    }

    /**
     * A queue as it was declared.
     *
     * @throws NotFoundException if there is none
     */
    public QueueSpec queue(String name) {
        return definitions.queue(given("name", name));
    }

    /** Those of a topic by name, behind the given one ("" for the first page), at most 1000. */
    public List<SubscriptionSpec> subscriptions(String topic, String after) {
        return definitions.subscriptions(given("topic", topic), given("after", after));
    }

    /**
     * Which subscriptions of a destination would get this message if it were published now, and why others would not.
     * Writes nothing.
     *
     * @throws NotFoundException if there is no such destination
     */
    public List<RoutingDecision> explainRouting(String destination, OutgoingMessage message) {
        return routing.explain(given("destination", destination), given("message", message));
    }

    /**
     * The same for a message that some subscription still has, waiting or dead, with the filters as they are now.
     *
     * @throws NotFoundException if there is no such destination or message
     */
    public List<RoutingDecision> explainRouting(String destination, UUID messageId) {
        return routing.explain(given("destination", destination), given("messageId", messageId));
    }

    /** Names in order, behind the given one ("" for the first page), at most 1000. */
    public List<String> destinations(String after) {
        return definitions.destinations(given("after", after));
    }

    /** True for a queue, false for a topic, empty when there is no destination of that name. */
    public Optional<Boolean> isQueue(String name) {
        return definitions.isQueue(given("name", name));
    }

    /** Consumers of a subscription that were opened by a {@link Client} and whose lease lasts, in the whole cluster. */
    public int activeConsumers(String topic, String name) {
        return definitions.activeConsumers(given("topic", topic), given("name", name));
    }

    /**
     * @param cascade also when there are subscriptions, unfinished deliveries or dead letters, which are removed then
     * @throws ConflictException if it is not empty, or gets the dead letters of others, and cascade is false; the message
     *     says how much there is
     */
    public Dropped dropDestination(String name, boolean cascade) {
        return definitions.dropDestination(given("name", name), cascade);
    }

    /** As {@link #dropDestination}, for one subscription of a topic. */
    public Dropped dropSubscription(String topic, String name, boolean cascade) {
        return definitions.dropSubscription(given("topic", topic), given("name", name), cascade);
    }

    /** Discards what waits, with {@code leased} also what is being handled; dead letters stay. Returns how many. */
    public long purge(@Nullable String topic, String name, boolean leased) {
        return purge(topic, name, Purge.WAITING.withLeased(leased));
    }

    /**
     * Discards a part of the backlog; returns how many. What another session is just settling is left to it.
     *
     * @throws io.pgqueue.InvalidFilterException if the selector cannot be understood
     */
    public long purge(@Nullable String topic, String name, Purge purge) {
        return backlogs.purge(topic, given("name", name), given("purge", purge));
    }

    /** {@link #purge(String, String, Purge)} of a queue. */
    public long purge(String queue, Purge purge) {
        return purge(null, given("queue", queue), purge);
    }

    /**
     * Moves ready deliveries to the end of another queue, the oldest first: attempts 0, with that queue's delay and retention.
     * What is sent meanwhile stays. Without a transaction of the caller 1000 commit at a time.
     *
     * @param limit at most so many, {@link Long#MAX_VALUE} for all
     */
    public Moved move(@Nullable String topic, String name, String toQueue, long limit) {
        return backlogs.move(topic, given("name", name), given("toQueue", toQueue), limit);
    }

    /** Where a message waits, is handled or is dead; empty when nowhere. */
    public List<FoundMessage> find(UUID messageId, boolean withBody) {
        return backlogs.find(given("messageId", messageId), withBody);
    }

    /**
     * Gives a waiting message other properties, for every subscription that has it. Filters are not asked again. The
     * properties it had are kept for 400 days, see {@link DeadLetters#changes}.
     *
     * @param properties all of them
     * @param by who asks for it, null for nobody in particular
     * @return how many subscriptions have it waiting
     * @throws ConflictException if a consumer holds it
     * @throws NotFoundException if it waits nowhere
     */
    public int editProperties(UUID messageId, Map<String, Object> properties, @Nullable String by) {
        return backlogs.editProperties(given("messageId", messageId), given("properties", properties), by);
    }

    /** No new leases, on any node; running handlers finish, publishing goes on. */
    public void pause(@Nullable String topic, String name) {
        backlogs.pause(topic, given("name", name));
    }

    /** {@link #pause(String, String)} of a queue. */
    public void pause(String queue) {
        pause(null, given("queue", queue));
    }

    /** Leases are taken again; who waits for them, on any node, looks at once when wake-ups reach it, else at its next poll. */
    public void resume(@Nullable String topic, String name) {
        backlogs.resume(topic, given("name", name));
    }

    /** {@link #resume(String, String)} of a queue. */
    public void resume(String queue) {
        resume(null, given("queue", queue));
    }

    /**
     * {@link #pause(String, String)} of all subscriptions that a topic has now, of whatever kind, together.
     *
     * @throws NotFoundException if there is no such topic
     */
    public void pauseTopic(String topic) {
        backlogs.pauseTopic(given("topic", topic));
    }

    /**
     * {@link #resume(String, String)} of all subscriptions of a topic, together, however they were paused.
     *
     * @throws NotFoundException if there is no such topic
     */
    public void resumeTopic(String topic) {
        backlogs.resumeTopic(given("topic", topic));
    }

    /**
     * Ends the leases of a consumer that hangs or is dead, in every queue and subscription: what it held is ready at once,
     * its attempts stay counted, and its acks are stale. What a transaction is settling at the moment is left to it.
     *
     * @param consumer as given to {@link ReceiverOptions#withConsumer} or {@link PgQueueBuilder#consumer}
     * @return how many deliveries were given back
     * @throws NotFoundException if no consumer ever had this name
     */
    public long release(String consumer) {
        return backlogs.release(given("consumer", consumer));
    }

    /** As {@link #release(String)}, all leases of a queue (topic null) or subscription, whoever holds them. */
    public long release(@Nullable String topic, String name) {
        return backlogs.release(topic, given("name", name));
    }

    /**
     * Groups that wait because their head failed, in the order of their keys.
     *
     * @param limit most of them, 1 to 1000
     * @param after last group of the page before, empty for the first page
     */
    public List<BlockedGroup> blockedGroups(@Nullable String topic, String name, int limit, String after) {
        return backlogs.blockedGroups(topic, given("name", name), limit, given("after", after));
    }

    /** Exact; reads every waiting row of the subscription. */
    public SubscriptionStats stats(@Nullable String topic, String name) {
        given("name", name);
        return calls.run(connection -> stats.stats(connection, topic, name));
    }

    /** {@link #stats(String, String)} of a queue. */
    public SubscriptionStats stats(String queue) {
        return stats(null, given("queue", queue));
    }

    /**
     * The last sample of a subscription: counts, totals, rates and ages. Costs the same whatever waits, and so does taking
     * the sample, in which large numbers are {@link SubscriptionMetrics#estimated estimated}. One made since the last sample
     * is counted exactly.
     */
    public SubscriptionMetrics metrics(@Nullable String topic, String name) {
        given("name", name);
        return calls.run(connection -> stats.metrics(connection, topic, name));
    }

    /** {@link #metrics(String, String)} of a queue. */
    public SubscriptionMetrics metrics(String queue) {
        return metrics(null, given("queue", queue));
    }

    /** The last sample of every subscription, in the order in which they were made. */
    public List<SubscriptionMetrics> metrics() {
        return calls.run(stats::metrics);
    }

    /**
     * What keeps deleted rows from being removed, the oldest first. Times of other users' sessions are known only when the
     * owner of the functions has the role {@code pg_read_all_stats}.
     */
    public List<HorizonHolder> horizon() {
        return calls.run(stats::horizon);
    }

    /** The dead letters of a subscription: list, bring back, repair, discard. */
    public DeadLetters deadLetters(@Nullable String topic, String name) {
        return new DeadLetters(calls, deadLetters, topic, given("name", name));
    }

    /** {@link #deadLetters(String, String)} of a queue. */
    public DeadLetters deadLetters(String queue) {
        return deadLetters(null, given("queue", queue));
    }

    /** One pass of maintenance now; it also runs by itself. */
    public MaintenancePass maintain() {
        return maintenance.get();
    }
}
