// SPDX-License-Identifier: Apache-2.0
package io.pgqueue;

/**
 * How many deliveries may be in a subscription at once: ready, delayed, retrying and leased together. The limit is kept
 * approximately: it may be exceeded by what is being sent at the same moment and by the rest of a batch, and above 10 000
 * by what is sent between two passes of maintenance (5 seconds), for which what was consumed also counts as being there.
 *
 * @param deliveries 1 to 2 000 000 000
 * @param whenFull what publishing does then
 */
public record DepthLimit(int deliveries, WhenFull whenFull) {

    public DepthLimit {
        Limits.between("depthLimit.deliveries", deliveries, 1, 2_000_000_000);
    }
}
