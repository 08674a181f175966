// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.actuate;

import io.pgqueue.NotFoundException;
import io.pgqueue.SubscriptionMetrics;
import io.pgqueue.client.PgQueueAdmin;
import io.pgqueue.spring.listener.PgListenerContainer;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The samples of what listeners listen to, among those of all subscriptions. Subscriptions of Jakarta Messaging that belong
 * to a client id, or are not durable, may have the same topic and name; no listener listens to those.
 */
final class ListenedSamples {

    /** @param topic null for a queue */
    record Listened(@Nullable String topic, String name) {}

    private ListenedSamples() {}

    static Set<Listened> listened(Collection<PgListenerContainer> containers) {
        return containers.stream()
                .map(container -> new Listened(
                        container.endpoint().topic(), container.endpoint().name()))
                .collect(Collectors.toCollection(HashSet::new));
    }

    /** One sample of each that exists. Asks the database only when names are not unique. */
    static Map<Listened, SubscriptionMetrics> among(
            List<SubscriptionMetrics> all, Set<Listened> wanted, PgQueueAdmin admin) {
        Map<Listened, SubscriptionMetrics> found = new LinkedHashMap<>();
        Set<Listened> ambiguous = new HashSet<>();
        for (SubscriptionMetrics metrics : all) {
            Listened name = new Listened(metrics.topic(), metrics.subscription());
            if (wanted.contains(name) && found.put(name, metrics) != null) {
                ambiguous.add(name);
            }
        }
        for (Listened name : ambiguous) {
            try {
                found.put(name, admin.metrics(name.topic, name.name));
            } catch (NotFoundException dropped) {
                found.remove(name);
            }
        }
        return found;
    }
}
