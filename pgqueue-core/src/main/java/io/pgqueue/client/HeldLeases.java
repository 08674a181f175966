// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import io.pgqueue.Delivery;
import io.pgqueue.PgQueueException;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What this JVM holds, so that a handler learns when it is taken away: a hint that this may have happened makes one query for
 * what is held of that subscription. What nobody refers to any more is forgotten with its batch. Best effort: without hints
 * the next extension tells. Safe for use by several threads.
 */
final class HeldLeases {

    private static final Logger LOG = LoggerFactory.getLogger(HeldLeases.class);

    private static final int MERGE_MS = 5;
    private static final int SETTLING_MS = 50;
    private static final int AT_ONCE = 1000;
    private static final int ANY = 0;

    private final UnaryOperator<List<Delivery>> whichAreGone;
    private final ScheduledExecutorService scheduler;
    private final Set<BatchReference> batches = ConcurrentHashMap.newKeySet();
    private final ReferenceQueue<HeldBatch> forgotten = new ReferenceQueue<>();
    private final Set<Integer> doubtful = ConcurrentHashMap.newKeySet();
    private final AtomicBoolean hinted = new AtomicBoolean();

    /** @param whichAreGone finds out which of these are not held any more */
    HeldLeases(UnaryOperator<List<Delivery>> whichAreGone, ScheduledExecutorService scheduler) {
        this.whichAreGone = whichAreGone;
        this.scheduler = scheduler;
    }

    void add(HeldBatch batch, List<Delivery> deliveries) {
        for (Reference<?> gone = forgotten.poll(); gone != null; gone = forgotten.poll()) {
            batches.remove(gone);
        }
        if (!deliveries.isEmpty()) {
            batch.add(deliveries);
            batches.add(new BatchReference(batch, forgotten));
        }
    }

    /** @param subscription of which something may have been taken from those who hold it, 0 for any */
    void mayBeLost(int subscription) {
        if (batches.isEmpty()) {
            return;
        }
        doubtful.add(subscription);
        if (hinted.compareAndSet(false, true) && !scheduler.isShutdown()) {
            scheduler.schedule(this::checkDoubtful, MERGE_MS, TimeUnit.MILLISECONDS);
        }
    }

    private void checkDoubtful() {
        hinted.set(false);
        Set<Integer> of = Set.copyOf(doubtful);
        doubtful.removeAll(of);
        List<Delivery> held = new ArrayList<>();
        for (BatchReference reference : batches) {
            HeldBatch batch = reference.get();
            if (batch != null && (of.contains(ANY) || of.contains(batch.subscription))) {
                held.addAll(batch.open());
            }
        }
        try {
            for (int from = 0; from < held.size(); from += AT_ONCE) {
                check(held.subList(from, Math.min(held.size(), from + AT_ONCE)));
            }
        } catch (PgQueueException e) {
            LOG.debug("Could not look whether what is held is still ours: {}", e.getMessage());
        } catch (RuntimeException | Error e) {
            LOG.warn("Could not look whether what is held is still ours", e);
        }
    }

    private void check(List<Delivery> held) {
        List<Delivery> gone = whichAreGone.apply(held);
        if (!gone.isEmpty() && !scheduler.isShutdown()) {
            // One that we are just settling is gone as well, and forgotten in a moment.
            scheduler.schedule(() -> lose(gone), SETTLING_MS, TimeUnit.MILLISECONDS);
        }
    }

    private static void lose(List<Delivery> gone) {
        gone.forEach(HeldBatch::lost);
        List<Delivery> lost = gone.stream().filter(Delivery::isCancelled).toList();
        if (!lost.isEmpty()) {
            LOG.info("Cancelled, purged, dropped or released while a consumer works on it: {}", lost);
        }
    }

    private static final class BatchReference extends WeakReference<HeldBatch> {
        BatchReference(HeldBatch batch, ReferenceQueue<HeldBatch> forgotten) {
            super(batch, forgotten);
        }
    }
}
