// SPDX-License-Identifier: Apache-2.0
package io.pgqueue;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What happens after a failed attempt: wait {@code min(maxBackoff, backoff × multiplier^(n-1))} after attempt n, plus or
 * minus the jitter, and go to the dead letters after {@code maxAttempts}.
 *
 * @param maxAttempts deliveries, the first included; 0 for no limit, else 1 to 1000
 * @param backoff wait after the first failure, 0 to 1 hour
 * @param maxBackoff longest wait before jitter, up to 24 hours
 * @param multiplier 1 to 10
 * @param jitterPercent 0 to 50
 * @param retryTimeout a failure later than this after the first one is the last, attempts left or not; null for no such
 *     limit, else 1 second to 366 days
 */
public record RedeliveryPolicy(
        int maxAttempts,
        Duration backoff,
        Duration maxBackoff,
        double multiplier,
        int jitterPercent,
        @Nullable Duration retryTimeout) {

    /** Five attempts, waits of about 1, 2, 4 and 8 seconds. */
    public static final RedeliveryPolicy DEFAULT =
            new RedeliveryPolicy(5, Duration.ofSeconds(1), Duration.ofSeconds(300), 2, 10, null);

    public RedeliveryPolicy {
        Limits.between("maxAttempts", maxAttempts, 0, 1000);
        Limits.between("backoff", backoff, Duration.ZERO, Duration.ofHours(1));
        Limits.between("maxBackoff", maxBackoff, backoff, Duration.ofHours(24));
        if (!(multiplier >= 1 && multiplier <= 10)) {
            throw Limits.invalid("multiplier", Double.toString(multiplier), "1 to 10");
        }
        Limits.between("jitterPercent", jitterPercent, 0, 50);
        if (retryTimeout != null) {
            Limits.between("retryTimeout", retryTimeout, Duration.ofSeconds(1), Duration.ofDays(366));
        }
    }

    public RedeliveryPolicy withMaxAttempts(int attempts) {
        return new RedeliveryPolicy(attempts, backoff, maxBackoff, multiplier, jitterPercent, retryTimeout);
    }

    /** The same wait after every failure, zero for at once; no jitter. */
    public RedeliveryPolicy withFixedBackoff(Duration wait) {
        return new RedeliveryPolicy(maxAttempts, wait, wait, 1, 0, retryTimeout);
    }

    public RedeliveryPolicy withBackoff(Duration base, double factor, Duration longest) {
        return new RedeliveryPolicy(maxAttempts, base, longest, factor, jitterPercent, retryTimeout);
    }

    /** No retry any more so long after the first failure; null for no such limit. */
    public RedeliveryPolicy withRetryTimeout(@Nullable Duration timeout) {
        return new RedeliveryPolicy(maxAttempts, backoff, maxBackoff, multiplier, jitterPercent, timeout);
    }
}
