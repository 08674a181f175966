// SPDX-License-Identifier: Apache-2.0
package io.pgqueue;

import org.jspecify.annotations.Nullable;

/** A filter that cannot be understood or is too large. Nothing was written. */
public class InvalidFilterException extends InvalidArgumentException {

    private static final long serialVersionUID = 1L;

    public InvalidFilterException(String message) {
        super(message);
    }

    public InvalidFilterException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
