// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of a delivery that failed.
 *
 * @param action what to do
 * @param delay with RETRY the wait before the next attempt, null for the backoff; with RETRY_LATER the wait
 */
public record FailureDecision(Action action, @Nullable Duration delay) {

    /** Delivered again after the backoff, or dead when its attempts are used up. */
    public static final FailureDecision RETRY = new FailureDecision(Action.RETRY, null);

    /** To the dead letters at once. */
    public static final FailureDecision DEAD_LETTER = new FailureDecision(Action.DEAD_LETTER, null);

    /** Acknowledged although nothing was done; logged. */
    public static final FailureDecision DROP = new FailureDecision(Action.DROP, null);

    /** What can be done. */
    public enum Action {
        RETRY,
        RETRY_LATER,
        DEAD_LETTER,
        DROP
    }

    public FailureDecision {
        if (action == Action.RETRY_LATER && delay == null) {
            throw new IllegalArgumentException("RETRY_LATER needs a delay");
        }
        if (delay != null && delay.isNegative()) {
            throw new IllegalArgumentException("The delay is " + delay + ", must be 0 or longer");
        }
    }

    /** Delivered again after this time, zero for at once, or dead when its attempts are used up. */
    public static FailureDecision retryAfter(Duration delay) {
        return new FailureDecision(Action.RETRY, delay);
    }

    /** Delivered again after this time, and the attempt does not count. */
    public static FailureDecision retryLater(Duration delay) {
        return new FailureDecision(Action.RETRY_LATER, delay);
    }
}
