// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import io.pgqueue.Delivery;
import io.pgqueue.spring.listener.HeldDelivery.State;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.function.Predicate;

/**
 * The deliveries a container holds: those that wait for a worker, those being handled and those whose ack is on its way.
 * It says how many more may be leased: what free workers take, and ahead of them only what the workers will have started
 * within {@link #AHEAD_NS}, by what handlers took so far and without those that are late. When all are, {@link #giveBack}
 * hands out what waits. It also knows how many workers there are. Safe for use by several
 * threads.
 */
final class DeliveryBuffer {

    /** Long enough to hide the round trip of the next lease, short enough not to keep work from other JVMs. */
    static final long AHEAD_NS = TimeUnit.MILLISECONDS.toNanos(250);

    /** With one, a lease would be of half a batch, and half of what a lease costs does not depend on its size. */
    private static final int MOST_BATCHES_AHEAD = 2;

    /** Acks on their way do not pile up while they fail. */
    static final int MOST_SETTLING = 1000;

    /** Longest wait of a delivery while no worker takes one, so that a hanging handler keeps nothing from other JVMs. */
    static final long LONGEST_WAIT_NS = TimeUnit.SECONDS.toNanos(1);

    private static final int SMOOTHING = 8;

    private final int fewestWorkers;
    private final int mostWorkers;
    private final int unitSize;
    private final int batchSize;
    private final LongSupplier ticker;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition room = lock.newCondition();
    private final Condition filled = lock.newCondition();
    private final Condition idle = lock.newCondition();
    private final Condition ended = lock.newCondition();
    private final Deque<HeldDelivery> waiting = new ArrayDeque<>();
    private final Map<Delivery, HeldDelivery> started = new IdentityHashMap<>();
    private final Set<List<HeldDelivery>> running = Collections.newSetFromMap(new IdentityHashMap<>());
    private int workers;
    private int settling;
    private double averageNanos = -1;
    private long takenAt;
    private boolean stuck;
    private boolean givingBack;
    private boolean paused;
    private boolean closed;

    /** @param unitSize most deliveries that a worker takes at once */
    DeliveryBuffer(int fewestWorkers, int mostWorkers, int unitSize, int batchSize, LongSupplier ticker) {
        this.fewestWorkers = fewestWorkers;
        this.mostWorkers = mostWorkers;
        this.unitSize = unitSize;
        this.batchSize = batchSize;
        this.ticker = ticker;
        this.takenAt = ticker.getAsLong();
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

    /** False when closed, paused or stuck: then the deliveries were not taken over. */
    boolean put(List<Delivery> deliveries) {
        lock.lock();
        try {
            if (closed || paused || givingBack || stuck) {
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

    /** How many workers to start: the fewest there are, and those that what is waiting needs. Counts them as started. */
    int missingWorkers() {
        lock.lock();
        try {
            int units = (waiting.size() + unitSize - 1) / unitSize;
            int wanted = Math.max(fewestWorkers, Math.min(mostWorkers, running.size() + units));
            int missing = closed ? 0 : Math.max(0, wanted - workers);
            workers += missing;
            return missing;
        } finally {
            lock.unlock();
        }
    }

    /** Waits for deliveries to handle; none when the worker is to end: closed, or superfluous for so long. */
    List<HeldDelivery> take(long longestIdleNanos) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            long left = longestIdleNanos;
            while (!closed && waiting.isEmpty()) {
                if (workers <= fewestWorkers) {
                    filled.await();
                } else if (left <= 0) {
                    workers--;
                    return List.of();
                } else {
                    left = filled.awaitNanos(left);
                }
            }
            return closed ? List.of() : start();
        } finally {
            lock.unlock();
        }
    }

    private List<HeldDelivery> start() {
        List<HeldDelivery> unit = new ArrayList<>(Math.min(unitSize, waiting.size()));
        long now = ticker.getAsLong();
        while (unit.size() < unitSize && !waiting.isEmpty()) {
            HeldDelivery next = waiting.remove();
            next.state = State.RUNNING;
            next.since = now;
            started.put(next.delivery, next);
            unit.add(next);
        }
        running.add(unit);
        takenAt = now;
        stuck = false;
        signalRoom();
        return unit;
    }

    /** The worker is free again; what it has not left to {@link #settling} is settled, one way or the other. */
    void done(List<HeldDelivery> unit) {
        lock.lock();
        try {
            long took = (ticker.getAsLong() - unit.get(0).since) / unit.size();
            averageNanos = averageNanos < 0 ? took : averageNanos + (took - averageNanos) / SMOOTHING;
            for (HeldDelivery held : unit) {
                if (held.state == State.RUNNING) {
                    started.remove(held.delivery);
                }
            }
            running.remove(unit);
            stuck = false;
            signalRoom();
            signalIdle();
        } finally {
            lock.unlock();
        }
    }

    /** Their acks are on their way: still ours, until {@link #settled}. */
    void settling(Collection<Delivery> deliveries) {
        lock.lock();
        try {
            for (Delivery delivery : deliveries) {
                HeldDelivery held = started.get(delivery);
                if (held != null) {
                    held.state = State.SETTLING;
                    settling++;
                }
            }
        } finally {
            lock.unlock();
        }
    }

    void settled(Delivery delivery) {
        lock.lock();
        try {
            if (started.remove(delivery) != null) {
                settling--;
                signalRoom();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Nothing is taken in until it goes on; returns what no worker has started. */
    List<Delivery> pause() {
        lock.lock();
        try {
            paused = true;
            return takeWaiting();
        } finally {
            lock.unlock();
        }
    }

    void resume() {
        lock.lock();
        try {
            paused = false;
            signalRoom();
        } finally {
            lock.unlock();
        }
    }

    /**
     * What is to be given back because no worker has taken anything for {@link #LONGEST_WAIT_NS}, usually nothing. All that
     * waits, for what is handled later must not go before it. Until {@link #givenBack} nothing is taken in, and until a
     * worker goes on nothing ahead.
     */
    List<HeldDelivery> giveBack() {
        lock.lock();
        try {
            long before = ticker.getAsLong() - LONGEST_WAIT_NS;
            HeldDelivery first = waiting.peek();
            if (givingBack || first == null || first.since - before > 0 || takenAt - before > 0) {
                return List.of();
            }
            givingBack = true;
            stuck = true;
            List<HeldDelivery> given = List.copyOf(waiting);
            waiting.clear();
            return given;
        } finally {
            lock.unlock();
        }
    }

    /** @param kept those that could not be given back and wait again, before all others */
    void givenBack(List<HeldDelivery> kept) {
        lock.lock();
        try {
            givingBack = false;
            if (!closed && !paused) {
                for (int i = kept.size() - 1; i >= 0; i--) {
                    waiting.addFirst(kept.get(i));
                    filled.signal();
                }
            }
            signalRoom();
        } finally {
            lock.unlock();
        }
    }

    /** Nothing is taken any more; returns what no worker has started. */
    List<Delivery> close() {
        lock.lock();
        try {
            closed = true;
            room.signalAll();
            filled.signalAll();
            ended.signalAll();
            return takeWaiting();
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

    /** A wait that ends early when the buffer is closed; true if it is closed. */
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
            started.values().stream().filter(test).forEach(selected::add);
            waiting.stream().filter(test).forEach(selected::add);
            return selected;
        } finally {
            lock.unlock();
        }
    }

    private List<Delivery> takeWaiting() {
        List<Delivery> unstarted = waiting.stream().map(held -> held.delivery).toList();
        waiting.clear();
        return unstarted;
    }

    /**
     * Waits for half of what may wait to be used up, so that a busy container leases batches and not single messages, and
     * quick handlers use up one batch while the next is leased.
     */
    private int roomNow() {
        if (paused || givingBack || settling >= MOST_SETTLING) {
            return 0;
        }
        int free = (mostWorkers - running.size()) * unitSize;
        int ahead = ahead();
        int unstarted = waiting.size();
        boolean due = unstarted < free || unstarted <= ahead / 2;
        return due ? Math.max(0, Math.min(batchSize, free + ahead - unstarted)) : 0;
    }

    private int ahead() {
        if (averageNanos < 0 || stuck) {
            return 0;
        }
        long now = ticker.getAsLong();
        int inTime = mostWorkers;
        for (List<HeldDelivery> unit : running) {
            if (isLate(unit, now)) {
                inTime--;
            }
        }
        return (int) Math.min(MOST_BATCHES_AHEAD * batchSize, inTime * (AHEAD_NS / Math.max(1, averageNanos)));
    }

    /** The average knows of a handler that hangs only when it has ended. */
    private boolean isLate(List<HeldDelivery> unit, long now) {
        return now - unit.get(0).since > unit.size() * averageNanos + AHEAD_NS;
    }

    private void signalRoom() {
        if (roomNow() > 0) {
            room.signal();
        }
    }

    private void signalIdle() {
        if (running.isEmpty()) {
            idle.signalAll();
        }
    }
}
