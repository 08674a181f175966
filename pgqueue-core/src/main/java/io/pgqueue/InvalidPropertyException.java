// SPDX-License-Identifier: Apache-2.0
package io.pgqueue;

import org.jspecify.annotations.Nullable;

/** A message property whose name or type is not allowed. Nothing was written. */
public class InvalidPropertyException extends InvalidArgumentException {

    private static final long serialVersionUID = 1L;

    public InvalidPropertyException(String message) {
        super(message);
    }

    public InvalidPropertyException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
