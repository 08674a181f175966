// SPDX-License-Identifier: Apache-2.0
package io.pgqueue;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What became of a delivery that was given back.
 *
 * @param outcome what happened
 * @param availableAt when it is delivered again, by the database's clock; null unless it is retried
 */
public record NackResult(Outcome outcome, @Nullable Instant availableAt) {

    /** RETRY: delivered again. DEAD: now a dead letter. STALE: was no longer ours, nothing was done. */
    public enum Outcome {
        RETRY,
        DEAD,
        STALE
    }
}
