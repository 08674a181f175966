// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import io.pgqueue.Delivery;
import io.pgqueue.Failure;
import io.pgqueue.Lease;
import io.pgqueue.NackResult;
import io.pgqueue.NackResult.Outcome;
import io.pgqueue.StaleDeliveryException;
import io.pgqueue.client.PgQueue;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Function;

/** One call of a handler: what it was called with, and what it has settled itself. */
final class Settling implements Acknowledgement {

    private final List<Delivery> deliveries;
    private final PgQueue queue;
    private final Settler settler;
    private final Consumer<Delivery> dead;
    private final Set<Lease> settled;

    /** @param dead told of those that were made dead letters, in the transaction that does so */
    Settling(List<Delivery> deliveries, PgQueue queue, Settler settler, Consumer<Delivery> dead) {
        this(deliveries, queue, settler, dead, ConcurrentHashMap.newKeySet());
    }

    private Settling(
            List<Delivery> deliveries, PgQueue queue, Settler settler, Consumer<Delivery> dead, Set<Lease> settled) {
        this.deliveries = deliveries;
        this.queue = queue;
        this.settler = settler;
        this.dead = dead;
        this.settled = settled;
    }

    List<Delivery> unsettled() {
        return settled.isEmpty()
                ? deliveries
                : deliveries.stream().filter(d -> !settled.contains(d.lease())).toList();
    }

    @Override
    public void ack() {
        queue.ack(take());
    }

    @Override
    public void nack() {
        giveBack(delivery -> settler.retry(delivery, null, Failure.NONE));
    }

    @Override
    public void nack(Duration delay) {
        giveBack(delivery -> settler.retry(delivery, delay, Failure.NONE));
    }

    @Override
    public void retryLater(Duration delay) {
        throwIfAny(take().stream()
                .filter(delivery -> !settler.retryLater(delivery, delay))
                .toList());
    }

    @Override
    public void deadLetter(String reason) {
        Failure failure = new Failure(null, reason, null);
        giveBack(delivery -> settler.deadLetter(delivery, Settler.REJECTED, failure));
    }

    @Override
    public void extend(Duration lease) {
        throwIfAny(queue.extend(deliveries, lease));
    }

    @Override
    public boolean isCancelled() {
        return deliveries.stream().allMatch(Delivery::isCancelled);
    }

    @Override
    public Acknowledgement of(Delivery delivery) {
        if (!deliveries.contains(delivery)) {
            throw new IllegalArgumentException(delivery + " is not one of those this handler was called with");
        }
        return only(delivery);
    }

    /** For one that is known to be among them. */
    Acknowledgement only(Delivery delivery) {
        return deliveries.size() == 1 ? this : new Settling(List.of(delivery), queue, settler, dead, settled);
    }

    private void giveBack(Function<Delivery, NackResult> settlement) {
        List<Delivery> stale = new ArrayList<>();
        for (Delivery delivery : take()) {
            Outcome outcome = settlement.apply(delivery).outcome();
            if (outcome == Outcome.STALE) {
                stale.add(delivery);
            } else if (outcome == Outcome.DEAD) {
                dead.accept(delivery);
            }
        }
        throwIfAny(stale);
    }

    /**
     * Those of them that are still to be settled. Taken before it is done: what fails half-way is decided by the failure of
     * the handler, not by a second settlement.
     */
    private List<Delivery> take() {
        List<Delivery> taken =
                deliveries.stream().filter(d -> settled.add(d.lease())).toList();
        if (taken.isEmpty()) {
            // Not stale: nobody else works on it, and in a transaction that rolls back it is still to be settled.
            throw new IllegalStateException("The handler has settled " + deliveries
                    + " before; a delivery can be settled once, by one call of Acknowledgement");
        }
        return taken;
    }

    private static void throwIfAny(List<Delivery> stale) {
        if (!stale.isEmpty()) {
            throw new StaleDeliveryException(stale);
        }
    }
}
