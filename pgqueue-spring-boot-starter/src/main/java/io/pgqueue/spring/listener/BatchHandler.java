// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import io.pgqueue.Delivery;
import java.util.List;

/** The application's code for several deliveries. Safe for use by as many threads as its container has workers. */
@FunctionalInterface
public non-sealed interface BatchHandler extends ListenerHandler {

    /**
     * Returns when all are done.
     *
     * @param deliveries at least one
     * @param acknowledgement settles them otherwise than by returning or throwing
     * @throws BatchFailedException if one failed: those before it are done, those after it go back without using an attempt
     * @throws Exception if all failed
     */
    void handle(List<Delivery> deliveries, Acknowledgement acknowledgement) throws Exception;
}
