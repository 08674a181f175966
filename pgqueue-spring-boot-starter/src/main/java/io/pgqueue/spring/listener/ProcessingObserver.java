// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import io.pgqueue.Delivery;
import java.util.List;

/**
 * Watches what containers do with deliveries, for metrics and traces. Called in the worker's thread; what it throws, an
 * Error included, is logged and changes nothing. Safe for use by several threads.
 */
@FunctionalInterface
public interface ProcessingObserver {

    /**
     * A unit begins: one delivery, those of a shared transaction, or a batch. When a unit fails and is taken apart, its parts
     * begin while it goes on.
     *
     * @return told how it ends, in the same thread
     */
    Processing started(PgListenerEndpoint endpoint, List<Delivery> unit);

    /** A unit being processed: the handler, the error handler and the settlement. */
    interface Processing {

        /** The handler failed, or its work could not be committed. Before {@link #ended}. */
        default void failed(Throwable error) {}

        /** Handled and settled, given back, or given up. */
        default void ended() {}
    }
}
