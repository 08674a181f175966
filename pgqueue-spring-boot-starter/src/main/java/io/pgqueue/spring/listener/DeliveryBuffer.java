// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import io.pgqueue.Delivery;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The deliveries a container holds: those that wait for a worker and those being handled. It says how many more may be
 * leased: one for each free worker, and ahead of them only what the workers will have started within {@link #AHEAD_NS}, by
 * what handlers took so far. Safe for use by several threads.
 */
final class DeliveryBuffer {

    /** Long enough to hide the round trip of the next lease, short enough not to keep work from other JVMs. */
    static final long AHEAD_NS = TimeUnit.MILLISECONDS.toNanos(250);

    private static final int SMOOTHING = 8;

    private final int workers;
    private final int batchSize;
    private final LongSupplier ticker;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition room = lock.newCondition();
    private final Condition filled = lock.newCondition();
    private final Condition idle = lock.newCondition();
    private final Condition ended = lock.newCondition();
    private final Deque<HeldDelivery> waiting = new ArrayDeque<>();
    private final Set<HeldDelivery> running = Collections.newSetFromMap(new IdentityHashMap<>());
    private double averageNanos = -1;
    private boolean closed;

    DeliveryBuffer(int workers, int batchSize, LongSupplier ticker) {
        this.workers = workers;
        this.batchSize = batchSize;
        this.ticker = ticker;
    }

    /** Waits until more may be leased; returns how many, 0 when closed. */
    int awaitRoom() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (!closed && roomNow() == 0) {
                room.await();
            }
            return closed ? 0 : roomNow();
        } finally {
            lock.unlock();
        }
    }

    /** False when closed: then the deliveries were not taken over. */
    boolean put(List<Delivery> deliveries) {
        lock.lock();
        try {
            if (closed) {
                return false;
            }
            long now = ticker.getAsLong();
            for (Delivery delivery : deliveries) {
                waiting.add(new HeldDelivery(delivery, now));
                filled.signal();
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Waits for a delivery to handle; null when closed. */
    @Nullable
    HeldDelivery take() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (!closed && waiting.isEmpty()) {
                filled.await();
            }
            HeldDelivery next = closed ? null : waiting.poll();
            if (next != null) {
                next.running = true;
                next.since = ticker.getAsLong();
                running.add(next);
                signalRoom();
            }
            return next;
        } finally {
            lock.unlock();
        }
    }

    /** Settled, one way or the other. */
    void done(HeldDelivery delivery) {
        lock.lock();
        try {
            if (running.remove(delivery)) {
                long took = ticker.getAsLong() - delivery.since;
                averageNanos = averageNanos < 0 ? took : averageNanos + (took - averageNanos) / SMOOTHING;
            }
            signalRoom();
            if (running.isEmpty()) {
                idle.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Nothing is taken any more; returns what no worker has started. */
    List<Delivery> close() {
        lock.lock();
        try {
            closed = true;
            List<Delivery> unstarted =
                    waiting.stream().map(held -> held.delivery).toList();
            waiting.clear();
            room.signalAll();
            filled.signalAll();
            ended.signalAll();
            return unstarted;
        } finally {
            lock.unlock();
        }
    }

    /** Waits until nothing is being handled; false when the time is over before. */
    boolean awaitIdle(long nanos) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            long left = nanos;
            while (!running.isEmpty()) {
                if (left <= 0) {
                    return false;
                }
                left = idle.awaitNanos(left);
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** A pause that ends early when the buffer is closed; true if it is closed. */
    boolean pause(long nanos) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            long left = nanos;
            while (!closed && left > 0) {
                left = ended.awaitNanos(left);
            }
            return closed;
        } finally {
            lock.unlock();
        }
    }

    /** Those that the test accepts, which may change them. */
    List<HeldDelivery> select(Predicate<HeldDelivery> test) {
        lock.lock();
        try {
            List<HeldDelivery> selected = new ArrayList<>();
            running.stream().filter(test).forEach(selected::add);
            waiting.stream().filter(test).forEach(selected::add);
            return selected;
        } finally {
            lock.unlock();
        }
    }

    /** Waits for half of what may wait to be used up, so that a busy container leases batches and not single messages. */
    private int roomNow() {
        int free = workers - running.size();
        int ahead = ahead();
        int unstarted = waiting.size();
        boolean due = unstarted < free || unstarted <= ahead / 2;
        return due ? Math.max(0, Math.min(batchSize, free + ahead - unstarted)) : 0;
    }

    private int ahead() {
        if (averageNanos < 0) {
            return 0;
        }
        return (int) Math.min(batchSize, workers * (AHEAD_NS / Math.max(1, averageNanos)));
    }

    private void signalRoom() {
        if (roomNow() > 0) {
            room.signal();
        }
    }
}
