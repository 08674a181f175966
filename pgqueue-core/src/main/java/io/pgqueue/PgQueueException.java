// SPDX-License-Identifier: Apache-2.0
package io.pgqueue;

import org.jspecify.annotations.Nullable;

/** Root of everything pgqueue throws. Every message says what was wrong, with the value, and what to do. */
public class PgQueueException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public PgQueueException(String message) {
        super(message);
    }

    public PgQueueException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
