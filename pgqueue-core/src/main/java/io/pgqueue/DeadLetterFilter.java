// SPDX-License-Identifier: Apache-2.0
package io.pgqueue;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Some of a subscription's dead letters: those for which all parts given are true. Ages count from the death, by the
 * database's clock.
 *
 * @param reason for example {@code MAX_ATTEMPTS}
 * @param errorClass name of the exception's class, in full
 * @param olderThan dead for at least so long
 * @param youngerThan dead for at most so long
 * @param selector JMS selector over properties and headers, and {@code JMS_PGQ_DeadReason}, {@code …DeadDestination},
 *     {@code …DeadSubscription}, {@code …DeadAttempts}, {@code …DeadAt}, {@code …DeadErrorClass}, {@code …DeadError},
 *     {@code …DeadConsumer}, {@code …DeadFirstFailedAt}, {@code …DeadLastFailedAt}
 * @param parked true for those replayed so often that only their name brings them back, false for the others
 */
public record DeadLetterFilter(
        @Nullable String reason,
        @Nullable String errorClass,
        @Nullable Duration olderThan,
        @Nullable Duration youngerThan,
        @Nullable String selector,
        @Nullable Boolean parked) {

    public static final DeadLetterFilter ALL = new DeadLetterFilter(null, null, null, null, null, null);

    public DeadLetterFilter {
        if (olderThan != null) {
            Limits.between("olderThan", olderThan, Duration.ZERO, Limits.LONGEST_DELAY);
        }
        if (youngerThan != null) {
            Limits.between("youngerThan", youngerThan, Duration.ZERO, Limits.LONGEST_DELAY);
        }
    }

    public DeadLetterFilter withReason(@Nullable String reason) {
        return new DeadLetterFilter(reason, errorClass, olderThan, youngerThan, selector, parked);
    }

    public DeadLetterFilter withErrorClass(@Nullable String errorClass) {
        return new DeadLetterFilter(reason, errorClass, olderThan, youngerThan, selector, parked);
    }

    public DeadLetterFilter withOlderThan(@Nullable Duration age) {
        return new DeadLetterFilter(reason, errorClass, age, youngerThan, selector, parked);
    }

    public DeadLetterFilter withYoungerThan(@Nullable Duration age) {
        return new DeadLetterFilter(reason, errorClass, olderThan, age, selector, parked);
    }

    /** Understood when it is used; a bad one is an {@link InvalidFilterException} then. */
    public DeadLetterFilter withSelector(@Nullable String selector) {
        return new DeadLetterFilter(reason, errorClass, olderThan, youngerThan, selector, parked);
    }

    public DeadLetterFilter withParked(@Nullable Boolean parked) {
        return new DeadLetterFilter(reason, errorClass, olderThan, youngerThan, selector, parked);
    }
}
