// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import io.pgqueue.Delivery;

/** The application's code for one delivery. Safe for use by as many threads as its container has workers. */
@FunctionalInterface
public interface DeliveryHandler {

    /**
     * Returns when the delivery is done.
     *
     * @throws UnreadableDeliveryException if no attempt can ever succeed: it goes to the dead letters at once
     * @throws Exception if this attempt failed: it is delivered again, as the redelivery policy says
     */
    void handle(Delivery delivery) throws Exception;
}
