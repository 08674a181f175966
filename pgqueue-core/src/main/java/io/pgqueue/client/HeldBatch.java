// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import io.pgqueue.Delivery;
import io.pgqueue.Lease;
import io.pgqueue.LeaseWatch;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What one fetch leased, as long as it is neither settled nor lost. The leases refer to it, so it lives as long as somebody has
 * one of the deliveries. Safe for use by several threads.
 */
final class HeldBatch implements LeaseWatch {

    final int subscription;

    /** By position, which is unique in a subscription. */
    private volatile Map<Long, Delivery> open = Map.of();

    private volatile Set<Long> lost = Set.of();

    HeldBatch(int subscription) {
        this.subscription = subscription;
    }

    /** Once, before anybody has the deliveries: only now is known how many there are. */
    void add(List<Delivery> deliveries) {
        Map<Long, Delivery> all = new ConcurrentHashMap<>(deliveries.size());
        deliveries.forEach(delivery -> all.put(delivery.lease().position(), delivery));
        open = all;
    }

    Collection<Delivery> open() {
        return open.values();
    }

    @Override
    public boolean isLost(Lease lease) {
        return lost.contains(lease.position());
    }

    private synchronized void lose(long position) {
        if (open.remove(position) != null) {
            Set<Long> more = ConcurrentHashMap.newKeySet();
            more.addAll(lost);
            more.add(position);
            lost = more;
        }
    }

    /** Whatever becomes of it now does not concern us. */
    static void settled(Delivery delivery) {
        if (delivery.lease().watch() instanceof HeldBatch batch) {
            batch.open.remove(delivery.lease().position());
        }
    }

    /** No longer ours; nothing if we have settled it ourselves. */
    static void lost(Delivery delivery) {
        if (delivery.lease().watch() instanceof HeldBatch batch) {
            batch.lose(delivery.lease().position());
        }
    }
}
