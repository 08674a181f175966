// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring;

import io.pgqueue.OutgoingMessage;
import io.pgqueue.PublishResult;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/**
 * Sends messages in the caller's Spring transaction, or in one of its own when there is none. Every method throws the
 * exceptions of {@link io.pgqueue.client.PgQueue#publish(String, OutgoingMessage)}.
 */
public interface PgOperations {

    /**
     * The fluent form: {@code destination("orders").priority(7).delay(ofMinutes(5)).send(order)}.
     *
     * @param name of a queue or topic
     */
    DestinationSpec destination(String name);

    /**
     * Sends a payload: a String as text, bytes as they are, a {@link org.springframework.messaging.Message} by its payload
     * and headers, everything else as JSON.
     *
     * @param destination name of a queue or topic
     * @return id and number of subscriptions that get the message
     * @throws org.springframework.messaging.converter.MessageConversionException if the payload cannot be converted
     */
    PublishResult convertAndSend(String destination, Object payload);

    /**
     * Sends a payload with properties, and with other headers by the names of {@link PgHeaders}.
     *
     * @throws io.pgqueue.InvalidPropertyException if a property has a name or type that is not allowed
     */
    PublishResult convertAndSend(String destination, Object payload, Map<String, ?> headers);

    /** Sends many: all or none, results in their order. */
    List<PublishResult> convertAndSendAll(String destination, Collection<?> payloads);

    /** Sends a message as it is. */
    PublishResult send(String destination, OutgoingMessage message);

    /** Sends many: all or none, results in their order. */
    List<PublishResult> send(String destination, List<OutgoingMessage> messages);
}
