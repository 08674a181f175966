// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import io.pgqueue.Delivery;
import java.time.Duration;
import java.time.Instant;

/**
 * A delivery that is ours: fetched ahead, or handed over and not settled yet. Times are this JVM's monotonic ones, counted
 * from the claim. Safe for use by several threads.
 */
final class PgJmsHeld {

    private final Delivery delivery;
    private final Duration lease;
    private final long expiry;
    private final boolean expires;
    private volatile long leaseEnd;
    private volatile boolean lost;

    PgJmsHeld(Delivery delivery, Duration lease, long claimed) {
        this.delivery = delivery;
        this.lease = lease;
        this.leaseEnd = claimed + lease.toNanos();
        Instant expiresAt = delivery.headers().expiresAt();
        // The lease tells when, by the database's clock, this was claimed.
        Duration left = expiresAt == null
                ? Duration.ZERO
                : Duration.between(delivery.lease().until().minus(lease), expiresAt);
        this.expires = expiresAt != null && left.toDays() < 1000;
        this.expiry = claimed + (expires ? left.toNanos() : 0);
    }

    Delivery delivery() {
        return delivery;
    }

    Duration lease() {
        return lease;
    }

    boolean hasExpired(long now) {
        return expires && expiry - now <= 0;
    }

    /** False when others may have it by now. */
    boolean isOurs(long now) {
        return !lost && leaseEnd - now > 0;
    }

    /** A third of the lease is over. */
    boolean needsRenewal(long now) {
        return leaseEnd - now < lease.toNanos() / 3 * 2;
    }

    void renewed(long from) {
        leaseEnd = from + lease.toNanos();
    }

    void lost() {
        lost = true;
    }

    @Override
    public String toString() {
        return delivery.toString();
    }
}
