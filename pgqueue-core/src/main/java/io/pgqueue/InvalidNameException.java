// SPDX-License-Identifier: Apache-2.0
package io.pgqueue;

import org.jspecify.annotations.Nullable;

/** A destination, subscription or client name that breaks the rule for names. Nothing was written. */
public class InvalidNameException extends InvalidArgumentException {

    private static final long serialVersionUID = 1L;

    public InvalidNameException(String message) {
        super(message);
    }

    public InvalidNameException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
