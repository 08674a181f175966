// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

/** The delivery does not fit the handler: converting its body or resolving an argument failed, and always will. */
public class UnreadableDeliveryException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public UnreadableDeliveryException(String message) {
        super(message);
    }

    public UnreadableDeliveryException(String message, Throwable cause) {
        super(message, cause);
    }
}
