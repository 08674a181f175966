// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Waits of one listener instead of those of its subscription: {@code min(longest, first × multiplier^(n-1))} after failed
 * attempt n, plus or minus a tenth unless the wait is always the same.
 *
 * @param first wait after the first failure, 0 to 1 hour
 * @param multiplier 1 to 10
 * @param longest longest wait before the tenth is added, first to 24 hours
 */
public record RetryBackoff(Duration first, double multiplier, Duration longest) {

    private static final double JITTER = 0.1;
    private static final Duration LONGEST_FIRST = Duration.ofHours(1);
    private static final Duration LONGEST = Duration.ofHours(24);

    public RetryBackoff {
        check("first", first, !first.isNegative() && first.compareTo(LONGEST_FIRST) <= 0, "0 to 1 h");
        check("multiplier", multiplier, multiplier >= 1 && multiplier <= 10, "1 to 10");
        check(
                "longest",
                longest,
                longest.compareTo(first) >= 0 && longest.compareTo(LONGEST) <= 0,
                "first, which is " + first + ", to 24 h");
    }

    /** The same wait after every failure. */
    public static RetryBackoff fixed(Duration wait) {
        return new RetryBackoff(wait, 1, wait);
    }

    Duration after(int attempts) {
        if (multiplier == 1) {
            return first;
        }
        double wait = Math.min(longest.toMillis(), first.toMillis() * Math.pow(multiplier, attempts - 1));
        double jitter = 1 + ThreadLocalRandom.current().nextDouble(-JITTER, JITTER);
        return Duration.ofMillis((long) (wait * jitter));
    }

    private static void check(String field, Object value, boolean valid, String rule) {
        if (!valid) {
            throw new IllegalArgumentException("Backoff " + field + " is " + value + ", must be " + rule);
        }
    }
}
