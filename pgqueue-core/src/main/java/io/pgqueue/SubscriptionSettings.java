// SPDX-License-Identifier: Apache-2.0
package io.pgqueue;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How a subscription, or the subscription of a queue, treats its deliveries.
 *
 * @param lease how long a delivery is held before it is given to somebody else; 1 second to 12 hours
 * @param redelivery waits and limits after failures
 * @param retention how long an unacknowledged delivery is kept, from its sending or due time; null for ever, else from
 *     10 minutes to 366 days
 * @param onExpiry what happens after time to live or retention
 * @param delay every message waits this long; up to 7 days
 * @param groups what a group does when its head fails
 * @param depthLimit how many deliveries there may be, null for any number
 */
public record SubscriptionSettings(
        Duration lease,
        RedeliveryPolicy redelivery,
        @Nullable Duration retention,
        ExpiryPolicy onExpiry,
        Duration delay,
        GroupPolicy groups,
        @Nullable DepthLimit depthLimit) {

    /** Lease 30 seconds, {@link RedeliveryPolicy#DEFAULT}, no retention, no delay, no limit. */
    public static final SubscriptionSettings DEFAULT = new SubscriptionSettings(
            Duration.ofSeconds(30),
            RedeliveryPolicy.DEFAULT,
            null,
            ExpiryPolicy.DROP,
            Duration.ZERO,
            GroupPolicy.BLOCK,
            null);

    public SubscriptionSettings {
        Limits.between("lease", lease, Duration.ofSeconds(1), Duration.ofHours(12));
        if (retention != null) {
            Limits.between("retention", retention, Duration.ofMinutes(10), Duration.ofDays(366));
        }
        Limits.between("delay", delay, Duration.ZERO, Duration.ofDays(7));
    }

    public SubscriptionSettings withLease(Duration lease) {
        return new SubscriptionSettings(lease, redelivery, retention, onExpiry, delay, groups, depthLimit);
    }

    public SubscriptionSettings withRedelivery(RedeliveryPolicy redelivery) {
        return new SubscriptionSettings(lease, redelivery, retention, onExpiry, delay, groups, depthLimit);
    }

    public SubscriptionSettings withRetention(@Nullable Duration retention, ExpiryPolicy onExpiry) {
        return new SubscriptionSettings(lease, redelivery, retention, onExpiry, delay, groups, depthLimit);
    }

    public SubscriptionSettings withOnExpiry(ExpiryPolicy onExpiry) {
        return new SubscriptionSettings(lease, redelivery, retention, onExpiry, delay, groups, depthLimit);
    }

    public SubscriptionSettings withDelay(Duration delay) {
        return new SubscriptionSettings(lease, redelivery, retention, onExpiry, delay, groups, depthLimit);
    }

    public SubscriptionSettings withDepthLimit(@Nullable DepthLimit depthLimit) {
        return new SubscriptionSettings(lease, redelivery, retention, onExpiry, delay, groups, depthLimit);
    }

    public SubscriptionSettings withGroups(GroupPolicy groups) {
        return new SubscriptionSettings(lease, redelivery, retention, onExpiry, delay, groups, depthLimit);
    }
}
