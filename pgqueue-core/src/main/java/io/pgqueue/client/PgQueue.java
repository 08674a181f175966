// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import io.pgqueue.BrowsePage;
import io.pgqueue.Delivery;
import io.pgqueue.Failure;
import io.pgqueue.InvalidArgumentException;
import io.pgqueue.NackResult;
import io.pgqueue.NotFoundException;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.PublishResult;
import io.pgqueue.SchemaName;
import io.pgqueue.StaleDeliveryException;
import io.pgqueue.jdbc.ConnectionSource;
import io.pgqueue.jdbc.DataSourceConnectionSource;
import io.pgqueue.jdbc.Transactions;
import io.pgqueue.maintenance.Maintenance;
import io.pgqueue.store.AdminFunctions;
import io.pgqueue.store.AdminFunctions.FoundSubscription;
import io.pgqueue.store.BrowseFunctions;
import io.pgqueue.store.ClientFunctions;
import io.pgqueue.store.ClientFunctions.Opened;
import io.pgqueue.store.CompletionFunctions;
import io.pgqueue.store.MaintainFunctions;
import io.pgqueue.store.PublishFunctions;
import io.pgqueue.store.ReceiveFunctions;
import io.pgqueue.store.ScheduleFunctions;
import io.pgqueue.store.SettleFunctions;
import io.pgqueue.store.SqlErrors;
import io.pgqueue.wakeup.Hint;
import io.pgqueue.wakeup.Wakeups;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * A message queue inside a PostgreSQL database: publish, receive, settle. One instance serves an application; it is safe
 * for use by several threads. Publishing, settling and administration join the caller's transaction when the
 * {@link ConnectionSource} knows of one; receiving never does.
 *
 * <p>Threads: one that polls and does maintenance, one that listens, one that notifies, and with the first {@link Client}
 * one that renews its lease; {@link #close} ends them.
 */
public final class PgQueue implements AutoCloseable {

    private static final Duration CLOSE_WAIT = Duration.ofSeconds(5);

    private final SchemaName schema;
    private final Publisher publisher;
    private final Settlement settlement;
    private final Scheduling scheduling;
    private final Exchange exchange;
    private final PgQueueAdmin admin;
    private final Directory directory;
    private final Transactions transactions;
    private final ReceiveFunctions receiving;
    private final Holders holders;
    private final String consumer;
    private final BrowseFunctions browsing;
    private final Maintenance maintenance;
    private final ClientFunctions clientFunctions;
    private final Node node;
    private final Tracking tracking;
    private final Requests requests;
    private final @Nullable Wakeups wakeups;
    private final PgQueueObserver observer;
    private final Duration pollInterval;
    private final Duration sendTimeout;
    private final ScheduledThreadPoolExecutor scheduler;
    private final SubscriptionStates subscriptions;

    private PgQueue(Builder builder) {
        this.schema = builder.schema;
        this.transactions = new Transactions(builder.source);
        this.receiving = new ReceiveFunctions(schema);
        this.holders = new Holders(transactions, receiving);
        this.consumer = builder.consumer;
        this.browsing = new BrowseFunctions(schema);
        this.subscriptions = new SubscriptionStates();
        this.observer = builder.observer;
        this.pollInterval = builder.pollInterval;
        this.sendTimeout = builder.sendTimeout;
        this.scheduler = scheduler();
        this.directory = new Directory(transactions, new AdminFunctions(schema), builder.missingDestination);
        this.clientFunctions = new ClientFunctions(schema);
        this.node = new Node(transactions, clientFunctions, builder.clientLease);
        this.tracking = new Tracking(transactions, new CompletionFunctions(schema), scheduler, pollInterval);
        this.maintenance =
                new Maintenance(transactions, new MaintainFunctions(schema), scheduler, builder.maintenanceSettings);
        Wakeups.ListenConnection listen = builder.listenConnection;
        this.wakeups = listen == null
                ? null
                : new Wakeups(
                        builder.source,
                        listen,
                        schema.value(),
                        builder.wakeupMerge,
                        this::remoteHint,
                        this::lookEverywhere);
        this.publisher = new Publisher(
                transactions, new PublishFunctions(schema), directory, this::localHint, observer, sendTimeout);
        this.settlement = new Settlement(transactions, new SettleFunctions(schema), this::localHint, observer);
        this.scheduling = new Scheduling(transactions, null, new ScheduleFunctions(schema), directory, this::localHint);
        this.exchange = new Exchange(transactions, publisher, settlement);
        this.admin =
                new PgQueueAdmin(new AdminCalls(transactions, this::wake), schema, directory, maintenance::runOnce);
        Publisher alone = new Publisher(
                transactions.independent(),
                new PublishFunctions(schema),
                directory,
                this::localHint,
                observer,
                sendTimeout);
        this.requests = new Requests(alone, settlement, this::client);
        new Poller(transactions, receiving, subscriptions, scheduler, pollInterval).start();
        if (builder.maintain) {
            maintenance.start();
        }
        if (wakeups != null) {
            wakeups.start();
        }
    }

    private PgQueue(PgQueue shared) {
        this.schema = shared.schema;
        this.transactions = shared.transactions.independent();
        this.receiving = shared.receiving;
        this.browsing = shared.browsing;
        this.observer = shared.observer;
        this.pollInterval = shared.pollInterval;
        this.sendTimeout = shared.sendTimeout;
        this.scheduler = shared.scheduler;
        this.directory = shared.directory;
        this.clientFunctions = shared.clientFunctions;
        this.node = shared.node;
        this.tracking = shared.tracking;
        this.requests = shared.requests;
        this.maintenance = shared.maintenance;
        this.wakeups = shared.wakeups;
        this.holders = shared.holders;
        this.consumer = shared.consumer;
        this.subscriptions = shared.subscriptions;
        this.publisher = new Publisher(
                transactions, new PublishFunctions(schema), directory, this::localHint, observer, sendTimeout);
        this.settlement = new Settlement(transactions, new SettleFunctions(schema), this::localHint, observer);
        this.scheduling = new Scheduling(transactions, null, new ScheduleFunctions(schema), directory, this::localHint);
        this.exchange = new Exchange(transactions, publisher, settlement);
        this.admin =
                new PgQueueAdmin(new AdminCalls(transactions, this::wake), schema, directory, maintenance::runOnce);
    }

    /**
     * The same queue, but everything it does is a transaction of its own, whatever transaction the calling thread is in: for
     * giving back what a transaction that rolled back had taken. Closing either closes both.
     */
    public PgQueue independent() {
        return new PgQueue(this);
    }

    public static Builder builder(ConnectionSource source) {
        return new Builder(source);
    }

    /** Plain JDBC: every call is a transaction of its own, except those that take a {@link Connection}. */
    public static Builder builder(DataSource dataSource) {
        return new Builder(new DataSourceConnectionSource(dataSource));
    }

    public PgQueueAdmin admin() {
        return admin;
    }

    /**
     * Publishes to a queue or topic. In a transaction of its own the message is durable when this returns; in the caller's
     * it is there when that commits.
     *
     * @throws io.pgqueue.NotFoundException if there is no such destination
     * @throws io.pgqueue.MessageTooLargeException if the body is above the destination's limit
     * @throws io.pgqueue.QueueFullException if a subscription that would get it is full; nothing was published
     * @throws io.pgqueue.OutcomeUnknownException if the connection was lost while committing; repeating is safe with a
     *     deduplication key
     * @throws io.pgqueue.UnavailableException if there was no connection, or it was lost before the commit; nothing was
     *     published
     */
    public PublishResult publish(String destination, OutgoingMessage message) {
        maintenance.traffic(1);
        return publisher.publish(destination, message);
    }

    /** All or none; results in the order of the messages. Above 1000 messages or 64 MiB, several statements. */
    public List<PublishResult> publish(String destination, List<OutgoingMessage> messages) {
        maintenance.traffic(messages.size());
        return publisher.publish(destination, messages);
    }

    /**
     * Publishes in the transaction of this connection. Call {@link #wake} after the commit to have the message delivered at
     * once instead of at the next poll.
     */
    public PublishResult publish(Connection connection, String destination, OutgoingMessage message) {
        return publish(connection, destination, List.of(message)).get(0);
    }

    public List<PublishResult> publish(Connection connection, String destination, List<OutgoingMessage> messages) {
        maintenance.traffic(messages.size());
        return publisher.publish(connection, destination, messages);
    }

    /** Cancels and reschedules what was published, in the caller's transaction when there is one. */
    public Scheduling scheduling() {
        return scheduling;
    }

    /** The same in the transaction of this connection; call {@link #wake} after the commit of a reschedule to now. */
    public Scheduling scheduling(Connection connection) {
        return scheduling.on(connection);
    }

    /**
     * Acks and publishes in one transaction: either all is done or nothing. Messages get their positions in the order given.
     *
     * @throws StaleDeliveryException if a delivery was no longer ours; nothing was published or acked, and a transaction of
     *     the caller must roll back
     * @throws io.pgqueue.OutcomeUnknownException if the connection was lost while committing
     */
    public List<PublishResult> ackAndPublish(Collection<Delivery> deliveries, List<AddressedMessage> messages) {
        maintenance.traffic(messages.size());
        return exchange.run(deliveries, messages);
    }

    /** {@link #publishTracked(String, OutgoingMessage, Duration)} with outcomes kept for an hour. */
    public Completion publishTracked(String destination, OutgoingMessage message) {
        return publishTracked(destination, message, Duration.ofHours(1));
    }

    /**
     * As {@link #publish(String, OutgoingMessage)}, and tells what becomes of the message: acked, dead, expired, cancelled or
     * discarded, for each subscription that got it. In the caller's transaction the handle is there before the commit; wait
     * for it afterwards.
     *
     * @param keep how long the outcomes can be asked for after the last one ({@link #completion}); 60 seconds to 7 days
     */
    public Completion publishTracked(String destination, OutgoingMessage message, Duration keep) {
        maintenance.traffic(1);
        Completion completion = publisher.publishTracked(destination, message, keep);
        if (!completion.isDone()) {
            tracking.add(completion);
        }
        return completion;
    }

    /**
     * What becomes of a message that this or another JVM sent with tracking.
     *
     * @throws NotFoundException if it was not tracked, is not committed, or its outcomes are not kept any more
     */
    public Completion completion(UUID messageId) {
        return tracking.attach(messageId);
    }

    /**
     * Sends a request and waits for the reply, which comes to a temporary queue of this JVM. The request is sent in a
     * transaction of its own, whatever transaction the calling thread is in, because nobody can answer before a commit;
     * waiting holds no connection.
     *
     * @return the reply, already settled; empty if none came in time. What comes later is dropped and counted.
     * @throws NotFoundException if there is no such destination
     * @throws InvalidArgumentException if the message says where to reply to
     */
    public Optional<Delivery> request(String destination, OutgoingMessage message, Duration timeout)
            throws InterruptedException {
        maintenance.traffic(1);
        return requests.request(destination, message, timeout);
    }

    /**
     * Answers a request: sends to where it wants replies, with its correlation id, or its message id if it has none. In the
     * caller's transaction when there is one, so a handler's work, its ack and its answer commit together.
     *
     * @throws InvalidArgumentException if it does not ask for a reply
     * @throws NotFoundException if the asker is gone
     */
    public PublishResult reply(Delivery request, OutgoingMessage reply) {
        String replyTo = request.headers().replyTo();
        if (replyTo == null) {
            throw new InvalidArgumentException("replyTo of message " + request.messageId()
                    + " is absent, must be given: its sender does not ask for a reply");
        }
        String correlationId = request.headers().correlationId();
        return publish(
                replyTo,
                reply.toBuilder()
                        .correlationId(correlationId == null ? "ID:" + request.messageId() : correlationId)
                        .build());
    }

    /** Number of replies to requests of this JVM that came when nobody waited any more, since it started. */
    public long lateReplies() {
        return requests.lateReplies();
    }

    /** Receives from a queue. */
    public Receiver receiver(String queue) {
        return receiver(null, queue, ReceiverOptions.DEFAULT);
    }

    /** Receives from a subscription of a topic. */
    public Receiver receiver(String topic, String subscription) {
        return receiver(topic, subscription, ReceiverOptions.DEFAULT);
    }

    /**
     * Receives with a lease time of its own, or only what a selector selects.
     *
     * @param topic the topic, null for a queue
     * @param name name of the subscription or queue
     */
    public Receiver receiver(@Nullable String topic, String name, ReceiverOptions options) {
        Duration lease = options.lease();
        Duration leaseTime =
                lease == null ? directory.subscription(topic, name).settings().lease() : lease;
        return receiver(() -> state(topic, name, options.filter()), subscriptions::release, options, leaseTime);
    }

    private Receiver receiver(
            Supplier<SubscriptionState> lookup,
            Consumer<SubscriptionState> release,
            ReceiverOptions options,
            Duration leaseTime) {
        String holder = options.consumer() == null ? consumer : options.consumer();
        return new Receiver(
                transactions,
                receiving,
                lookup,
                release,
                new Holders.Holder(holders, holder),
                options,
                leaseTime,
                options.atMostOnce() ? this::popped : this::received);
    }

    private SubscriptionState state(@Nullable String topic, String name, @Nullable String filter) {
        FoundSubscription found = directory.subscription(topic, name);
        if (found.owner() != null) {
            throw new NotFoundException("Queue '" + name
                    + "' is temporary: only the client that created it may consume from it, by Client.consume");
        }
        return state(found.id(), name, topic == null ? name : topic, filter);
    }

    private SubscriptionState state(int subscription, String name, String destination, @Nullable String filter) {
        return subscriptions.acquire(
                subscription,
                filter,
                id -> new SubscriptionState(id, name, destination, filter, pollInterval, System::nanoTime));
    }

    private void received(SubscriptionState subscription, int count) {
        maintenance.traffic(count);
        observer.received(subscription.destination, subscription.name, count);
    }

    private void popped(SubscriptionState subscription, int count) {
        received(subscription, count);
        observer.acked(subscription.destination, subscription.name, count);
    }

    /** A client of its own for each connection of the application that needs one; see there. */
    public Client client() {
        return new Client(node, clientFunctions, new Client.Receivers() {
            @Override
            public Receiver receiver(
                    Opened opened, String name, String destination, ReceiverOptions options, boolean stays) {
                return PgQueue.this.receiver(
                        () -> state(opened.subscription(), name, destination, options.filter()),
                        stays ? subscriptions::release : subscriptions::forget,
                        options,
                        options.lease() == null ? opened.lease() : options.lease());
            }

            @Override
            public Receiver queue(String queue, ReceiverOptions options) {
                return PgQueue.this.receiver(null, queue, options);
            }

            @Override
            public boolean temporary(String queue) {
                return directory.subscription(null, queue).owner() != null;
            }
        });
    }

    /**
     * Makes sure that there is a queue of this name, before something is built on it; creates it if
     * {@link Builder#missingDestination} says so.
     *
     * @throws NotFoundException if there is none
     */
    public void requireQueue(String name) {
        directory.require(true, name);
    }

    /** As {@link #requireQueue}, for a topic. */
    public void requireTopic(String name) {
        directory.require(false, name);
    }

    /**
     * A page of what a subscription holds, without leasing it, by a short transaction of its own.
     *
     * @param topic the topic, null for a queue
     * @param name name of the subscription or queue
     * @param after where the page before ended ({@link BrowsePage#next}), null for the first page
     * @throws io.pgqueue.NotFoundException if there is no such queue or subscription
     */
    public BrowsePage browse(
            @Nullable String topic, String name, BrowseOptions options, BrowsePage.@Nullable Cursor after) {
        int subscription = directory.subscription(topic, name).id();
        try {
            return transactions.statement(connection -> browsing.browse(
                    connection,
                    subscription,
                    options.limit(),
                    after,
                    options.states(),
                    options.filter(),
                    options.bodies()));
        } catch (SQLException e) {
            throw SqlErrors.translate(e);
        }
    }

    /**
     * Done. In the caller's transaction the delivery is gone when that commits, together with the handler's work.
     *
     * @throws StaleDeliveryException if it was no longer ours: then the caller's transaction must roll back
     */
    public void ack(Delivery delivery) {
        throwIfStale(settlement.ack(List.of(delivery)));
    }

    /** @throws StaleDeliveryException if some were no longer ours; the others are acked */
    public void ack(Collection<Delivery> deliveries) {
        if (!deliveries.isEmpty()) {
            throwIfStale(settlement.ack(deliveries));
        }
    }

    /** Acks in the transaction of this connection. */
    public void ack(Connection connection, Collection<Delivery> deliveries) {
        if (!deliveries.isEmpty()) {
            throwIfStale(settlement.ack(connection, deliveries));
        }
    }

    /** Acks that are merged into few transactions: {@code size} at a time, or all of {@code delay}. */
    public AckBatcher ackBatcher(int size, Duration delay) {
        return new AckBatcher(settlement, scheduler, size, delay);
    }

    /** Failed: delivered again after the backoff of its subscription, or dead when its attempts are used up. */
    public NackResult nack(Delivery delivery, Failure failure) {
        return one(delivery, settlement.nack(List.of(delivery), null, null, failure));
    }

    /** Failed: delivered again after the given time, zero for at once, or dead when its attempts are used up. */
    public NackResult nack(Delivery delivery, Duration delay, Failure failure) {
        return one(delivery, settlement.nack(List.of(delivery), delay, null, failure));
    }

    /** Several at once; delay null for the backoff of the subscription. */
    public Map<Delivery, NackResult> nack(Collection<Delivery> deliveries, @Nullable Duration delay, Failure failure) {
        return deliveries.isEmpty() ? Map.of() : settlement.nack(deliveries, delay, null, failure);
    }

    /**
     * Not now: delivered again after the given time, zero for at once, up to 366 days, without using an attempt.
     *
     * @return those that were no longer ours
     */
    public List<Delivery> retryLater(Collection<Delivery> deliveries, Duration delay) {
        return deliveries.isEmpty() ? List.of() : settlement.snooze(deliveries, delay);
    }

    /** @throws StaleDeliveryException if it was no longer ours */
    public void retryLater(Delivery delivery, Duration delay) {
        throwIfStale(settlement.snooze(List.of(delivery), delay));
    }

    /** To the dead letters at once, attempts left or not. */
    public NackResult deadLetter(Delivery delivery, String reason, Failure failure) {
        return one(delivery, settlement.nack(List.of(delivery), null, reason, failure));
    }

    /**
     * Holds on, for so long from now, in a transaction of its own; returns those that were no longer ours. What a
     * transaction is settling that has not ended is left to it: neither extended nor returned.
     */
    public List<Delivery> extend(Collection<Delivery> deliveries, Duration lease) {
        return deliveries.isEmpty() ? List.of() : settlement.extend(deliveries, lease);
    }

    /** Gives back what no handler saw, without using an attempt; returns those that were no longer ours. */
    public List<Delivery> release(Collection<Delivery> deliveries) {
        return deliveries.isEmpty() ? List.of() : settlement.release(deliveries);
    }

    /** Something may be ready in this queue or topic: to be called after a commit that published on a given connection. */
    public void wake(String destination) {
        publisher.wake(destination);
        Set<Integer> ids = new HashSet<>();
        subscriptions.all().filter(s -> s.destination.equals(destination)).forEach(s -> {
            s.lookEverywhere();
            if (wakeups != null && ids.add(s.id)) {
                wakeups.send(new Hint(s.id, 0, Long.MAX_VALUE, 1));
            }
        });
    }

    /** Whether wake-ups of other JVMs arrive; when not, polling finds everything. */
    public boolean listening() {
        return wakeups != null && wakeups.listening();
    }

    /**
     * Ends waits and threads, and waits a little for a call to the database that runs: the application may close its pool
     * next. Flush {@link AckBatcher}s before.
     */
    @Override
    public void close() {
        subscriptions.all().forEach(SubscriptionState::close);
        requests.close();
        node.close();
        if (wakeups != null) {
            wakeups.close();
        }
        scheduler.shutdown();
        try {
            scheduler.awaitTermination(CLOSE_WAIT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        scheduler.shutdownNow();
    }

    private void localHint(Hint hint) {
        remoteHint(hint);
        if (wakeups != null) {
            wakeups.send(hint);
        }
    }

    private void remoteHint(Hint hint) {
        if (hint.subscription() == Hint.ENDED.subscription()) {
            tracking.deliveriesEnded();
        }
        for (SubscriptionState local : subscriptions.of(hint.subscription())) {
            local.hint(hint);
        }
    }

    private void lookEverywhere() {
        subscriptions.all().forEach(SubscriptionState::lookEverywhere);
    }

    private static NackResult one(Delivery delivery, Map<Delivery, NackResult> results) {
        NackResult result = results.get(delivery);
        return result == null ? new NackResult(NackResult.Outcome.STALE, null) : result;
    }

    private static void throwIfStale(List<Delivery> stale) {
        if (!stale.isEmpty()) {
            throw new StaleDeliveryException(stale);
        }
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

    /** Not safe for use by several threads. */
    public static final class Builder {

        private final ConnectionSource source;
        private SchemaName schema = SchemaName.DEFAULT;
        private Duration pollInterval = Duration.ofSeconds(1);
        private Duration sendTimeout = Duration.ofSeconds(30);
        private Duration wakeupMerge = Duration.ofMillis(5);
        private Wakeups.@Nullable ListenConnection listenConnection;
        private boolean maintain = true;
        private String consumer = Holders.thisProcess();
        private Maintenance.Settings maintenanceSettings = Maintenance.Settings.DEFAULT;
        private PgQueueObserver observer = PgQueueObserver.NONE;
        private MissingDestination missingDestination = MissingDestination.FAIL;
        private Duration clientLease = Duration.ofSeconds(10);

        private Builder(ConnectionSource source) {
            this.source = source;
        }

        /** Name of the schema, default {@code pgqueue}. */
        public Builder schema(String schema) {
            this.schema = new SchemaName(schema);
            return this;
        }

        /** Without wake-ups a message is found within this time; 0.1 to 60 s, default 1 s. */
        public Builder pollInterval(Duration interval) {
            this.pollInterval = interval;
            return this;
        }

        /**
         * Wake-ups between JVMs, by a connection of their own that listens. Default: none, consumers of other JVMs poll.
         * Behind a transaction-pooling proxy this connection must go to the server directly.
         */
        public Builder listenOn(Wakeups.ListenConnection connection) {
            this.listenConnection = connection;
            return this;
        }

        /**
         * How long a publish in a transaction of its own waits for room in a full subscription whose policy is
         * {@link io.pgqueue.WhenFull#BLOCK}; zero for not at all, default 30 s.
         */
        public Builder sendTimeout(Duration timeout) {
            this.sendTimeout = timeout;
            return this;
        }

        /** As {@link #listenOn(Wakeups.ListenConnection)}, on a connection by this JDBC URL. */
        public Builder listenOn(String url, Properties properties) {
            return listenOn(() -> DriverManager.getConnection(url, properties));
        }

        /** Shortest time between two notifications of this JVM, default 5 ms. */
        public Builder wakeupMerge(Duration merge) {
            this.wakeupMerge = merge;
            return this;
        }

        /** Whether this JVM takes part in maintenance, default true. Some client must, or call {@code maintain()}. */
        public Builder maintenance(boolean maintain) {
            this.maintain = maintain;
            return this;
        }

        public Builder maintenance(Maintenance.Settings settings) {
            this.maintenanceSettings = settings;
            return this;
        }

        /** Who holds the leases, unless a receiver has a name of its own; default host and process id. */
        public Builder consumer(String name) {
            this.consumer = Objects.requireNonNull(
                    ReceiverOptions.DEFAULT.withConsumer(name).consumer());
            return this;
        }

        public Builder observer(PgQueueObserver observer) {
            this.observer = observer;
            return this;
        }

        /** What happens with names of destinations that do not exist; default {@link MissingDestination#FAIL}. */
        public Builder missingDestination(MissingDestination missing) {
            this.missingDestination = missing;
            return this;
        }

        /**
         * How long what a {@link Client} owns is kept for it when this JVM is not heard of; 1 s to 5 minutes, default 10 s.
         * It is renewed at a third of this, over a connection of the pool.
         *
         * @throws InvalidArgumentException if it is out of range
         */
        public Builder clientLease(Duration lease) {
            if (lease.compareTo(Duration.ofSeconds(1)) < 0 || lease.compareTo(Duration.ofMinutes(5)) > 0) {
                throw new InvalidArgumentException("clientLease is " + lease + ", must be PT1S to PT5M");
            }
            this.clientLease = lease;
            return this;
        }

        /** Starts the threads; opens no connection yet, so the database may come later. */
        public PgQueue build() {
            return new PgQueue(this);
        }
    }
}
