// SPDX-License-Identifier: Apache-2.0
package io.pgqueue;

/** Who learns when a lease is taken from its holder. Safe for use by several threads. */
@FunctionalInterface
public interface LeaseWatch {

    /** Learns nothing. */
    LeaseWatch NONE = lease -> false;

    /** Whether it is known to be lost; asks nobody. */
    boolean isLost(Lease lease);
}
