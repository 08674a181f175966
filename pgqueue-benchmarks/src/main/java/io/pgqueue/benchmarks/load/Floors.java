// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.benchmarks.load;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Where consumers begin to look, so that they need not walk over the index entries of everything deleted before. Positions
 * are given out in order but committed in any: nothing is passed over that a send under way may still commit, which can be
 * known because all sends are in this JVM. Safe for use by several threads.
 */
final class Floors {

    /** Of all that were received. */
    private final AtomicLong highest = new AtomicLong();

    /** The highest position received when each send under way began: its own are above that. */
    private final Map<Thread, Long> sends = new ConcurrentHashMap<>();

    private final AtomicLongArray floors;

    Floors(int subscriptions) {
        this.floors = new AtomicLongArray(subscriptions);
    }

    /** Before the messages get their positions; a thread makes one send at a time. */
    void sendBegins() {
        sends.put(Thread.currentThread(), highest.get());
    }

    /** After the commit. */
    void sendEnds() {
        sends.remove(Thread.currentThread());
    }

    Look look(int subscription) {
        // In this order: a send that begins in between gets positions above what is the highest now.
        long committed = highest.get();
        for (long before : sends.values()) {
            committed = Math.min(committed, before);
        }
        return new Look(subscription, floors.get(subscription) + 1, committed);
    }

    /** @param full there may be more than were taken */
    void took(Look look, List<Long> positions, boolean full) {
        long last = positions.stream().mapToLong(Long::longValue).max().orElse(0);
        highest.accumulateAndGet(last, Math::max);
        long done = full ? Math.min(last, look.committed) : look.committed;
        floors.accumulateAndGet(look.subscription, done, Math::max);
    }

    /**
     * Made before the statement that looks.
     *
     * @param from the lowest position that may be there
     * @param committed up to which position every send has ended, so that the statement sees them all
     */
    record Look(int subscription, long from, long committed) {}
}
