// SPDX-License-Identifier: Apache-2.0
package io.pgqueue;

import org.jspecify.annotations.Nullable;

/** The database cannot be reached, or is not one that pgqueue can work with now. Nothing was done. */
public class UnavailableException extends PgQueueException {

    private static final long serialVersionUID = 1L;

    public UnavailableException(String message) {
        super(message);
    }

    public UnavailableException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
