// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import io.pgqueue.Delivery;
import org.jspecify.annotations.Nullable;
import org.springframework.messaging.Message;
import org.springframework.messaging.support.GenericMessage;

/** What a handler method is called with, beside payload and headers. */
final class DeliveryMessage extends GenericMessage<byte[]> {

    private static final long serialVersionUID = 1L;

    private final transient Delivery delivery;
    private final transient @Nullable Acknowledgement acknowledgement;
    private final transient @Nullable Throwable error;

    DeliveryMessage(
            Message<byte[]> message,
            Delivery delivery,
            @Nullable Acknowledgement acknowledgement,
            @Nullable Throwable error) {
        super(message.getPayload(), message.getHeaders());
        this.delivery = delivery;
        this.acknowledgement = acknowledgement;
        this.error = error;
    }

    Delivery delivery() {
        return delivery;
    }

    /** Null where there is nothing to settle. */
    @Nullable
    Acknowledgement acknowledgement() {
        return acknowledgement;
    }

    /** Null unless it is about a failure. */
    @Nullable
    Throwable error() {
        return error;
    }
}
