// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What this JVM knows about its subscriptions, one state for each filter that receivers use. States with a filter go with
 * their last receiver, because a filter may be made for a single answer; the others stay, for the next receiver. Safe for
 * use by several threads.
 */
final class SubscriptionStates {

    private final Duration pollInterval;
    private final Map<Integer, List<SubscriptionState>> states = new ConcurrentHashMap<>();

    SubscriptionStates(Duration pollInterval) {
        this.pollInterval = pollInterval;
    }

    /** The state for a receiver, until it gives it back by {@link #release}. */
    SubscriptionState acquire(int subscription, String name, String destination, @Nullable String filter) {
        List<SubscriptionState> all = states.compute(subscription, (id, known) -> {
            List<SubscriptionState> list = known == null ? List.of() : known;
            if (find(list, filter) == null) {
                list = new ArrayList<>(list);
                list.add(new SubscriptionState(id, name, destination, filter, pollInterval, System::nanoTime));
            }
            SubscriptionState state = find(list, filter);
            if (state != null) {
                state.receivers++;
            }
            return list;
        });
        return Objects.requireNonNull(find(all, filter));
    }

    void release(SubscriptionState state) {
        release(state, state.filter != null);
    }

    /** As {@link #release}, of a subscription that ends with its consumers. */
    void forget(SubscriptionState state) {
        release(state, true);
    }

    private void release(SubscriptionState state, boolean forGood) {
        states.computeIfPresent(state.id, (id, known) -> {
            if (--state.receivers > 0 || !forGood) {
                return known;
            }
            List<SubscriptionState> rest =
                    known.stream().filter(s -> s != state).toList();
            return rest.isEmpty() ? null : rest;
        });
    }

    /** Those of one subscription; a snapshot. */
    List<SubscriptionState> of(int subscription) {
        return states.getOrDefault(subscription, List.of());
    }

    Stream<SubscriptionState> all() {
        return states.values().stream().flatMap(List::stream);
    }

    private static @Nullable SubscriptionState find(List<SubscriptionState> states, @Nullable String filter) {
        for (SubscriptionState state : states) {
            if (Objects.equals(state.filter, filter)) {
                return state;
            }
        }
        return null;
    }
}
