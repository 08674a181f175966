// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import io.pgqueue.Delivery;

/** The application's code for one delivery. Safe for use by as many threads as its container has workers. */
@FunctionalInterface
public non-sealed interface DeliveryHandler extends ListenerHandler {

    /**
     * Returns when the delivery is done.
     *
     * @param acknowledgement settles it otherwise than by returning or throwing
     * @throws Exception if this attempt failed: the container's {@link ListenerErrorHandler} decides what happens
     */
    void handle(Delivery delivery, Acknowledgement acknowledgement) throws Exception;
}
