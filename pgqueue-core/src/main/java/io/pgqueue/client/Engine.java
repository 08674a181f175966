// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import io.pgqueue.jdbc.CallListeners;
import io.pgqueue.jdbc.Transactions;
import io.pgqueue.maintenance.Maintenance;
import io.pgqueue.maintenance.Sampling;
import io.pgqueue.store.AdminFunctions;
import io.pgqueue.store.BrowseFunctions;
import io.pgqueue.store.ClientFunctions;
import io.pgqueue.store.CompletionFunctions;
import io.pgqueue.store.MaintainFunctions;
import io.pgqueue.store.PublishFunctions;
import io.pgqueue.store.ReceiveFunctions;
import io.pgqueue.store.ScheduleFunctions;
import io.pgqueue.store.SchemaFunctions;
import io.pgqueue.store.SettleFunctions;
import io.pgqueue.store.StatsFunctions;
import io.pgqueue.wakeup.Hint;
import java.time.Duration;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * What runs behind a {@link PgQueue} and its {@link PgQueue#independent} one: the threads, what this JVM knows of
 * destinations and subscriptions, and the parts that no transaction of a caller concerns. The parts it does concern are
 * made here for each of the two. Safe for use by several threads.
 */
final class Engine {

    private static final Duration CLOSE_WAIT = Duration.ofSeconds(5);

    final Transactions transactions;
    final ScheduledThreadPoolExecutor scheduler = scheduler();
    final Directory directory;
    final Maintenance maintenance;
    final Tracking tracking;
    final Hints hints;
    final Receivers receivers;
    final Browsing browsing;
    final Requests requests;
    final AsyncSends<AsyncPublisher.Send> asyncSends;

    private final SchemaFunctions functions;
    private final PgQueueObserver observer;
    private final Duration sendTimeout;
    private final SubscriptionStates subscriptions;
    private final Sampling sampling;
    private final ClientFunctions clientFunctions;
    private final Node node;

    /** Starts the threads. */
    Engine(PgQueueBuilder settings) {
        CallListeners listeners = settings.callListeners();
        this.functions = new SchemaFunctions(settings.schema, listeners);
        this.observer = settings.observer;
        this.sendTimeout = settings.sendTimeout;
        this.transactions = new Transactions(settings.source);
        this.directory = new Directory(transactions, new AdminFunctions(functions), settings.missingDestination);
        this.maintenance = new Maintenance(
                transactions,
                new MaintainFunctions(functions),
                scheduler,
                settings.maintenanceSettings,
                this::deliveriesEnded,
                observer::subscriptionExpires);
        this.sampling = new Sampling(
                transactions, new StatsFunctions(functions), scheduler, settings.sampleInterval, settings.maintain);
        this.tracking =
                new Tracking(transactions, new CompletionFunctions(functions), scheduler, settings.pollInterval);
        this.subscriptions = new SubscriptionStates(settings.pollInterval);
        HeldLeases held = new HeldLeases(deliveries -> settlement(transactions).gone(deliveries), scheduler);
        this.hints = new Hints(settings, listeners, subscriptions, tracking, held);
        ReceiveFunctions receiving = new ReceiveFunctions(functions);
        this.receivers = new Receivers(
                transactions,
                receiving,
                settlement(transactions),
                directory,
                subscriptions,
                new Holders(transactions, receiving, settings.consumer),
                new Arrivals(this::received, this::deliveriesEnded, held),
                new Arrivals(this::popped, this::deliveriesEnded, held));
        this.browsing = new Browsing(transactions, new BrowseFunctions(functions), directory);
        this.clientFunctions = new ClientFunctions(functions);
        this.node = new Node(transactions, clientFunctions, settings.clientLease);
        this.requests = new Requests(publisher(transactions.independent()), settlement(transactions), this::client);
        this.asyncSends = new AsyncSends<>(
                "pgqueue-async-publish", new AsyncPublisher.Sending(publisher(transactions.independent())));
        new Poller(transactions, receiving, subscriptions, scheduler, settings.pollInterval).start();
        sampling.start();
        if (settings.maintain) {
            maintenance.start();
        }
        hints.start();
    }

    /** @param transactions whether what it sends may be part of a caller's transaction */
    Publisher publisher(Transactions transactions) {
        return new Publisher(
                transactions, new PublishFunctions(functions), directory, hints::tell, observer, sendTimeout);
    }

    Settlement settlement(Transactions transactions) {
        return new Settlement(transactions, new SettleFunctions(functions), hints::tell, sampling::acked, observer);
    }

    Scheduling scheduling(Transactions transactions) {
        return new Scheduling(transactions, null, new ScheduleFunctions(functions), directory, hints::tell);
    }

    PgQueueAdmin admin(Transactions transactions) {
        return new PgQueueAdmin(
                new AdminCalls(
                        transactions,
                        id -> hints.tell(Hint.anywhereIn(id)),
                        this::deliveriesEnded,
                        this::deliveriesTaken),
                functions,
                directory,
                maintenance::runOnce);
    }

    Client client() {
        return new Client(node, clientFunctions, receivers);
    }

    /** Waits a little for a call to the database that runs: the application may close its pool next. */
    void close() {
        asyncSends.close(CLOSE_WAIT);
        subscriptions.all().forEach(SubscriptionState::close);
        requests.close();
        node.close();
        hints.close();
        scheduler.shutdown();
        sampling.close();
        try {
            scheduler.awaitTermination(CLOSE_WAIT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        scheduler.shutdownNow();
    }

    private void deliveriesEnded() {
        hints.tell(Hint.ENDED);
    }

    private void deliveriesTaken() {
        hints.tell(Hint.ALL_TAKEN);
    }

    private void received(SubscriptionState subscription, int count) {
        maintenance.traffic(count);
        observer.received(subscription.destination, subscription.name, count);
    }

    private void popped(SubscriptionState subscription, int count) {
        received(subscription, count);
        sampling.acked(subscription.id, count);
        observer.acked(subscription.destination, subscription.name, count);
    }

    private static ScheduledThreadPoolExecutor scheduler() {
        ScheduledThreadPoolExecutor scheduler = new ScheduledThreadPoolExecutor(2, task -> {
            Thread thread = new Thread(task, "pgqueue-scheduler");
            thread.setDaemon(true);
            return thread;
        });
        scheduler.setRemoveOnCancelPolicy(true);
        scheduler.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        return scheduler;
    }
}
