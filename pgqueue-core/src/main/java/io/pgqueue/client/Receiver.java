// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import static io.pgqueue.client.Given.all;
import static io.pgqueue.client.Given.given;

import io.pgqueue.Delivery;
import io.pgqueue.InvalidArgumentException;
import io.pgqueue.NotFoundException;
import io.pgqueue.PgQueueException;
import io.pgqueue.jdbc.Transactions;
import io.pgqueue.store.ReceiveFunctions;
import io.pgqueue.store.ReceiveFunctions.Fetch;
import io.pgqueue.store.ReceiveFunctions.Leased;
import io.pgqueue.store.SqlErrors;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Leases deliveries of one queue or subscription. Every fetch is a short transaction of its own, never the caller's;
 * waiting holds no connection. Safe for use by several threads. Settle with {@link PgQueue#ack} and its neighbours.
 */
public final class Receiver implements AutoCloseable {

    /** Most bodies of one fetch together; a single larger one comes alone. */
    private static final long MAX_BYTES = 4L * 1024 * 1024;

    private static final int MAX_DELIVERIES = 1000;

    private final Transactions transactions;
    private final ReceiveFunctions functions;
    private final Settlement settlement;
    private final Supplier<SubscriptionState> lookup;
    private final Consumer<SubscriptionState> release;
    private final Holders.Holder holder;
    private final ReceiverOptions options;
    private final Duration leaseTime;
    private final Arrivals arrivals;
    private final AtomicBoolean closed = new AtomicBoolean();
    private volatile SubscriptionState subscription;

    Receiver(
            Transactions transactions,
            ReceiveFunctions functions,
            Settlement settlement,
            Supplier<SubscriptionState> lookup,
            Consumer<SubscriptionState> release,
            Holders.Holder holder,
            ReceiverOptions options,
            Duration leaseTime,
            Arrivals arrivals) {
        this.transactions = transactions;
        this.functions = functions;
        this.settlement = settlement;
        this.lookup = lookup;
        this.release = release;
        this.holder = holder;
        this.options = options;
        this.leaseTime = leaseTime;
        this.arrivals = arrivals;
        this.subscription = lookup.get();
    }

    /** The subscription's name; for a queue the queue's. */
    public String name() {
        return subscription.name;
    }

    /** Who holds what this leases: the name that browsing and dead letters show. */
    public String consumer() {
        return holder.name();
    }

    /** How long deliveries are held: the time asked for, else the subscription's as it was when this was made. */
    public Duration leaseTime() {
        return leaseTime;
    }

    /**
     * What is ready now, possibly nothing, at most 1000. With a selector everything ready is looked at until something is
     * found, in several short transactions when it is much.
     *
     * @throws NotFoundException if the queue or subscription was dropped
     * @throws io.pgqueue.UnavailableException if the database cannot be reached
     */
    public List<Delivery> receive(int max) {
        checkMax(max);
        Leased leased;
        try {
            leased = fetch(subscription, max);
        } catch (NotFoundException dropped) {
            leased = fetch(lookUpAgain(), max);
        }
        return arrived(leased);
    }

    private static void checkMax(int max) {
        if (max < 1 || max > MAX_DELIVERIES) {
            throw new InvalidArgumentException("max is " + max + ", must be 1 to " + MAX_DELIVERIES);
        }
    }

    private List<Delivery> arrived(Leased leased) {
        int count = leased.deliveries().size();
        if (count > 0) {
            arrivals.counter().accept(subscription, count);
        }
        return leased.deliveries();
    }

    /** Dropped and perhaps made again, with another id. */
    private SubscriptionState lookUpAgain() {
        SubscriptionState again = lookup.get();
        release.accept(exchange(again));
        return again;
    }

    private synchronized SubscriptionState exchange(SubscriptionState again) {
        SubscriptionState before = subscription;
        subscription = again;
        return before;
    }

    private Leased fetch(SubscriptionState from, int max) {
        Fetch fetch = from.plan(max, options.lease(), MAX_BYTES);
        long start = System.nanoTime();
        try {
            Leased leased = search(from, fetch);
            from.fetched(fetch, leased, System.nanoTime() - start);
            return leased;
        } catch (SQLException e) {
            from.fetchFailed();
            throw SqlErrors.translate(e);
        }
    }

    private Leased search(SubscriptionState from, Fetch fetch) throws SQLException {
        Fetch next = fetch;
        String lookedTo = null;
        while (true) {
            Fetch part = next;
            Leased leased = options.atMostOnce() ? pop(from, part) : lease(from, part);
            lookedTo = lookedTo == null ? leased.lookedTo() : lookedTo;
            if (leased.ended()) {
                arrivals.putAway().run();
            }
            if (!leased.more() || !leased.deliveries().isEmpty() || ended()) {
                return new Leased(leased.deliveries(), leased.floors(), leased.more(), lookedTo, false);
            }
            next = fetch.from(leased.floors());
        }
    }

    private Leased lease(SubscriptionState from, Fetch fetch) throws SQLException {
        int number = holder.number();
        HeldBatch batch = new HeldBatch(from.id);
        Leased leased = transactions.statement(connection ->
                functions.receive(connection, from.id, from.name, from.destination, fetch, number, batch));
        arrivals.held().add(batch, leased.deliveries());
        return leased;
    }

    private Leased pop(SubscriptionState from, Fetch fetch) throws SQLException {
        return transactions.statement(
                connection -> functions.pop(connection, from.id, from.name, from.destination, fetch));
    }

    /**
     * What is ready, waiting for the first one if there is none; never waits to fill the batch. Returns an empty list
     * after the time, or when the receiver or its {@link PgQueue} is closed.
     *
     * @throws InterruptedException if the thread is interrupted while waiting; nothing is leased then
     */
    public List<Delivery> receive(int max, Duration wait) throws InterruptedException {
        given("wait", wait);
        long end = System.nanoTime() + wait.toNanos();
        while (true) {
            List<Delivery> deliveries = ended() ? List.of() : receive(max);
            long left = end - System.nanoTime();
            if (!deliveries.isEmpty() || ended() || left <= 0) {
                return deliveries;
            }
            subscription.await(left, this::ended);
        }
    }

    /**
     * One turn of a polling loop: acks what the last one brought and receives the next, as {@link PgQueue#ack(Collection)} and
     * {@link #receive(int, Duration)} do one after the other, but with one round trip and one commit. They go together when
     * all of {@code done} came from one fetch, as a rule, outside a caller's transaction and without a selector; else
     * one after the other.
     *
     * @param done to ack; the acks are committed when this returns, and before it waits
     * @throws NotFoundException if the queue or subscription was dropped; {@code done} is acked as far as it still was ours
     * @throws io.pgqueue.UnavailableException if the database cannot be reached; what was not acked comes again after its lease
     * @throws InterruptedException if the thread is interrupted while waiting; {@code done} is acked then
     */
    public Turn ackAndReceive(Collection<Delivery> done, int max, Duration wait) throws InterruptedException {
        all("done", done);
        given("wait", wait);
        checkMax(max);
        long end = System.nanoTime() + wait.toNanos();
        Turn turn = done.isEmpty() ? new Turn(List.of(), List.of()) : together(done, max);
        Duration left = Duration.ofNanos(end - System.nanoTime());
        return turn.deliveries().isEmpty() ? new Turn(receive(max, left), turn.stale()) : turn;
    }

    /** Receives nothing when it takes more than one statement. */
    private Turn together(Collection<Delivery> done, int max) {
        SubscriptionState from = subscription;
        if (options.atMostOnce() || from.filter != null || ended() || !settlement.acksByOneStatement(done)) {
            return new Turn(List.of(), settlement.ack(done));
        }
        Fetch fetch = from.plan(max, options.lease(), MAX_BYTES);
        HeldBatch batch = new HeldBatch(from.id);
        long start = System.nanoTime();
        try {
            int number = holder.number();
            ReceiveFunctions.Turn turn = transactions.statement(connection -> functions.ackAndReceive(
                    connection, done, from.id, from.name, from.destination, fetch, number, batch));
            from.fetched(fetch, turn.leased(), System.nanoTime() - start);
            arrivals.held().add(batch, turn.leased().deliveries());
            if (turn.leased().ended()) {
                arrivals.putAway().run();
            }
            return new Turn(arrived(turn.leased()), settlement.ackedBy(done, turn.acked()));
        } catch (SQLException e) {
            from.fetchFailed();
            PgQueueException failure = SqlErrors.translate(e);
            if (failure instanceof NotFoundException) {
                return new Turn(List.of(), settlement.ack(done));
            }
            throw failure;
        }
    }

    /**
     * What a turn brought.
     *
     * @param deliveries received now
     * @param stale those to be acked that were no longer ours, and are or will be somebody else's
     */
    public record Turn(List<Delivery> deliveries, List<Delivery> stale) {}

    private boolean ended() {
        return closed.get() || subscription.closed();
    }

    /**
     * Waits without a thread: calls back once, when something may be ready, at once if it may be already. For those that
     * wait for several receivers together. The callback must be short and must not use the receiver.
     */
    public void whenReady(Runnable callback) {
        subscription.arm(given("callback", callback));
    }

    /** Takes a callback back. If it was called already, but nothing was received then, another receiver is woken instead. */
    public void cancel(Runnable callback) {
        subscription.disarm(given("callback", callback));
    }

    /** Ends a wait; what was received stays leased. */
    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            subscription.wakeAll();
            release.accept(subscription);
        }
    }
}
