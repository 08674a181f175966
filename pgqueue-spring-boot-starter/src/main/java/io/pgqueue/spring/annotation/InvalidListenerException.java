// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.annotation;

/** An annotation of a listener, or the method it stands on, is not one that can work; the message names both and the rule. */
public final class InvalidListenerException extends IllegalStateException {

    private static final long serialVersionUID = 1L;

    InvalidListenerException(String message) {
        super(message);
    }

    InvalidListenerException(String message, Throwable cause) {
        super(message, cause);
    }
}
