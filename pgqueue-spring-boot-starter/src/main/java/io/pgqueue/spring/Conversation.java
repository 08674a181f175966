// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring;

import io.pgqueue.Delivery;
import io.pgqueue.OutgoingMessage;

/** What a message sent by a handler inherits from the one being handled. */
final class Conversation implements OutgoingMessagePostProcessor {

    /** Id of the message whose handler sent this one. */
    static final String CAUSATION_ID = "JMS_PGQ_CausationId";

    @Override
    public OutgoingMessage process(String destination, OutgoingMessage message) {
        Delivery handled = HandledDelivery.current();
        if (handled == null) {
            return message;
        }
        OutgoingMessage.Builder builder =
                message.toBuilder().property(CAUSATION_ID, handled.messageId().toString());
        if (message.correlationId() == null) {
            builder.correlationId(handled.headers().correlationId());
        }
        return builder.build();
    }
}
