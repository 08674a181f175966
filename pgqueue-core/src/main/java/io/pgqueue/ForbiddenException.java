// SPDX-License-Identifier: Apache-2.0
package io.pgqueue;

import org.jspecify.annotations.Nullable;

/** The database user lacks the right to call this function. */
public class ForbiddenException extends PgQueueException {

    private static final long serialVersionUID = 1L;

    public ForbiddenException(String message) {
        super(message);
    }

    public ForbiddenException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
