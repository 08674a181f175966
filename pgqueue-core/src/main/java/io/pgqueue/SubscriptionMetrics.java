// SPDX-License-Identifier: Apache-2.0
package io.pgqueue;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A sample of one subscription, which costs the same whatever waits: while little is stored it is counted, otherwise large
 * numbers are estimated. Totals count from the subscription's beginning, never exceed the truth and may be late by one sample;
 * a killed JVM takes the acks of its last seconds with it.
 *
 * @param topic the topic, null for a queue
 * @param subscription name of the subscription or queue
 * @param sampledAt when this was so, by the database's clock
 * @param counts by state
 * @param estimated whether not every row was counted: a large number is then off by some percent, and the total of what was
 *     published may be too low by as much until the backlog is smaller; small numbers are counted all the same, unless
 *     an old transaction keeps many deleted rows from being removed
 * @param acked total
 * @param expired total of those dropped at their expiry
 * @param discarded total of those purged, cancelled, or deleted as dead letters
 * @param moved total of those that went to another queue
 * @param published total: all of the above, and what is there
 * @param publishedPerSecond between this sample and the one before
 * @param ackedPerSecond between this sample and the one before
 * @param oldestReadyAge since the oldest ready one became available, null when none is ready
 * @param newestReadyAge since the newest ready one became available, null when none is ready
 * @param paused whether nothing is handed out
 * @param expiresAt when the subscription is dropped unless somebody consumes from it, by the database's clock and as of the
 *     call; null for never
 * @param clientId of a subscription that belongs to a client id, as each unshared durable one of Jakarta Messaging does;
 *     null for the others
 * @param durable false for one that ends with its last consumer, which administration cannot name
 */
public record SubscriptionMetrics(
        @Nullable String topic,
        String subscription,
        Instant sampledAt,
        SubscriptionStats counts,
        boolean estimated,
        long acked,
        long expired,
        long discarded,
        long moved,
        long published,
        double publishedPerSecond,
        double ackedPerSecond,
        @Nullable Duration oldestReadyAge,
        @Nullable Duration newestReadyAge,
        boolean paused,
        @Nullable Instant expiresAt,
        @Nullable String clientId,
        boolean durable) {

    /** The name by which administration finds a durable one: with its client id before it, if it has one. */
    public String address() {
        return clientId == null ? subscription : clientId + "/" + subscription;
    }
}
