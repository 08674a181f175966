// SPDX-License-Identifier: Apache-2.0
package io.pgqueue;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Where in the history of a destination to begin.
 *
 * @param time the first time of sending, by the database's clock; null for any
 * @param position the first position, null for any
 */
public record ReplayFrom(@Nullable Instant time, @Nullable Long position) {

    /** All that is kept. */
    public static ReplayFrom earliest() {
        return new ReplayFrom(null, 0L);
    }

    /** What was sent at this time or later. */
    public static ReplayFrom time(Instant time) {
        return new ReplayFrom(time, null);
    }

    /** This message and those sent after it, see {@link HistoryMessage#position}. */
    public static ReplayFrom position(long position) {
        return new ReplayFrom(null, position);
    }
}
