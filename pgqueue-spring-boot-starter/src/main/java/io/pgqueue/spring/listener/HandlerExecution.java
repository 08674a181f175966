// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import io.pgqueue.Delivery;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Runs a handler and acknowledges what it handled: one implementation for each {@link AckMode}. */
interface HandlerExecution extends AutoCloseable {

    /**
     * @param unit handled together: all of them, or none
     * @param call the same deliveries, for the handler to settle itself
     * @throws HandlerFailure if the handler failed; nothing is acknowledged
     * @throws io.pgqueue.StaleDeliveryException if some were no longer ours; nothing the handler did in its transaction
     *     stays
     * @throws NotStartedException if the handler was not called
     * @throws RuntimeException if the work could not be committed
     */
    void execute(List<Delivery> unit, Settling call);

    /** Whether nothing the handler did in this database stays when it fails. */
    boolean rollsBack();

    /** Acknowledges those of a failed batch that were done, unless the handler's work has rolled back. */
    void acknowledge(List<Delivery> done);

    /** Whether leases of running handlers may be renewed while this execution's transaction is open. */
    boolean renewsRunning();

    /** Acknowledges what is still to be acknowledged. */
    @Override
    void close();

    /** There was no transaction, or not one of ours, so the handler has not seen the delivery. */
    final class NotStartedException extends RuntimeException {

        private static final long serialVersionUID = 1L;

        NotStartedException(String message, @Nullable Throwable cause) {
            super(message, cause);
        }
    }
}
