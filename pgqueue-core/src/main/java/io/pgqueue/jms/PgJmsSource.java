// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import io.pgqueue.Delivery;
import io.pgqueue.PgQueueException;
import io.pgqueue.client.PgQueue;
import io.pgqueue.client.Receiver;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where a consumer's deliveries come from: the database, through a small buffer. What is fetched ahead starts at one and
 * doubles up to the prefetch while the consumer keeps up; what is still there a second after it was fetched goes back, so
 * that a slow consumer hoards nothing, whether it pauses or goes on slowly. One thread takes; giving back is safe from any.
 */
final class PgJmsSource {

    private static final Logger LOG = LoggerFactory.getLogger(PgJmsSource.class);

    private static final long LONGEST = TimeUnit.SECONDS.toNanos(1);

    private final Supplier<Receiver> opening;
    private final PgQueue queue;
    private final PgJmsLink link;
    private final PgJmsLeases leases;
    private final int prefetch;
    private final Runnable ready;
    private final Runnable announced = this::announced;
    private final ReentrantLock lock = new ReentrantLock();
    private final Deque<PgJmsHeld> buffer = new ArrayDeque<>();
    private volatile Receiver receiver;
    private volatile boolean reopen;
    /** Nothing was found, and nothing has been announced since. */
    private volatile boolean waiting;
    /** Nothing was found by the last fetch, so the next announcement is for us. */
    private volatile boolean armed;

    private volatile boolean closed;
    private int window = 1;
    /** When the buffer was filled, which is when it is empty, and with how many. */
    private long filled = System.nanoTime();

    private int batch;

    /**
     * @param opening opens the receiver, and opens it anew after {@link #reopen}
     * @param queue one that joins nobody's transaction: what goes back must be seen at once
     * @param ready called when it is worth trying again after {@link #next} found nothing
     */
    PgJmsSource(
            Supplier<Receiver> opening,
            PgQueue queue,
            PgJmsLink link,
            PgJmsLeases leases,
            int prefetch,
            Runnable ready) {
        this.opening = opening;
        this.queue = queue;
        this.link = link;
        this.leases = leases;
        this.prefetch = Math.max(1, prefetch);
        this.ready = ready;
        this.receiver = opening.get();
    }

    /**
     * The next delivery; null when there is none now. Then {@code ready} will be called, and until then the database is not
     * asked again.
     *
     * @throws PgQueueException if the database did not answer
     */
    @Nullable
    PgJmsHeld next() {
        PgJmsHeld next = buffered();
        while (next == null && !waiting && !closed) {
            fetch();
            next = buffered();
        }
        return next;
    }

    private void fetch() {
        if (reopen) {
            reopen = false;
            reopened();
        }
        armed = false;
        Receiver from = receiver;
        int max = window;
        long claimed = System.nanoTime();
        List<Delivery> deliveries = from.receive(max);
        link.answered();
        if (deliveries.isEmpty()) {
            armed = true;
            waiting = true;
            from.whenReady(announced);
        } else {
            List<PgJmsHeld> held = new ArrayList<>(deliveries.size());
            deliveries.forEach(d -> held.add(new PgJmsHeld(d, from.leaseTime(), claimed)));
            leases.add(held);
            locked(() -> {
                buffer.addAll(held);
                filled = System.nanoTime();
                batch = held.size();
                window = deliveries.size() == max ? Math.min(prefetch, 2 * max) : window;
            });
        }
        if (closed) {
            giveBack();
        }
    }

    private void reopened() {
        try {
            receiver = opening.get();
        } catch (PgQueueException e) {
            reopen = true;
            throw e;
        }
    }

    /** The first in the buffer that may still be handed over. */
    private @Nullable PgJmsHeld buffered() {
        while (true) {
            PgJmsHeld first = poll();
            long now = System.nanoTime();
            if (first == null || first.isOurs(now) && !first.hasExpired(now)) {
                return first;
            }
            giveBack(List.of(first));
        }
    }

    private @Nullable PgJmsHeld poll() {
        lock.lock();
        try {
            return buffer.poll();
        } finally {
            lock.unlock();
        }
    }

    /** It was not handed over after all, and comes first again. */
    void putBack(PgJmsHeld held) {
        leases.add(held);
        locked(() -> {
            buffer.addFirst(held);
            filled = System.nanoTime();
        });
        if (closed) {
            giveBack();
        }
    }

    /** Gives back all that was fetched ahead, attempts not counted, and stops waiting. */
    void giveBack() {
        stopWaiting();
        giveBack(takeAll());
    }

    /** Gives back what has been here too long; the next time as much is fetched as was used. */
    void giveBackUnused() {
        List<PgJmsHeld> unused = new ArrayList<>();
        locked(() -> {
            if (!buffer.isEmpty() && System.nanoTime() - filled > LONGEST) {
                unused.addAll(buffer);
                buffer.clear();
                window = Math.max(1, batch - unused.size());
            }
        });
        giveBack(unused);
    }

    /** Nobody asks for more at the moment, so wake-ups are for others. */
    void stopWaiting() {
        if (armed) {
            armed = false;
            waiting = false;
            receiver.cancel(announced);
        }
    }

    /** What the receiver was opened on is gone: the next fetch opens it anew. */
    void reopen() {
        reopen = true;
        waiting = false;
        ready.run();
    }

    void close() {
        closed = true;
        giveBack();
        receiver.close();
    }

    private void announced() {
        waiting = false;
        ready.run();
    }

    private List<PgJmsHeld> takeAll() {
        List<PgJmsHeld> all = new ArrayList<>();
        locked(() -> {
            all.addAll(buffer);
            buffer.clear();
        });
        return all;
    }

    private void giveBack(Collection<PgJmsHeld> held) {
        if (held.isEmpty()) {
            return;
        }
        leases.remove(held);
        List<Delivery> deliveries = new ArrayList<>(held.size());
        held.forEach(h -> deliveries.add(h.delivery()));
        try {
            queue.release(deliveries);
        } catch (RuntimeException e) {
            LOG.warn("{} deliveries fetched ahead come back when their lease ends: {}", held.size(), e.getMessage());
        }
    }

    private void locked(Runnable action) {
        lock.lock();
        try {
            action.run();
        } finally {
            lock.unlock();
        }
    }
}
