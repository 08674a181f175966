// SPDX-License-Identifier: Apache-2.0
package io.pgqueue;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one pass of maintenance did.
 *
 * @param leader false when another client was at it and nothing was done
 * @param rotatedTo slot that publishing moved to, null when it stayed
 * @param reclaimed slot that was truncated, null when none was drained
 * @param carried stragglers moved to the current slot
 * @param buried deliveries whose last lease ended without an answer
 * @param swept what had expired, was too old or was left behind by something dropped
 * @param idle subscriptions whose end was announced, or that were dropped, because nobody consumes from them
 */
public record MaintenancePass(
        boolean leader,
        @Nullable Integer rotatedTo,
        @Nullable Integer reclaimed,
        int carried,
        int buried,
        int swept,
        List<IdleSubscription> idle) {

    /** Something was done, so another pass soon may find more. */
    public boolean worked() {
        return rotatedTo != null || reclaimed != null || carried > 0 || buried > 0 || swept > 0;
    }
}
