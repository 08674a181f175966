// SPDX-License-Identifier: Apache-2.0
package io.pgqueue;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of deliveries that failed for good.
 *
 * @param queue name of a queue they are moved to, with {@code JMS_PGQ_Dead*} properties that tell why; null: they stay
 *     with the subscription, as dead letters. What dies in that queue stays there.
 * @param parkAfter replays after which a dead letter is brought back only by name; 0 to 1000, 0 for never
 * @param maxAge after which a dead letter is removed; null for never, else from 1 hour to 366 days
 */
public record DeadLetterPolicy(
        @Nullable String queue, int parkAfter, @Nullable Duration maxAge) {

    /** They stay with the subscription until somebody redrives or discards them; parked after three replays. */
    public static final DeadLetterPolicy DEFAULT = new DeadLetterPolicy(null, 3, null);

    public DeadLetterPolicy {
        if (queue != null) {
            Limits.name("queue", queue);
        }
        Limits.between("parkAfter", parkAfter, 0, 1000);
        if (maxAge != null) {
            Limits.between("maxAge", maxAge, Duration.ofHours(1), Duration.ofDays(366));
        }
    }

    public DeadLetterPolicy withQueue(@Nullable String queue) {
        return new DeadLetterPolicy(queue, parkAfter, maxAge);
    }

    public DeadLetterPolicy withParkAfter(int replays) {
        return new DeadLetterPolicy(queue, replays, maxAge);
    }

    public DeadLetterPolicy withMaxAge(@Nullable Duration maxAge) {
        return new DeadLetterPolicy(queue, parkAfter, maxAge);
    }
}
