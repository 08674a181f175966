// SPDX-License-Identifier: Apache-2.0
package io.pgqueue;

import org.jspecify.annotations.Nullable;

/** A value outside its range, an unknown field, or two values that exclude each other. Nothing was written. */
public class InvalidArgumentException extends PgQueueException {

    private static final long serialVersionUID = 1L;

    public InvalidArgumentException(String message) {
        super(message);
    }

    public InvalidArgumentException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    /**
     * The value, which must be given.
     *
     * @param name what the caller knows it by
     * @throws InvalidArgumentException if it is null
     */
    public static <T> T requireGiven(String name, @Nullable T value) {
        if (value == null) {
            throw new InvalidArgumentException(name + " is null, must be given");
        }
        return value;
    }
}
