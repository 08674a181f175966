// SPDX-License-Identifier: Apache-2.0
package io.pgqueue;

import org.jspecify.annotations.Nullable;

/** A subscription has as many deliveries as it may: nothing was published. A transaction of the caller is still in order. */
public class QueueFullException extends PgQueueException {

    private static final long serialVersionUID = 1L;

    public QueueFullException(String message) {
        super(message);
    }

    public QueueFullException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
