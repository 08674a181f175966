// SPDX-License-Identifier: Apache-2.0
package io.pgqueue;

import java.util.List;

/**
 * The lease is no longer ours: the delivery was leased again after its lease ended, moved, purged or settled before. In
 * a transaction that did the handler's work this must roll everything back, because somebody else does that work now.
 */
public class StaleDeliveryException extends PgQueueException {

    private static final long serialVersionUID = 1L;

    private final transient List<Delivery> deliveries;

    public StaleDeliveryException(List<Delivery> deliveries) {
        super("No longer ours: " + deliveries + ". The lease ended or the delivery was settled before; "
                + "choose a lease longer than the handler takes, or extend it while working");
        this.deliveries = List.copyOf(deliveries);
    }

    /** The deliveries that could not be settled; the others of the same call were. */
    public List<Delivery> deliveries() {
        return deliveries;
    }
}
