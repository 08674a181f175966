// SPDX-License-Identifier: Apache-2.0
package io.pgqueue;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What of a backlog to discard: what meets all parts given. Dead letters stay in any case.
 *
 * @param selector JMS selector over properties and headers
 * @param olderThan sent at least so long ago, by the database's clock
 * @param leased also what is being handled; its ack is stale then
 */
public record Purge(@Nullable String selector, @Nullable Duration olderThan, boolean leased) {

    /** Everything that waits: ready, delayed and retrying. */
    public static final Purge WAITING = new Purge(null, null, false);

    public Purge {
        if (olderThan != null) {
            Limits.between("olderThan", olderThan, Duration.ZERO, Limits.LONGEST_DELAY);
        }
    }

    public Purge withSelector(@Nullable String selector) {
        return new Purge(selector, olderThan, leased);
    }

    public Purge withOlderThan(@Nullable Duration age) {
        return new Purge(selector, age, leased);
    }

    public Purge withLeased(boolean leased) {
        return new Purge(selector, olderThan, leased);
    }
}
