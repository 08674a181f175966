// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import io.pgqueue.Delivery;
import org.jspecify.annotations.Nullable;

/**
 * Told of each dead letter that a container has made, after it was committed and outside any transaction. Safe for use by
 * several threads. A dead letter whose JVM died in that moment, or that was made because leases kept ending, is not told
 * of: who must see every one reads the dead letters.
 */
@FunctionalInterface
public interface DeadLetterHandler {

    /**
     * @param error what the last attempt failed with, null if the handler asked for it
     * @throws Exception is logged; the dead letter stays
     */
    void handle(Delivery delivery, @Nullable Throwable error) throws Exception;
}
