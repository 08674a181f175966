// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import io.pgqueue.Delivery;

/**
 * Decides what becomes of a delivery whose handler failed. Called outside any transaction, after the handler's has rolled
 * back; safe for use by several threads. A {@link FailureClassifier} is one that goes by the exception's type.
 */
@FunctionalInterface
public interface ListenerErrorHandler {

    /**
     * @param error what the handler threw, or why it could not be called
     * @return what to do; if this throws, it is logged and the delivery is retried
     */
    FailureDecision handle(Delivery delivery, Throwable error);
}
