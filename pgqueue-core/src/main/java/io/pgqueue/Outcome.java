// SPDX-License-Identifier: Apache-2.0
package io.pgqueue;

import java.time.Instant;

/**
 * How one subscription's copy of a tracked message ended.
 *
 * @param subscription name of the subscription; for a queue the queue's
 * @param end how
 * @param at when, by the database's clock
 */
public record Outcome(String subscription, End end, Instant at) {

    /** The ways a delivery ends. */
    public enum End {
        /** A consumer has done with it. */
        ACKED,
        /** It became a dead letter. Final, also when that is brought back later. */
        DEAD,
        /** Its time to live or the retention passed before. */
        EXPIRED,
        /** Its sender took it back. */
        CANCELLED,
        /** It was purged, or its subscription was dropped. */
        DISCARDED
    }
}
