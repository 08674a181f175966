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
 * @param expiryQueue where expired ones are moved with {@link ExpiryPolicy#MOVE}, else null
 * @param deadLetters what becomes of those that failed for good
 * @param delay every message waits this long; up to 7 days
 * @param groups what a group does when its head fails
 * @param depthLimit how many deliveries there may be, null for any number
 * @param expireAfterIdle how long a durable subscription of a topic is kept when nobody consumes from it, 1 hour to 366 days;
 *     null for ever. A queue has none
 */
public record SubscriptionSettings(
        Duration lease,
        RedeliveryPolicy redelivery,
        @Nullable Duration retention,
        ExpiryPolicy onExpiry,
        @Nullable String expiryQueue,
        DeadLetterPolicy deadLetters,
        Duration delay,
        GroupPolicy groups,
        @Nullable DepthLimit depthLimit,
        @Nullable Duration expireAfterIdle) {

    /** Lease 30 seconds, {@link RedeliveryPolicy#DEFAULT}, no retention, no delay, no limit. */
    public static final SubscriptionSettings DEFAULT = new SubscriptionSettings(
            Duration.ofSeconds(30),
            RedeliveryPolicy.DEFAULT,
            null,
            ExpiryPolicy.DROP,
            null,
            DeadLetterPolicy.DEFAULT,
            Duration.ZERO,
            GroupPolicy.BLOCK,
            null,
            null);

    public SubscriptionSettings {
        Limits.between("lease", lease, Duration.ofSeconds(1), Duration.ofHours(12));
        if (retention != null) {
            Limits.between("retention", retention, Duration.ofMinutes(10), Duration.ofDays(366));
        }
        if (expiryQueue != null) {
            Limits.name("queue", expiryQueue);
        }
        if ((onExpiry == ExpiryPolicy.MOVE) != (expiryQueue != null)) {
            throw Limits.invalid(
                    "expiryQueue",
                    String.valueOf(expiryQueue),
                    "given with onExpiry MOVE, and only then; see withExpiryQueue");
        }
        Limits.between("delay", delay, Duration.ZERO, Duration.ofDays(7));
        if (expireAfterIdle != null) {
            Limits.between("expireAfterIdle", expireAfterIdle, Duration.ofHours(1), Duration.ofDays(366));
        }
    }

    public SubscriptionSettings withLease(Duration lease) {
        return new SubscriptionSettings(
                lease,
                redelivery,
                retention,
                onExpiry,
                expiryQueue,
                deadLetters,
                delay,
                groups,
                depthLimit,
                expireAfterIdle);
    }

    public SubscriptionSettings withRedelivery(RedeliveryPolicy redelivery) {
        return new SubscriptionSettings(
                lease,
                redelivery,
                retention,
                onExpiry,
                expiryQueue,
                deadLetters,
                delay,
                groups,
                depthLimit,
                expireAfterIdle);
    }

    public SubscriptionSettings withRetention(@Nullable Duration retention) {
        return new SubscriptionSettings(
                lease,
                redelivery,
                retention,
                onExpiry,
                expiryQueue,
                deadLetters,
                delay,
                groups,
                depthLimit,
                expireAfterIdle);
    }

    public SubscriptionSettings withRetention(@Nullable Duration retention, ExpiryPolicy onExpiry) {
        return new SubscriptionSettings(
                lease, redelivery, retention, onExpiry, null, deadLetters, delay, groups, depthLimit, expireAfterIdle);
    }

    /** Drop or dead letter; {@link #withExpiryQueue} moves. */
    public SubscriptionSettings withOnExpiry(ExpiryPolicy onExpiry) {
        return new SubscriptionSettings(
                lease, redelivery, retention, onExpiry, null, deadLetters, delay, groups, depthLimit, expireAfterIdle);
    }

    /** What expires is moved to this queue. */
    public SubscriptionSettings withExpiryQueue(String queue) {
        return new SubscriptionSettings(
                lease,
                redelivery,
                retention,
                ExpiryPolicy.MOVE,
                queue,
                deadLetters,
                delay,
                groups,
                depthLimit,
                expireAfterIdle);
    }

    public SubscriptionSettings withDeadLetters(DeadLetterPolicy deadLetters) {
        return new SubscriptionSettings(
                lease,
                redelivery,
                retention,
                onExpiry,
                expiryQueue,
                deadLetters,
                delay,
                groups,
                depthLimit,
                expireAfterIdle);
    }

    public SubscriptionSettings withDelay(Duration delay) {
        return new SubscriptionSettings(
                lease,
                redelivery,
                retention,
                onExpiry,
                expiryQueue,
                deadLetters,
                delay,
                groups,
                depthLimit,
                expireAfterIdle);
    }

    public SubscriptionSettings withGroups(GroupPolicy groups) {
        return new SubscriptionSettings(
                lease,
                redelivery,
                retention,
                onExpiry,
                expiryQueue,
                deadLetters,
                delay,
                groups,
                depthLimit,
                expireAfterIdle);
    }

    public SubscriptionSettings withDepthLimit(@Nullable DepthLimit depthLimit) {
        return new SubscriptionSettings(
                lease,
                redelivery,
                retention,
                onExpiry,
                expiryQueue,
                deadLetters,
                delay,
                groups,
                depthLimit,
                expireAfterIdle);
    }

    /**
     * After this time in which nobody receives, waits, holds a delivery or has a consumer open, the subscription is dropped
     * with its messages. It is announced a day before, or half of the time if that is shorter: in the log of the JVM that does
     * maintenance, to {@code PgQueueObserver.subscriptionExpires}, and in {@link SubscriptionMetrics#expiresAt}. A changed time counts
     * at once, and an announcement made before maintenance paused for long counts from the end of the pause. A handler of an
     * at-most-once receiver holds nothing: one that works longer than this counts as nobody.
     */
    public SubscriptionSettings withExpireAfterIdle(@Nullable Duration expireAfterIdle) {
        return new SubscriptionSettings(
                lease,
                redelivery,
                retention,
                onExpiry,
                expiryQueue,
                deadLetters,
                delay,
                groups,
                depthLimit,
                expireAfterIdle);
    }
}
