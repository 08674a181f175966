// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import static io.pgqueue.client.Given.all;
import static io.pgqueue.client.Given.given;

import io.pgqueue.BrowsePage;
import io.pgqueue.Delivery;
import io.pgqueue.Failure;
import io.pgqueue.InvalidArgumentException;
import io.pgqueue.NackResult;
import io.pgqueue.NotFoundException;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.PublishResult;
import io.pgqueue.StaleDeliveryException;
import io.pgqueue.jdbc.ConnectionSource;
import io.pgqueue.jdbc.DataSourceConnectionSource;
import io.pgqueue.jdbc.Transactions;
import java.sql.Connection;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * A message queue inside a PostgreSQL database: publish, receive, settle. One instance serves an application; it is safe
 * for use by several threads. Publishing, settling and administration join the caller's transaction when the
 * {@link ConnectionSource} knows of one; receiving never does.
 *
 * <p>Every call that needs the database throws {@link io.pgqueue.UnavailableException} when it cannot be reached, and another
 * {@link io.pgqueue.PgQueueException} when it refuses. An argument that is null, or has an element that is, and may not, is an
 * {@link InvalidArgumentException} that names it, before anything is done.
 *
 * <p>Threads: one that polls and does maintenance, one that listens, one that notifies, with the first {@link Client}
 * one that renews its lease, and with the first {@link #publishAsync} one that publishes; {@link #close} ends them.
 */
public final class PgQueue implements AutoCloseable {

    private final Engine engine;
    private final Transactions transactions;
    private final Publisher publisher;
    private final AsyncPublisher asyncPublisher;
    private final Settlement settlement;
    private final Scheduling scheduling;
    private final Exchange exchange;
    private final PgQueueAdmin admin;

    PgQueue(Engine engine) {
        this(engine, engine.transactions);
    }

    private PgQueue(Engine engine, Transactions transactions) {
        this.engine = engine;
        this.transactions = transactions;
        this.publisher = engine.publisher(transactions);
        this.asyncPublisher = new AsyncPublisher(transactions, publisher, engine.asyncSends);
        this.settlement = engine.settlement(transactions);
        this.scheduling = engine.scheduling(transactions);
        this.exchange = new Exchange(transactions, publisher, settlement);
        this.admin = engine.admin(transactions);
    }

    /** Joins the transactions that the source knows of. */
    public static PgQueueBuilder builder(ConnectionSource source) {
        return new PgQueueBuilder(given("source", source));
    }

    /** Plain JDBC: every call is a transaction of its own, except those that take a {@link Connection}. */
    public static PgQueueBuilder builder(DataSource dataSource) {
        return new PgQueueBuilder(new DataSourceConnectionSource(given("dataSource", dataSource)));
    }

    /**
     * The same queue, but everything it does is a transaction of its own, whatever transaction the calling thread is in: for
     * giving back what a transaction that rolled back had taken. Closing either closes both.
     */
    public PgQueue independent() {
        return new PgQueue(engine, transactions.independent());
    }

    /** Where its connections come from, and whose transactions its calls join. */
    public ConnectionSource source() {
        return transactions.source();
    }

    /** Declares destinations and subscriptions, and looks after what they hold. */
    public PgQueueAdmin admin() {
        return admin;
    }

    /**
     * Publishes to a queue or topic. In a transaction of its own the message is durable when this returns; in the caller's
     * it is there when that commits.
     *
     * @throws NotFoundException if there is no such destination
     * @throws io.pgqueue.MessageTooLargeException if the body is above the destination's limit
     * @throws io.pgqueue.QueueFullException if a subscription that would get it is full; nothing was published
     * @throws io.pgqueue.OutcomeUnknownException if the connection was lost while committing; repeating is safe with a
     *     deduplication key
     * @throws io.pgqueue.UnavailableException if there was no connection, or it was lost before the commit; nothing was
     *     published
     */
    public PublishResult publish(String destination, OutgoingMessage message) {
        given("destination", destination);
        given("message", message);
        engine.maintenance.traffic(1);
        return publisher.publish(destination, message);
    }

    /**
     * As {@link #publish(String, OutgoingMessage)}, for a message that may be lost when the server crashes (not when this JVM
     * does): its transaction does not wait for the disk, which is most of the time a single send takes. In a caller's transaction,
     * and with a deduplication or replace key, it is as durable as any other.
     */
    public PublishResult publishUnflushed(String destination, OutgoingMessage message) {
        given("destination", destination);
        given("message", message);
        engine.maintenance.traffic(1);
        return publisher.publishUnflushed(destination, message);
    }

    /**
     * As {@link #publish(String, OutgoingMessage)}, by another thread: messages of all callers in the order of the calls, many of
     * one destination in one transaction, each failing alone. The future is done when the message is durable, or fails with
     * what {@code publish} would have thrown; what follows it is called by that thread, in the same order, and should be brief or
     * use the {@code Async} forms. Times count from this call.
     *
     * <p>At most {@link AsyncSends#MOST_OPEN} sends or {@link AsyncSends#MOST_OPEN_BYTES} of bodies are under way; then this call
     * waits, unless it is made by what follows a future. A message that waits, for room in a full destination or for the sender of its
     * deduplication key, holds up those behind it. What {@link #close} leaves unsent fails with {@link io.pgqueue.UnavailableException}.
     *
     * <p>In the caller's transaction the message is published at once, and what is wrong thrown; the future is done after the
     * commit, and fails after a rollback, or with {@link io.pgqueue.OutcomeUnknownException} when nobody knows which of both it was.
     */
    public CompletableFuture<PublishResult> publishAsync(String destination, OutgoingMessage message) {
        given("destination", destination);
        given("message", message);
        engine.maintenance.traffic(1);
        return asyncPublisher.publish(destination, message);
    }

    /**
     * All or none; results in the order of the messages. Above 1000 messages or 64 MiB, several statements of one transaction. An error
     * names the message by its place in the list, from 0.
     */
    public List<PublishResult> publish(String destination, List<OutgoingMessage> messages) {
        given("destination", destination);
        all("messages", messages);
        engine.maintenance.traffic(messages.size());
        return publisher.publish(destination, messages);
    }

    /**
     * As {@link #publish(String, List)}, for messages that may all be lost when the server crashes. In a caller's transaction, or
     * when one of them has a deduplication or replace key, they are as durable as any other.
     */
    public List<PublishResult> publishUnflushed(String destination, List<OutgoingMessage> messages) {
        given("destination", destination);
        all("messages", messages);
        engine.maintenance.traffic(messages.size());
        return publisher.publishUnflushed(destination, messages);
    }

    /** The same for messages to several destinations, in one transaction; they get their positions in the order given. */
    public List<PublishResult> publishUnflushed(List<AddressedMessage> messages) {
        all("messages", messages);
        engine.maintenance.traffic(messages.size());
        return exchange.publishUnflushed(messages);
    }

    /**
     * Publishes in the transaction of this connection. Call {@link #wake} after the commit to have the message delivered at
     * once instead of at the next poll.
     */
    public PublishResult publish(Connection connection, String destination, OutgoingMessage message) {
        return publish(connection, destination, List.of(given("message", message)))
                .get(0);
    }

    /**
     * All or none, in the transaction of this connection; results in the order of the messages.
     *
     * @throws InvalidArgumentException if more than one statement is needed (above 1000 messages or 64 MiB) and the connection is in
     *     auto-commit mode
     */
    public List<PublishResult> publish(Connection connection, String destination, List<OutgoingMessage> messages) {
        given("connection", connection);
        given("destination", destination);
        all("messages", messages);
        engine.maintenance.traffic(messages.size());
        return publisher.publish(connection, destination, messages);
    }

    /** Cancels and reschedules what was published, in the caller's transaction when there is one. */
    public Scheduling scheduling() {
        return scheduling;
    }

    /** The same in the transaction of this connection; call {@link #wake} after the commit of a reschedule to now. */
    public Scheduling scheduling(Connection connection) {
        return scheduling.on(given("connection", connection));
    }

    /**
     * Acks and publishes in one transaction: either all is done or nothing. Messages get their positions in the order given.
     *
     * @throws StaleDeliveryException if a delivery was no longer ours; nothing was published or acked, and a transaction of
     *     the caller must roll back
     * @throws io.pgqueue.OutcomeUnknownException if the connection was lost while committing
     */
    public List<PublishResult> ackAndPublish(Collection<Delivery> deliveries, List<AddressedMessage> messages) {
        all("deliveries", deliveries);
        all("messages", messages);
        engine.maintenance.traffic(messages.size());
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
     * @throws InvalidArgumentException if the time is out of this range
     */
    public Completion publishTracked(String destination, OutgoingMessage message, Duration keep) {
        given("destination", destination);
        given("message", message);
        given("keep", keep);
        engine.maintenance.traffic(1);
        Completion completion = publisher.publishTracked(destination, message, keep);
        if (!completion.isDone()) {
            engine.tracking.add(completion);
        }
        return completion;
    }

    /**
     * What becomes of a message that this or another JVM sent with tracking.
     *
     * @throws NotFoundException if it was not tracked, is not committed, or its outcomes are not kept any more
     */
    public Completion completion(UUID messageId) {
        return engine.tracking.attach(given("messageId", messageId));
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
        given("destination", destination);
        given("message", message);
        given("timeout", timeout);
        engine.maintenance.traffic(1);
        return engine.requests.request(destination, message, timeout);
    }

    /**
     * As {@link #request(String, OutgoingMessage, Duration)}, with the sending left to the caller: for those who send by
     * something that stands before this queue.
     *
     * @param send publishes the message it is given, which says where to reply to, and has it committed when it returns
     */
    public Optional<Delivery> request(OutgoingMessage message, Duration timeout, Consumer<OutgoingMessage> send)
            throws InterruptedException {
        return engine.requests.request(given("message", message), given("timeout", timeout), given("send", send));
    }

    /**
     * Answers a request: sends to where it wants replies, with its correlation id, or its message id if it has none. In the
     * caller's transaction when there is one, so a handler's work, its ack and its answer commit together.
     *
     * @throws InvalidArgumentException if it does not ask for a reply
     * @throws NotFoundException if the asker is gone
     */
    public PublishResult reply(Delivery request, OutgoingMessage reply) {
        given("request", request);
        given("reply", reply);
        AddressedMessage answer = Requests.answer(request, reply);
        return publish(answer.destination(), answer.message());
    }

    /** Number of replies to requests of this JVM that came when nobody waited any more, since it started. */
    public long lateReplies() {
        return engine.requests.lateReplies();
    }

    /** Receives from a queue. */
    public Receiver receiver(String queue) {
        return receiver(null, given("queue", queue), ReceiverOptions.DEFAULT);
    }

    /** Receives from a subscription of a topic. */
    public Receiver receiver(String topic, String subscription) {
        return receiver(given("topic", topic), given("subscription", subscription), ReceiverOptions.DEFAULT);
    }

    /**
     * Receives with a lease time of its own, or only what a selector selects.
     *
     * @param topic the topic, null for a queue
     * @param name name of the subscription or queue
     * @throws NotFoundException if there is no such queue or subscription, or it is a temporary queue
     */
    public Receiver receiver(@Nullable String topic, String name, ReceiverOptions options) {
        return engine.receivers.receiver(topic, given("name", name), given("options", options));
    }

    /** {@link #receiver(String, String, ReceiverOptions)} of a queue. */
    public Receiver receiver(String queue, ReceiverOptions options) {
        return receiver(null, given("queue", queue), options);
    }

    /** A client of its own for each connection of the application that needs one; see there. */
    public Client client() {
        return engine.client();
    }

    /**
     * Makes sure that there is a queue of this name, before something is built on it; creates it if
     * {@link PgQueueBuilder#missingDestination} says so.
     *
     * @throws NotFoundException if there is none, or a topic of this name
     */
    public void requireQueue(String name) {
        engine.directory.require(true, given("name", name));
    }

    /** As {@link #requireQueue}, for a topic. */
    public void requireTopic(String name) {
        engine.directory.require(false, given("name", name));
    }

    /**
     * A page of what a subscription holds, without leasing it, by a short transaction of its own.
     *
     * @param topic the topic, null for a queue
     * @param name name of the subscription or queue; of a subscription that belongs to a client id {@code client-id/name}
     * @param after where the page before ended ({@link BrowsePage#next}), null for the first page
     * @throws NotFoundException if there is no such queue or subscription
     */
    public BrowsePage browse(
            @Nullable String topic, String name, BrowseOptions options, BrowsePage.@Nullable Cursor after) {
        return engine.browsing.page(topic, given("name", name), given("options", options), after);
    }

    /** {@link #browse(String, String, BrowseOptions, BrowsePage.Cursor)} of a queue. */
    public BrowsePage browse(String queue, BrowseOptions options, BrowsePage.@Nullable Cursor after) {
        return browse(null, given("queue", queue), options, after);
    }

    /**
     * Done. In the caller's transaction the delivery is gone when that commits, together with the handler's work.
     *
     * @throws StaleDeliveryException if it was no longer ours: then the caller's transaction must roll back
     */
    public void ack(Delivery delivery) {
        throwIfStale(settlement.ack(List.of(given("delivery", delivery))));
    }

    /**
     * Several at once.
     *
     * @throws StaleDeliveryException if some were no longer ours; the others are acked, unless a caller's transaction rolls
     *     back
     */
    public void ack(Collection<Delivery> deliveries) {
        all("deliveries", deliveries);
        if (!deliveries.isEmpty()) {
            throwIfStale(settlement.ack(deliveries));
        }
    }

    /**
     * Acks in the transaction of this connection. Nobody says when that commits: totals and observers count the acks now, also when
     * it rolls back, while acks that join the caller's transaction are counted after its commit; and the next of a group, and who
     * waits for the outcome, are woken now and may look too early. Call {@link #wake} after the commit to have them look again
     * at once instead of at the next poll.
     *
     * @throws StaleDeliveryException if some were no longer ours: then the transaction must roll back
     */
    public void ack(Connection connection, Collection<Delivery> deliveries) {
        all("deliveries", deliveries);
        if (!deliveries.isEmpty()) {
            throwIfStale(settlement.ack(given("connection", connection), deliveries));
        }
    }

    /** Acks that are merged into few transactions: 100 at a time, or all of 20 ms. */
    public AckBatcher ackBatcher() {
        return ackBatcher(AckBatcher.DEFAULT_SIZE, AckBatcher.DEFAULT_DELAY);
    }

    /**
     * Acks that are merged into few transactions: {@code size} at a time, or all of {@code delay}.
     *
     * @param size 1 to 1000
     * @param delay 1 ms to 1 s
     * @throws InvalidArgumentException if one is out of its range
     */
    public AckBatcher ackBatcher(int size, Duration delay) {
        return new AckBatcher(settlement, engine.scheduler, size, given("delay", delay));
    }

    /** Failed: delivered again after the backoff of its subscription, or dead when its attempts are used up. */
    public NackResult nack(Delivery delivery, Failure failure) {
        return one(
                given("delivery", delivery), settlement.nack(List.of(delivery), null, null, given("failure", failure)));
    }

    /** Failed: delivered again after the given time, zero for at once, or dead when its attempts are used up. */
    public NackResult nack(Delivery delivery, Duration delay, Failure failure) {
        return one(
                given("delivery", delivery),
                settlement.nack(List.of(delivery), given("delay", delay), null, given("failure", failure)));
    }

    /** Several at once; delay null for the backoff of the subscription. */
    public Map<Delivery, NackResult> nack(Collection<Delivery> deliveries, @Nullable Duration delay, Failure failure) {
        all("deliveries", deliveries);
        return deliveries.isEmpty() ? Map.of() : settlement.nack(deliveries, delay, null, given("failure", failure));
    }

    /**
     * Not now: delivered again after the given time, zero for at once, up to 366 days, without using an attempt.
     *
     * @return those that were no longer ours
     */
    public List<Delivery> retryLater(Collection<Delivery> deliveries, Duration delay) {
        all("deliveries", deliveries);
        return deliveries.isEmpty() ? List.of() : settlement.snooze(deliveries, given("delay", delay));
    }

    /**
     * As {@link #retryLater(Collection, Duration)}, for one.
     *
     * @throws StaleDeliveryException if it was no longer ours
     */
    public void retryLater(Delivery delivery, Duration delay) {
        throwIfStale(settlement.snooze(List.of(given("delivery", delivery)), given("delay", delay)));
    }

    /** To the dead letters at once, attempts left or not. */
    public NackResult deadLetter(Delivery delivery, String reason, Failure failure) {
        return one(
                given("delivery", delivery),
                settlement.nack(List.of(delivery), null, given("reason", reason), given("failure", failure)));
    }

    /**
     * Holds on, for so long from now, in a transaction of its own; returns those that were no longer ours. What a
     * transaction is settling that has not ended is left to it: neither extended nor returned.
     */
    public List<Delivery> extend(Collection<Delivery> deliveries, Duration lease) {
        all("deliveries", deliveries);
        return deliveries.isEmpty() ? List.of() : settlement.extend(deliveries, given("lease", lease));
    }

    /**
     * Those that are still ours: not cancelled, purged or settled, and not taken over after their lease ended. For a handler
     * that works long and would stop when its work is to be rolled back anyway. Looks in a transaction of its own; an ack decides.
     */
    public List<Delivery> stillHeld(Collection<Delivery> deliveries) {
        all("deliveries", deliveries);
        return deliveries.isEmpty() ? List.of() : settlement.stillHeld(deliveries);
    }

    /** Gives back what no handler saw, without using an attempt; returns those that were no longer ours. */
    public List<Delivery> release(Collection<Delivery> deliveries) {
        all("deliveries", deliveries);
        return deliveries.isEmpty() ? List.of() : settlement.release(deliveries);
    }

    /** Something may be ready in this queue or topic: to be called after a commit that published on a given connection. */
    public void wake(String destination) {
        given("destination", destination);
        publisher.wake(destination);
        engine.hints.lookAt(destination);
    }

    /** Whether wake-ups of other JVMs arrive; when not, polling finds everything. */
    public boolean listening() {
        return engine.hints.listening();
    }

    /**
     * Ends waits and threads, and waits a little for asynchronous sends and for a call to the database that runs: the application
     * may close its pool next. Flush {@link AckBatcher}s before.
     */
    @Override
    public void close() {
        engine.close();
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
}
