// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import io.pgqueue.Delivery;
import org.jspecify.annotations.Nullable;

/** Runs a handler and acknowledges what it handled: one implementation for each {@link AckMode}. */
interface HandlerExecution extends AutoCloseable {

    /**
     * @throws HandlerFailure if the handler failed; nothing is acknowledged
     * @throws io.pgqueue.StaleDeliveryException if the delivery was no longer ours; nothing the handler did in its
     *     transaction stays
     * @throws NotStartedException if the handler was not called
     * @throws RuntimeException if the work could not be committed
     */
    void execute(Delivery delivery);

    /** Whether leases of running handlers may be renewed while this execution's transaction is open. */
    boolean renewsRunning();

    /** Acknowledges what is still to be acknowledged. */
    @Override
    void close();

    /**
     * Calls the handler, telling its failures from all others. An interrupt is over with it: settling must not suffer from
     * it (a virtual thread would lose its connection), and the worker of a stopping container ends without.
     */
    static void call(DeliveryHandler handler, Delivery delivery) {
        try {
            handler.handle(delivery);
        } catch (Throwable e) {
            throw new HandlerFailure(e);
        } finally {
            Thread.interrupted();
        }
    }

    /** There was no transaction, or not one of ours, so the handler has not seen the delivery. */
    final class NotStartedException extends RuntimeException {

        private static final long serialVersionUID = 1L;

        NotStartedException(String message, @Nullable Throwable cause) {
            super(message, cause);
        }
    }
}
