// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import io.pgqueue.Delivery;
import io.pgqueue.client.PgQueue;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The deliveries a connection holds, whose leases are extended for as long as it holds them. Safe for use by several
 * threads.
 */
final class PgJmsLeases {

    private static final Logger LOG = LoggerFactory.getLogger(PgJmsLeases.class);

    private final PgQueue queue;
    private final Set<PgJmsHeld> held = ConcurrentHashMap.newKeySet();

    /** @param queue one that joins nobody's transaction: an extension must be seen at once */
    PgJmsLeases(PgQueue queue) {
        this.queue = queue;
    }

    void add(Collection<PgJmsHeld> more) {
        held.addAll(more);
    }

    void add(PgJmsHeld one) {
        held.add(one);
    }

    /** Before it is settled: an extension would wait for the settling transaction, which may be a long one. */
    void remove(PgJmsHeld one) {
        held.remove(one);
    }

    void remove(Collection<PgJmsHeld> some) {
        held.removeAll(some);
    }

    /** @throws io.pgqueue.PgQueueException if the database did not do it; it is tried again next time */
    void renew() {
        long now = System.nanoTime();
        Map<Duration, List<PgJmsHeld>> due =
                held.stream().filter(h -> h.needsRenewal(now)).collect(Collectors.groupingBy(PgJmsHeld::lease));
        due.forEach(this::renew);
    }

    private void renew(Duration lease, List<PgJmsHeld> due) {
        long start = System.nanoTime();
        List<Delivery> deliveries = new ArrayList<>();
        due.forEach(h -> deliveries.add(h.delivery()));
        Set<Delivery> stale = new HashSet<>(queue.extend(deliveries, lease));
        for (PgJmsHeld one : due) {
            if (!stale.contains(one.delivery())) {
                one.renewed(start);
            } else if (held.remove(one)) {
                one.lost();
                LOG.warn("The lease of {} was lost; if it is acknowledged, that fails", one);
            }
        }
    }
}
