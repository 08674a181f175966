// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import io.pgqueue.Delivery;
import io.pgqueue.Failure;
import io.pgqueue.Lease;
import io.pgqueue.NackResult;
import io.pgqueue.NackResult.Outcome;
import io.pgqueue.jdbc.Transactions;
import io.pgqueue.store.SettleFunctions;
import io.pgqueue.store.SqlErrors;
import io.pgqueue.wakeup.Hint;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Settles deliveries of any mixture of subscriptions, slots and priorities: one call for each combination, in order,
 * in one transaction.
 */
final class Settlement {

    private final Transactions transactions;
    private final SettleFunctions functions;
    private final Consumer<Hint> wakeups;
    private final AckCounter ackCounter;
    private final PgQueueObserver observer;

    Settlement(
            Transactions transactions,
            SettleFunctions functions,
            Consumer<Hint> wakeups,
            AckCounter ackCounter,
            PgQueueObserver observer) {
        this.transactions = transactions;
        this.functions = functions;
        this.wakeups = wakeups;
        this.ackCounter = ackCounter;
        this.observer = observer;
    }

    /** The deliveries that were no longer ours. */
    List<Delivery> ack(Collection<Delivery> deliveries) {
        return afterwards(deliveries, run(deliveries, (connection, part) -> ack(connection, part)), this::acked);
    }

    List<Delivery> ack(Connection connection, Collection<Delivery> deliveries) {
        List<Delivery> stale = ackUntold(connection, deliveries);
        acked(without(deliveries, stale));
        return stale;
    }

    /** Nobody is told, which is for {@link #acked} after the commit. */
    List<Delivery> ackUntold(Connection connection, Collection<Delivery> deliveries) {
        return stale(deliveries, on(connection, deliveries, (c, part) -> ack(c, part)));
    }

    /** Whether {@link #ack(Collection)} would be one statement in a transaction of its own. */
    boolean acksByOneStatement(Collection<Delivery> deliveries) {
        try {
            return byPlace(deliveries).size() == 1 && !transactions.inCallersTransaction();
        } catch (SQLException e) {
            throw SqlErrors.translate(e);
        }
    }

    /**
     * After somebody else's statement acked the deliveries at these positions: the others, which were no longer ours.
     *
     * @param deliveries of {@link #acksByOneStatement}
     */
    List<Delivery> ackedBy(Collection<Delivery> deliveries, Set<Long> positions) {
        if (positions.size() == deliveries.size()) {
            ackedOfOneSubscription(List.copyOf(deliveries));
            return List.of();
        }
        Set<Lease> done = deliveries.stream()
                .map(Delivery::lease)
                .filter(lease -> positions.contains(lease.position()))
                .collect(Collectors.toSet());
        List<Delivery> stale = stale(deliveries, done);
        acked(without(deliveries, stale));
        return stale;
    }

    /** In a transaction of its own, whatever transaction the calling thread is in. */
    List<Delivery> ackAlone(Collection<Delivery> deliveries) {
        List<Delivery> stale = stale(deliveries, alone(deliveries, (connection, part) -> ack(connection, part)));
        acked(without(deliveries, stale));
        return stale;
    }

    /** In a transaction of its own: in the handler's it would only be seen when the handler has finished. */
    List<Delivery> extend(Collection<Delivery> deliveries, Duration lease) {
        return stale(
                deliveries,
                alone(
                        deliveries,
                        (connection, part) ->
                                functions.extend(connection, part, lease).keySet()));
    }

    /** In a transaction of its own: the handler's may have an older snapshot. */
    List<Delivery> stillHeld(Collection<Delivery> deliveries) {
        List<Delivery> gone = gone(deliveries);
        gone.forEach(HeldBatch::lost);
        return without(deliveries, gone);
    }

    /** Those that are not held any more, for whatever reason. */
    List<Delivery> gone(Collection<Delivery> deliveries) {
        Set<Lease> held = alone(deliveries, functions::stillHeld);
        return deliveries.stream().filter(d -> !held.contains(d.lease())).toList();
    }

    List<Delivery> snooze(Collection<Delivery> deliveries, Duration delay) {
        return afterwards(
                deliveries,
                run(deliveries, (connection, part) -> functions.snooze(connection, part, delay)),
                settled -> settled.forEach(HeldBatch::settled));
    }

    List<Delivery> release(Collection<Delivery> deliveries) {
        return afterwards(deliveries, run(deliveries, functions::release), this::wake);
    }

    Map<Delivery, NackResult> nack(
            Collection<Delivery> deliveries, @Nullable Duration delay, @Nullable String reason, Failure failure) {
        Map<Delivery, NackResult> results = new LinkedHashMap<>();
        Transactions.Outcome<Set<Lease>> outcome = run(deliveries, (connection, part) -> {
            Map<Long, NackResult> byPosition = functions.nack(connection, part, delay, reason, failure);
            for (Delivery delivery : part) {
                // One that is named twice is in a second call, which finds it settled by the first.
                results.putIfAbsent(
                        delivery,
                        byPosition.getOrDefault(delivery.lease().position(), new NackResult(Outcome.STALE, null)));
            }
            return byPosition.keySet();
        });
        Runnable then = () -> results.forEach(this::nacked);
        if (outcome.joined()) {
            transactions.afterCommit(then);
        } else {
            then.run();
        }
        return results;
    }

    private Set<Long> ack(Connection connection, List<Delivery> samePlace) throws SQLException {
        if (samePlace.size() > 1) {
            return functions.ack(connection, samePlace);
        }
        Delivery only = samePlace.get(0);
        return functions.ack(connection, only) ? Set.of(only.lease().position()) : Set.of();
    }

    private List<Delivery> afterwards(
            Collection<Delivery> deliveries, Transactions.Outcome<Set<Lease>> outcome, Consumer<List<Delivery>> then) {
        List<Delivery> stale = stale(deliveries, outcome.value());
        List<Delivery> settled = without(deliveries, stale);
        if (outcome.joined()) {
            transactions.afterCommit(() -> then.accept(settled));
        } else {
            then.accept(settled);
        }
        return stale;
    }

    private Transactions.Outcome<Set<Lease>> run(Collection<Delivery> deliveries, Part part) {
        Collection<List<Delivery>> groups = byPlace(deliveries);
        try {
            return groups.size() == 1
                    ? transactions.joinOrStatement(connection -> settle(connection, groups, part))
                    : transactions.joinOrTransaction(connection -> settle(connection, groups, part));
        } catch (SQLException e) {
            throw SqlErrors.translate(e);
        }
    }

    private Set<Lease> alone(Collection<Delivery> deliveries, Part part) {
        Collection<List<Delivery>> groups = byPlace(deliveries);
        try {
            return groups.size() == 1
                    ? transactions.statement(connection -> settle(connection, groups, part))
                    : transactions.transaction(connection -> settle(connection, groups, part));
        } catch (SQLException e) {
            throw SqlErrors.translate(e);
        }
    }

    private Set<Lease> on(Connection connection, Collection<Delivery> deliveries, Part part) {
        try {
            return settle(connection, byPlace(deliveries), part);
        } catch (SQLException e) {
            throw SqlErrors.translate(e);
        }
    }

    /** By lease, because the deliveries of one message to several subscriptions have the same position. */
    private static Set<Lease> settle(Connection connection, Collection<List<Delivery>> groups, Part part)
            throws SQLException {
        Set<Lease> done = new HashSet<>();
        for (List<Delivery> samePlace : groups) {
            Set<Long> positions = part.settle(connection, samePlace);
            for (Delivery delivery : samePlace) {
                if (positions.contains(delivery.lease().position())) {
                    done.add(delivery.lease());
                }
            }
        }
        return done;
    }

    /**
     * Ordered by subscription, slot and priority: every client takes its locks in this order. One call names a position
     * once; a second lease of the same delivery, ended or not, comes in a call of its own.
     */
    private static Collection<List<Delivery>> byPlace(Collection<Delivery> deliveries) {
        if (deliveries.size() == 1) {
            // A listener's usual ack: sorting one would cost as much as the call.
            return List.of(List.copyOf(deliveries));
        }
        Map<Long, List<Delivery>> groups = new TreeMap<>();
        Set<List<Long>> named = new HashSet<>();
        for (Delivery delivery : deliveries) {
            Lease lease = delivery.lease();
            long key = (long) lease.subscriptionId() << 8 | lease.slot() << 4 | lease.priority();
            while (!named.add(List.of(key, lease.position()))) {
                key += 1L << 48;
            }
            groups.computeIfAbsent(key, k -> new ArrayList<>()).add(delivery);
        }
        return groups.values();
    }

    private List<Delivery> stale(Collection<Delivery> deliveries, Set<Lease> done) {
        if (done.size() == deliveries.size()) {
            return List.of();
        }
        List<Delivery> stale =
                deliveries.stream().filter(d -> !done.contains(d.lease())).toList();
        for (Delivery delivery : stale) {
            HeldBatch.lost(delivery);
            observer.stale(delivery);
        }
        return stale;
    }

    private static List<Delivery> without(Collection<Delivery> deliveries, List<Delivery> stale) {
        return stale.isEmpty()
                ? List.copyOf(deliveries)
                : deliveries.stream().filter(d -> !stale.contains(d)).toList();
    }

    void acked(Collection<Delivery> deliveries) {
        if (deliveries.size() == 1) {
            ackedOfOneSubscription(List.copyOf(deliveries));
            return;
        }
        Set<Lease> namedOnce = new HashSet<>();
        deliveries.stream()
                .filter(d -> namedOnce.add(d.lease()))
                .collect(Collectors.groupingBy(d -> d.lease().subscriptionId()))
                .values()
                .forEach(this::ackedOfOneSubscription);
    }

    private void ackedOfOneSubscription(List<Delivery> acked) {
        Delivery first = acked.get(0);
        ackCounter.count(first.lease().subscriptionId(), acked.size());
        observer.acked(first.destination(), first.subscription(), acked.size());
        acked.forEach(this::ended);
    }

    /** The next of its group has its turn, and its sender may wait for it. */
    private void ended(Delivery settled) {
        HeldBatch.settled(settled);
        if (settled.lease().tracked()) {
            wakeups.accept(Hint.ENDED);
        }
        if (settled.headers().group() != null) {
            wakeups.accept(new Hint(settled.lease().subscriptionId(), Hint.GROUPS, Long.MAX_VALUE, 1));
        }
    }

    private void wake(List<Delivery> deliveries) {
        for (Delivery delivery : deliveries) {
            HeldBatch.settled(delivery);
            wakeups.accept(hint(delivery));
        }
    }

    private void nacked(Delivery delivery, NackResult result) {
        switch (result.outcome()) {
            case RETRY -> {
                HeldBatch.settled(delivery);
                observer.retried(delivery);
                wakeups.accept(hint(delivery));
            }
            case DEAD -> {
                observer.deadLettered(delivery);
                ended(delivery);
            }
            case STALE -> {
                HeldBatch.lost(delivery);
                observer.stale(delivery);
            }
        }
    }

    private static Hint hint(Delivery delivery) {
        return new Hint(
                delivery.lease().subscriptionId(),
                1 << delivery.lease().priority(),
                delivery.lease().position(),
                1);
    }

    private interface Part {
        Set<Long> settle(Connection connection, List<Delivery> samePlace) throws SQLException;
    }

    /** Told how many deliveries of a subscription were acked. */
    interface AckCounter {
        void count(int subscription, int deliveries);
    }
}
