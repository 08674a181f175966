// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import io.pgqueue.Backlog;
import io.pgqueue.BlockedGroup;
import io.pgqueue.ConflictException;
import io.pgqueue.DeadLetter;
import io.pgqueue.FilterChange;
import io.pgqueue.InvalidArgumentException;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.QueueSpec;
import io.pgqueue.RoutingDecision;
import io.pgqueue.SubscriptionSettings;
import io.pgqueue.SubscriptionSpec;
import io.pgqueue.SubscriptionStats;
import io.pgqueue.TopicSpec;
import io.pgqueue.jdbc.SqlWork;
import io.pgqueue.jdbc.Transactions;
import io.pgqueue.store.AdminFunctions;
import io.pgqueue.store.AdminFunctions.FoundDestination;
import io.pgqueue.store.AdminFunctions.FoundSubscription;
import io.pgqueue.store.DeadLetterFunctions;
import io.pgqueue.store.FilterPaths;
import io.pgqueue.store.MaintainFunctions.Pass;
import io.pgqueue.store.RoutingFunctions;
import io.pgqueue.store.SqlErrors;
import java.sql.SQLException;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Declares, changes and drops destinations and subscriptions; dead letters; counts. Every call is a transaction of its
 * own, or part of the caller's. Safe for use by several threads.
 *
 * <p>A subscription is named by its topic and its name; the subscription of a queue by topic {@code null} and the queue's
 * name.
 */
public final class PgQueueAdmin {

    private static final int PAGE = 1000;

    private final Transactions transactions;
    private final AdminFunctions functions;
    private final DeadLetterFunctions deadLetters;
    private final RoutingFunctions routing;
    private final Directory directory;
    private final Supplier<Pass> maintenance;

    PgQueueAdmin(
            Transactions transactions,
            AdminFunctions functions,
            DeadLetterFunctions deadLetters,
            RoutingFunctions routing,
            Directory directory,
            Supplier<Pass> maintenance) {
        this.transactions = transactions;
        this.functions = functions;
        this.deadLetters = deadLetters;
        this.routing = routing;
        this.directory = directory;
        this.maintenance = maintenance;
    }

    /** @throws ConflictException if a queue or topic of that name exists */
    public void createQueue(QueueSpec spec) {
        run(connection -> functions.createQueue(connection, spec));
    }

    /** @throws ConflictException if a queue or topic of that name exists */
    public void createTopic(TopicSpec spec) {
        run(connection -> functions.createTopic(connection, spec));
    }

    /**
     * @throws ConflictException if a subscription of that name exists
     * @throws io.pgqueue.NotFoundException if there is no such topic
     * @throws io.pgqueue.InvalidFilterException if the selector or filter cannot be understood
     */
    public void createSubscription(SubscriptionSpec spec) {
        FilterPaths paths = Filters.compile(spec);
        run(connection -> functions.createSubscription(connection, spec, paths));
    }

    /**
     * Creates the queue, or accepts it when it exists with the same settings; several nodes may declare at once.
     *
     * @throws ConflictException if it exists with other settings, or is a topic
     */
    public void declareQueue(QueueSpec spec) {
        declare(() -> createQueue(spec), () -> {
            FoundDestination found = destination(spec.name())
                    .filter(FoundDestination::queue)
                    .orElseThrow(() -> new ConflictException(
                            "'" + spec.name() + "' is a topic; choose another name for the queue"));
            same("queue '" + spec.name() + "'", "maxBodyBytes", found.maxBodyBytes(), spec.maxBodyBytes());
            same("queue '" + spec.name() + "'", "dedupWindow", found.dedupWindow(), spec.dedupWindow());
            same(
                    "queue '" + spec.name() + "'",
                    "settings",
                    find(null, spec.name()).settings(),
                    spec.settings());
        });
    }

    /**
     * Creates the topic, or accepts it when it exists with the same settings.
     *
     * @throws ConflictException if it exists with other settings, or is a queue
     */
    public void declareTopic(TopicSpec spec) {
        declare(() -> createTopic(spec), () -> {
            FoundDestination found = destination(spec.name())
                    .filter(d -> !d.queue())
                    .orElseThrow(() -> new ConflictException(
                            "'" + spec.name() + "' is a queue; choose another name for the topic"));
            same("topic '" + spec.name() + "'", "maxBodyBytes", found.maxBodyBytes(), spec.maxBodyBytes());
            same("topic '" + spec.name() + "'", "dedupWindow", found.dedupWindow(), spec.dedupWindow());
        });
    }

    /**
     * Creates the subscription, or accepts it when it exists with the same filter and settings.
     *
     * @throws ConflictException if it exists with another filter or other settings
     */
    public void declareSubscription(SubscriptionSpec spec) {
        declare(() -> createSubscription(spec), () -> {
            FoundSubscription found = find(spec.topic(), spec.name());
            String what = "subscription '" + spec.name() + "'";
            same(what, "settings", found.settings(), spec.settings());
            AdminFunctions.Filters wanted = AdminFunctions.Filters.of(spec);
            FilterPaths paths = Filters.compile(spec);
            if (!found.filters().equals(wanted)
                    && !run(connection -> functions.sameFilter(connection, found.id(), paths))) {
                same(what, "filters", found.filters(), wanted);
            }
        });
    }

    /** New settings for a queue; lease and backoff count from the next lease or failure, retention at once. */
    public void alterQueue(String name, SubscriptionSettings settings) {
        int id = find(null, name).id();
        run(connection -> {
            functions.alterQueue(connection, id, settings);
            return true;
        });
    }

    /** New filter and settings; what waits already stays, whatever the filter says. */
    public void alterSubscription(SubscriptionSpec spec) {
        FilterPaths paths = Filters.compile(spec);
        int id = find(spec.topic(), spec.name()).id();
        run(connection -> {
            functions.alterSubscription(connection, id, spec, paths);
            return true;
        });
    }

    /**
     * New filter and settings, and what becomes of the backlog; reads every waiting message of the subscription.
     *
     * @return what was kept and discarded
     */
    public FilterChange alterSubscription(SubscriptionSpec spec, Backlog backlog) {
        return changeFilter(spec, backlog, false);
    }

    /** What {@link #alterSubscription(SubscriptionSpec, Backlog)} would do; changes nothing. */
    public FilterChange previewAlter(SubscriptionSpec spec, Backlog backlog) {
        return changeFilter(spec, backlog, true);
    }

    private FilterChange changeFilter(SubscriptionSpec spec, Backlog backlog, boolean preview) {
        FilterPaths paths = Filters.compile(spec);
        int id = find(spec.topic(), spec.name()).id();
        return run(connection -> functions.changeFilter(connection, id, spec, paths, backlog, preview));
    }

    /**
     * A subscription as it was declared, its filters as they were given.
     *
     * @throws io.pgqueue.NotFoundException if there is none
     */
    public SubscriptionSpec subscription(String topic, String name) {
        FoundSubscription found = find(topic, name);
        return found.filters().spec(topic, name, found.settings());
    }

    /** Those of a topic by name, behind the given one ("" for the first page), at most 1000. */
    public List<SubscriptionSpec> subscriptions(String topic, String after) {
        return run(connection -> functions.subscriptions(connection, topic, after, PAGE));
    }

    /**
     * Which subscriptions of a destination would get this message if it were published now, and why others would not.
     * Writes nothing.
     *
     * @throws io.pgqueue.NotFoundException if there is no such destination
     */
    public List<RoutingDecision> explainRouting(String destination, OutgoingMessage message) {
        UUID given = message.messageId();
        UUID id = given == null ? new UUID(0, 0) : given;
        return run(connection -> {
            RoutingExplainer explainer = new RoutingExplainer(routing.routes(connection, destination));
            return explainer.decide(
                    routing.given(connection, id, message, explainer.onProperties(), explainer.onBody()));
        });
    }

    /**
     * The same for a message that some subscription still has, waiting or dead, with the filters as they are now.
     *
     * @throws io.pgqueue.NotFoundException if there is no such destination or message
     */
    public List<RoutingDecision> explainRouting(String destination, UUID messageId) {
        return run(connection -> {
            RoutingExplainer explainer = new RoutingExplainer(routing.routes(connection, destination));
            return explainer.decide(
                    routing.stored(connection, destination, messageId, explainer.onProperties(), explainer.onBody()));
        });
    }

    /** Names in order, behind the given one ("" for the first page), at most 1000. */
    public List<String> destinations(String after) {
        return run(connection -> functions.destinations(connection, after, PAGE));
    }

    /**
     * @param cascade also when there are unfinished deliveries or dead letters, which are removed then
     * @return number of deliveries and dead letters removed
     * @throws ConflictException if it is not empty and cascade is false
     */
    public long dropDestination(String name, boolean cascade) {
        directory.forget(name);
        return run(connection -> functions.dropDestination(connection, name, cascade));
    }

    /** As {@link #dropDestination}, for one subscription of a topic. */
    public long dropSubscription(String topic, String name, boolean cascade) {
        int id = find(topic, name).id();
        return run(connection -> functions.dropSubscription(connection, id, cascade));
    }

    /** Discards what waits, with {@code leased} also what is being handled; dead letters stay. Returns how many. */
    public long purge(@Nullable String topic, String name, boolean leased) {
        int id = find(topic, name).id();
        return run(connection -> functions.purge(connection, id, leased));
    }

    /** No new leases, on any node; running handlers finish, publishing goes on. */
    public void pause(@Nullable String topic, String name) {
        setPaused(topic, name, true);
    }

    public void resume(@Nullable String topic, String name) {
        setPaused(topic, name, false);
    }

    /** Consumers of a subscription that were opened by a {@link Client} and whose lease lasts, in the whole cluster. */
    public int activeConsumers(String topic, String name) {
        int id = find(topic, name).id();
        return run(connection -> functions.activeConsumers(connection, id));
    }

    /**
     * Ends the leases of a consumer that hangs or is dead, in every queue and subscription: what it held is ready at once,
     * its attempts stay counted, and its acks are stale. What a transaction is settling at the moment is left to it.
     *
     * @param consumer as given to {@link ReceiverOptions#withConsumer} or {@link PgQueue.Builder#consumer}
     * @return how many deliveries were given back
     * @throws io.pgqueue.NotFoundException if no consumer ever had this name
     */
    public long release(String consumer) {
        return run(connection -> functions.releaseConsumer(connection, consumer));
    }

    /** As {@link #release(String)}, all leases of a queue (topic null) or subscription, whoever holds them. */
    public long release(@Nullable String topic, String name) {
        int id = find(topic, name).id();
        return run(connection -> functions.releaseSubscription(connection, id));
    }

    /**
     * Groups that wait because their head failed, in the order of their keys.
     *
     * @param limit most of them, 1 to 1000
     * @param after last group of the page before, empty for the first page
     */
    public List<BlockedGroup> blockedGroups(@Nullable String topic, String name, int limit, String after) {
        int id = find(topic, name).id();
        return run(connection -> functions.blockedGroups(connection, id, limit, after));
    }

    /** Exact; reads every waiting row of the subscription. */
    public SubscriptionStats stats(@Nullable String topic, String name) {
        int id = find(topic, name).id();
        return run(connection -> functions.stats(connection, id));
    }

    /**
     * A page of dead letters without bodies, oldest death first.
     *
     * @param after last one of the page before, null for the first page
     */
    public List<DeadLetter> deadLetters(@Nullable String topic, String name, int limit, @Nullable DeadLetter after) {
        int id = find(topic, name).id();
        return run(connection -> deadLetters.list(connection, id, limit, after, false));
    }

    /** Back to the end of the queue, with no attempts used; returns those that were there. */
    public List<UUID> redrive(@Nullable String topic, String name, Collection<UUID> messageIds) {
        checkIds(messageIds);
        int id = find(topic, name).id();
        return run(connection -> deadLetters.redrive(connection, id, messageIds, PAGE));
    }

    /** The oldest dead letters, at most 1000 a call; returns those that went back. */
    public List<UUID> redriveOldest(@Nullable String topic, String name, int limit) {
        int id = find(topic, name).id();
        return run(connection -> deadLetters.redrive(connection, id, null, Math.min(limit, PAGE)));
    }

    /** Deletes dead letters; returns how many were there. */
    public int discard(@Nullable String topic, String name, Collection<UUID> messageIds) {
        checkIds(messageIds);
        int id = find(topic, name).id();
        return run(connection -> deadLetters.discard(connection, id, messageIds, PAGE));
    }

    /** One pass of maintenance now; it also runs by itself. Returns what it did, for people to read. */
    public String maintain() {
        return maintenance.get().toString();
    }

    private static void checkIds(Collection<UUID> messageIds) {
        if (messageIds.size() > PAGE) {
            throw new InvalidArgumentException("messageIds has " + messageIds.size() + " entries, must be at most "
                    + PAGE + "; call once for each " + PAGE);
        }
    }

    private void setPaused(@Nullable String topic, String name, boolean paused) {
        int id = find(topic, name).id();
        run(connection -> {
            functions.setPaused(connection, id, paused);
            return true;
        });
    }

    private static void declare(Runnable create, Runnable compare) {
        try {
            create.run();
        } catch (ConflictException exists) {
            compare.run();
        }
    }

    private static void same(String what, String field, Object found, Object wanted) {
        if (!found.equals(wanted)) {
            throw new ConflictException("The " + what + " exists with " + field + " " + found + ", declared with "
                    + wanted + "; declare it as it is, or change it with alter");
        }
    }

    private Optional<FoundDestination> destination(String name) {
        return run(connection -> functions.findDestination(connection, name));
    }

    private FoundSubscription find(@Nullable String topic, String name) {
        return directory.subscription(topic, name);
    }

    private <T> T run(SqlWork<T> work) {
        try {
            return transactions.joinOrStatement(work).value();
        } catch (SQLException e) {
            throw SqlErrors.translate(e);
        }
    }
}
