// SPDX-License-Identifier: Apache-2.0
package io.pgqueue;

/**
 * Exact counts of one subscription at one moment.
 *
 * @param ready can be leased now
 * @param leased held by a consumer
 * @param delayed waiting for the time the sender asked for
 * @param retrying waiting out a backoff
 * @param dead in the dead-letter queue
 */
public record SubscriptionStats(long ready, long leased, long delayed, long retrying, long dead) {

    /** Everything that is not finished; dead letters are. */
    public long unfinished() {
        return ready + leased + delayed + retrying;
    }
}
