// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import io.pgqueue.Delivery;
import io.pgqueue.store.ReceiveFunctions.Fetch;
import io.pgqueue.store.ReceiveFunctions.Leased;
import io.pgqueue.wakeup.Hint;
import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What this JVM knows about one subscription, as its receivers with the same filter see it: how far it has been consumed
 * (the floors), when everything was looked at last (a discovery), and who waits. Each filter has a state of its own,
 * because what one refuses another one waits for. Shared by receivers; safe for use by several threads.
 *
 * <p>All of it is acceleration. A floor too high only hides a row until the next discovery, which is due every second and
 * looks everywhere; a wake-up too many costs an empty fetch.
 */
final class SubscriptionState {

    /** How far below the highest position seen a fetch begins: publishers that commit late are usually within it. */
    private static final long MARGIN = 128;

    /** Where floors tell of groups: behind the priorities. */
    private static final int GROUPS = 10;

    /** A discovery may take this part of the time: behind much debris it is slow, and its interval stretches. */
    private static final int DISCOVERY_SHARE = 20;

    /** Scheduled rows are looked at again for this long after they were due, in case their commit came late. */
    private static final Duration DUE_MARGIN = Duration.ofSeconds(5);

    final int id;
    final String name;
    final String destination;
    final @Nullable String filter;

    /** How many receivers have it; guarded by {@link SubscriptionStates}. */
    int receivers;

    private final long interval;
    private final LongSupplier ticker;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition woken = lock.newCondition();
    private final @Nullable Long[] floors = new Long[10];
    /** The group whose turn it was last, empty before the first one; null while no groups are known. */
    private @Nullable String afterGroup;

    private long discoveredAt;
    private long discoveryInterval;
    private boolean discover = true;
    private volatile boolean closed;
    private final Set<Runnable> armed = new LinkedHashSet<>();
    private int waiting;
    private int wakes;

    SubscriptionState(
            int id,
            String name,
            String destination,
            @Nullable String filter,
            Duration pollInterval,
            LongSupplier ticker) {
        this.id = id;
        this.name = name;
        this.destination = destination;
        this.filter = filter;
        this.interval = pollInterval.toNanos();
        this.discoveryInterval = interval;
        this.ticker = ticker;
    }

    /** How the next fetch should look; one of the fetches that run at the same time becomes the discovery. */
    Fetch plan(int max, @Nullable Duration lease, long maxBytes) {
        lock.lock();
        try {
            long now = ticker.getAsLong();
            long since = now - discoveredAt;
            if (discover || since >= discoveryInterval) {
                discover = false;
                discoveredAt = now;
                // With a group to begin at, so that it looks at some of them only; those behind get their turn next
                // time.
                return new Fetch(max, lease, maxBytes, null, null, filter, afterGroup == null ? "" : afterGroup);
            }
            @Nullable Long[] from = new Long[10];
            for (int priority = 0; priority < 10; priority++) {
                Long floor = floors[priority];
                from[priority] = floor == null ? null : (Long) Math.max(0, floor - MARGIN);
            }
            return new Fetch(max, lease, maxBytes, from, Duration.ofNanos(since).plus(DUE_MARGIN), filter, afterGroup);
        } finally {
            lock.unlock();
        }
    }

    void fetched(Fetch fetch, Leased leased, long nanos) {
        boolean discovery = fetch.floors() == null;
        boolean more = leased.more() || leased.deliveries().size() == fetch.max();
        @Nullable Long[] reached = reached(leased);
        lock.lock();
        try {
            if (discovery) {
                discoveryInterval = Math.max(interval, DISCOVERY_SHARE * nanos);
            }
            for (int priority = 0; priority < 10; priority++) {
                Long to = reached[priority];
                Long floor = floors[priority];
                // A discovery that ended early found something below the floor: the next fetch goes on there.
                boolean lower = discovery && more && to != null && to > 0;
                if (to != null && (floor == null || floor < to || lower)) {
                    floors[priority] = to;
                }
            }
            afterGroup = nextTurn(afterGroup, leased, discovery);
            if (more) {
                wake(1);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Groups have their turn in the order of their keys, and after the last one from the first. */
    private static @Nullable String nextTurn(@Nullable String after, Leased leased, boolean discovery) {
        if (leased.lookedTo() != null) {
            return leased.lookedTo();
        }
        @Nullable Long[] found = leased.floors();
        String from = after == null ? "" : after;
        String highest = null;
        String highestAgain = null;
        for (Delivery delivery : leased.deliveries()) {
            String group = delivery.headers().group();
            if (group != null && group.compareTo(from) > 0) {
                highest = highest == null || group.compareTo(highest) > 0 ? group : highest;
            } else if (group != null) {
                highestAgain = highestAgain == null || group.compareTo(highestAgain) > 0 ? group : highestAgain;
            }
        }
        if (highest != null || highestAgain != null) {
            return highestAgain == null ? highest : highestAgain;
        }
        if (discovery && found != null) {
            return found.length > GROUPS && found[GROUPS] != null ? from : null;
        }
        return after;
    }

    /** How far a fetch came in each priority. */
    private static @Nullable Long[] reached(Leased leased) {
        @Nullable
        Long[] reached =
                leased.floors() == null ? new Long[10] : leased.floors().clone();
        for (Delivery delivery : leased.deliveries()) {
            int priority = delivery.lease().priority();
            long position = delivery.lease().position();
            Long before = reached[priority];
            reached[priority] = before == null ? position : Math.max(before, position);
        }
        return reached;
    }

    /** A fetch that failed may have been the discovery: the next one must be. */
    void fetchFailed() {
        lock.lock();
        try {
            discover = true;
        } finally {
            lock.unlock();
        }
    }

    void hint(Hint hint) {
        lock.lock();
        try {
            for (int priority = 0; priority < 10; priority++) {
                if ((hint.priorities() & 1 << priority) != 0) {
                    Long floor = floors[priority];
                    floors[priority] = floor == null ? hint.position() : Math.min(floor, hint.position() + MARGIN);
                }
            }
            if ((hint.priorities() & Hint.GROUPS) != 0 && afterGroup == null) {
                afterGroup = "";
            }
            if (hint.anywhere()) {
                discover |= mayDiscover();
            }
            wake(hint.messages());
        } finally {
            lock.unlock();
        }
    }

    /**
     * A poll found something to lease: look everywhere, unless that is so slow that it has an interval of its own. With a
     * filter what was found may be for others, again at every poll.
     */
    void polled() {
        lock.lock();
        try {
            discover |= mayDiscover();
            wake(1);
        } finally {
            lock.unlock();
        }
    }

    private boolean mayDiscover() {
        return filter == null
                || discoveryInterval == interval
                || ticker.getAsLong() - discoveredAt >= discoveryInterval;
    }

    /** Something may be anywhere: look everywhere. */
    void lookEverywhere() {
        lock.lock();
        try {
            discover = true;
            wake(1);
        } finally {
            lock.unlock();
        }
    }

    boolean hasWaiting() {
        lock.lock();
        try {
            return waiting > 0 || !armed.isEmpty();
        } finally {
            lock.unlock();
        }
    }

    /** Ends every wait, now and later, of all receivers. */
    void close() {
        closed = true;
        wakeAll();
    }

    boolean closed() {
        return closed;
    }

    /** Has every waiting receiver see whether it is closed. */
    void wakeAll() {
        lock.lock();
        try {
            woken.signalAll();
            if (closed) {
                armed.forEach(Runnable::run);
                armed.clear();
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits without a thread: calls back once, when something may be ready, and at once if it may be already. The callback
     * must be short and must not come back here.
     */
    void arm(Runnable callback) {
        lock.lock();
        try {
            if (wakes > 0 || closed) {
                wakes = Math.max(0, wakes - 1);
                callback.run();
            } else {
                armed.add(callback);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Ends such a wait; what woke it unused wakes the next one. */
    void disarm(Runnable callback) {
        lock.lock();
        try {
            if (!armed.remove(callback)) {
                wake(1);
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits for a wake-up, at most so many nanoseconds; holds no connection.
     *
     * @param ended no reason to wait any longer; asked again after {@link #wakeAll}, because a wake-up that is counted may
     *     be taken by another receiver
     */
    void await(long nanos, BooleanSupplier ended) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            waiting++;
            long left = nanos;
            while (wakes == 0 && left > 0 && !ended.getAsBoolean()) {
                left = woken.awaitNanos(left);
            }
            if (wakes > 0 && ended.getAsBoolean()) {
                woken.signal();
            } else if (wakes > 0) {
                wakes--;
            }
        } finally {
            waiting--;
            lock.unlock();
        }
    }

    /** One hint is remembered even if nobody waits yet: it may have come between an empty fetch and the wait. */
    private void wake(int receivers) {
        int left = Math.max(1, receivers);
        for (Iterator<Runnable> next = armed.iterator(); next.hasNext() && left > 0; left--) {
            Runnable callback = next.next();
            next.remove();
            callback.run();
        }
        if (left == 0) {
            return;
        }
        int more = Math.max(1, Math.min(left, waiting));
        wakes = Math.max(wakes, Math.min(wakes + more, Math.max(1, waiting)));
        for (int i = 0; i < more; i++) {
            woken.signal();
        }
    }
}
