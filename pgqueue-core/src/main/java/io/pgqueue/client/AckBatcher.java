// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import static io.pgqueue.client.Given.given;

import io.pgqueue.Delivery;
import io.pgqueue.InvalidArgumentException;
import io.pgqueue.StaleDeliveryException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Merges acks: one transaction for up to {@code size} of them, or for those of {@code delay}, whichever comes first. The
 * future of an ack completes when its transaction has committed. What was not flushed when the JVM dies is delivered
 * again. Safe for use by several threads.
 */
public final class AckBatcher implements AutoCloseable {

    static final int DEFAULT_SIZE = 100;
    static final Duration DEFAULT_DELAY = Duration.ofMillis(20);

    private static final int MOST = 1000;
    private static final Duration SHORTEST_DELAY = Duration.ofMillis(1);
    private static final Duration LONGEST_DELAY = Duration.ofSeconds(1);

    private final Settlement settlement;
    private final ScheduledExecutorService scheduler;
    private final int size;
    private final Duration delay;
    private final ReentrantLock lock = new ReentrantLock();
    private final ReentrantLock flushing = new ReentrantLock();
    private List<Entry> pending = new ArrayList<>();

    AckBatcher(Settlement settlement, ScheduledExecutorService scheduler, int size, Duration delay) {
        if (size < 1 || size > MOST) {
            throw new InvalidArgumentException("size is " + size + ", must be 1 to " + MOST);
        }
        if (delay.compareTo(SHORTEST_DELAY) < 0 || delay.compareTo(LONGEST_DELAY) > 0) {
            throw new InvalidArgumentException(
                    "delay is " + delay + ", must be " + SHORTEST_DELAY + " to " + LONGEST_DELAY);
        }
        this.settlement = settlement;
        this.scheduler = scheduler;
        this.size = size;
        this.delay = delay;
    }

    /** Completes exceptionally with {@link StaleDeliveryException} when the delivery was no longer ours. */
    public CompletableFuture<Void> ack(Delivery delivery) {
        given("delivery", delivery);
        Entry entry = new Entry(delivery, new CompletableFuture<>());
        int count;
        lock.lock();
        try {
            pending.add(entry);
            count = pending.size();
        } finally {
            lock.unlock();
        }
        if (count >= size || count == 1 && !flushLater()) {
            flush();
        }
        return entry.future();
    }

    /** False when the queue was closed, which ends its scheduler. */
    private boolean flushLater() {
        try {
            scheduler.schedule(this::flush, delay.toMillis(), TimeUnit.MILLISECONDS);
            return true;
        } catch (RejectedExecutionException closed) {
            return false;
        }
    }

    /** Commits what is waiting, now, in the calling thread. Never throws: the futures tell what happened. */
    public void flush() {
        flushing.lock();
        try {
            List<Entry> batch = take();
            if (!batch.isEmpty()) {
                settle(batch);
            }
        } finally {
            flushing.unlock();
        }
    }

    /** Flushes; the batcher can still be used. */
    @Override
    public void close() {
        flush();
    }

    private List<Entry> take() {
        lock.lock();
        try {
            List<Entry> taken = pending;
            pending = new ArrayList<>();
            return taken;
        } finally {
            lock.unlock();
        }
    }

    private void settle(List<Entry> batch) {
        try {
            Set<Delivery> stale = new HashSet<>(
                    settlement.ackAlone(batch.stream().map(Entry::delivery).toList()));
            for (Entry entry : batch) {
                if (stale.contains(entry.delivery())) {
                    entry.future().completeExceptionally(new StaleDeliveryException(List.of(entry.delivery())));
                } else {
                    entry.future().complete(null);
                }
            }
        } catch (RuntimeException | Error e) {
            // Ours, the pool's own, or no memory for the batch: nobody waits here for what is thrown, all wait for
            // their futures.
            batch.forEach(entry -> entry.future().completeExceptionally(e));
        }
    }

    private record Entry(Delivery delivery, CompletableFuture<Void> future) {}
}
