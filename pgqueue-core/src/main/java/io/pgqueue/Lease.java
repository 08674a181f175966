// SPDX-License-Identifier: Apache-2.0
package io.pgqueue;

import java.time.Instant;

/**
 * Our hold of a delivery, by which it is settled. The epoch is the fence: it grows whenever the delivery is leased or
 * given back, and settling names it.
 *
 * @param slot where the delivery is stored, nothing more
 * @param subscriptionId the subscription it belongs to
 * @param priority 0 to 9
 * @param position its place in the order
 * @param epoch fencing token
 * @param until end of the lease, by the database's clock
 * @param tracked whether the sender asked to be told of the outcome
 * @param watch who learns when it is taken from us
 */
public record Lease(
        int slot,
        int subscriptionId,
        int priority,
        long position,
        int epoch,
        Instant until,
        boolean tracked,
        LeaseWatch watch) {

    /** One that nobody watches. */
    public Lease(int slot, int subscriptionId, int priority, long position, int epoch, Instant until, boolean tracked) {
        this(slot, subscriptionId, priority, position, epoch, until, tracked, LeaseWatch.NONE);
    }
}
