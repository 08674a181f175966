// SPDX-License-Identifier: Apache-2.0
package io.pgqueue;

import org.jspecify.annotations.Nullable;

/** What was asked for contradicts what exists: the name is taken, or what should be dropped is not empty. */
public class ConflictException extends PgQueueException {

    private static final long serialVersionUID = 1L;

    public ConflictException(String message) {
        super(message);
    }

    public ConflictException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
