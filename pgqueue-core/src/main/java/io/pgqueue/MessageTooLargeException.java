// SPDX-License-Identifier: Apache-2.0
package io.pgqueue;

import org.jspecify.annotations.Nullable;

/** A body, or the headers and properties, above the limit. Nothing was written. */
public class MessageTooLargeException extends InvalidArgumentException {

    private static final long serialVersionUID = 1L;

    public MessageTooLargeException(String message) {
        super(message);
    }

    public MessageTooLargeException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
