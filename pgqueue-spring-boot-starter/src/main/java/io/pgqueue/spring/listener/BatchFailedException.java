// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import org.jspecify.annotations.Nullable;

/**
 * One entry of a batch failed. Those before it are acknowledged, this one is treated as failed, and those after it go back
 * without using an attempt. In mode TRANSACTION the handler's transaction is rolled back first, and those before the failed
 * one are handled again in a transaction of their own: what the failed one has written must not stay.
 */
public class BatchFailedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final int index;

    /**
     * @param index of the failed entry in the list the handler was called with, from 0
     * @param cause why; an error handler decides by it
     */
    public BatchFailedException(int index, @Nullable Throwable cause) {
        super("Entry " + index + " of the batch failed" + (cause == null ? "" : ": " + cause.getMessage()), cause);
        this.index = index;
    }

    public BatchFailedException(int index) {
        this(index, null);
    }

    public int index() {
        return index;
    }
}
