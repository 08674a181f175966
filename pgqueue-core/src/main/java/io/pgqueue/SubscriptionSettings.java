// SPDX-License-Identifier: Apache-2.0
package io.pgqueue;

import java.time.Duration;
import java.util.function.Consumer;
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
        return with(copy -> copy.lease = lease);
    }

    public SubscriptionSettings withRedelivery(RedeliveryPolicy redelivery) {
        return with(copy -> copy.redelivery = redelivery);
    }

    public SubscriptionSettings withRetention(@Nullable Duration retention) {
        return with(copy -> copy.retention = retention);
    }

    public SubscriptionSettings withRetention(@Nullable Duration retention, ExpiryPolicy onExpiry) {
        return with(copy -> {
            copy.retention = retention;
            copy.onExpiry = onExpiry;
            copy.expiryQueue = null;
        });
    }

    /** Drop or dead letter; {@link #withExpiryQueue} moves. */
    public SubscriptionSettings withOnExpiry(ExpiryPolicy onExpiry) {
        return withRetention(retention, onExpiry);
    }

    /** What expires is moved to this queue. */
    public SubscriptionSettings withExpiryQueue(String queue) {
        return with(copy -> {
            copy.onExpiry = ExpiryPolicy.MOVE;
            copy.expiryQueue = queue;
        });
    }

    public SubscriptionSettings withDeadLetters(DeadLetterPolicy deadLetters) {
        return with(copy -> copy.deadLetters = deadLetters);
    }

    public SubscriptionSettings withDelay(Duration delay) {
        return with(copy -> copy.delay = delay);
    }

    public SubscriptionSettings withGroups(GroupPolicy groups) {
        return with(copy -> copy.groups = groups);
    }

    public SubscriptionSettings withDepthLimit(@Nullable DepthLimit depthLimit) {
        return with(copy -> copy.depthLimit = depthLimit);
    }

    /**
     * After this time in which nobody receives, waits, holds a delivery or has a consumer open, the subscription is dropped
     * with its messages. It is announced a day before, or half of the time if that is shorter: in the log of the JVM that does
     * maintenance, to {@code PgQueueObserver.subscriptionExpires}, and in {@link SubscriptionMetrics#expiresAt}. A changed time counts
     * at once, and an announcement made before maintenance paused for long counts from the end of the pause. A handler of an
     * at-most-once receiver holds nothing: one that works longer than this counts as nobody.
     */
    public SubscriptionSettings withExpireAfterIdle(@Nullable Duration expireAfterIdle) {
        return with(copy -> copy.expireAfterIdle = expireAfterIdle);
    }

    private SubscriptionSettings with(Consumer<Copy> change) {
        Copy copy = new Copy(this);
        change.accept(copy);
        return new SubscriptionSettings(
                copy.lease,
                copy.redelivery,
                copy.retention,
                copy.onExpiry,
                copy.expiryQueue,
                copy.deadLetters,
                copy.delay,
                copy.groups,
                copy.depthLimit,
                copy.expireAfterIdle);
    }

    /** The values while one of them is changed. */
    private static final class Copy {

        private Duration lease;
        private RedeliveryPolicy redelivery;
        private @Nullable Duration retention;
        private ExpiryPolicy onExpiry;
        private @Nullable String expiryQueue;
        private DeadLetterPolicy deadLetters;
        private Duration delay;
        private GroupPolicy groups;
        private @Nullable DepthLimit depthLimit;
        private @Nullable Duration expireAfterIdle;

        private Copy(SubscriptionSettings from) {
            this.lease = from.lease;
            this.redelivery = from.redelivery;
            this.retention = from.retention;
            this.onExpiry = from.onExpiry;
            this.expiryQueue = from.expiryQueue;
            this.deadLetters = from.deadLetters;
            this.delay = from.delay;
            this.groups = from.groups;
            this.depthLimit = from.depthLimit;
            this.expireAfterIdle = from.expireAfterIdle;
        }
    }
}
