// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring;

import io.pgqueue.CancelResult;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.PublishResult;
import io.pgqueue.client.Completion;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/**
 * Sends messages in the caller's Spring transaction, or in one of its own when there is none. Every method that sends
 * throws the exceptions of {@link io.pgqueue.client.PgQueue#publish(String, OutgoingMessage)}. An argument that is null is an
 * {@link io.pgqueue.InvalidArgumentException} that names it, before anything is sent.
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

    /** As {@link DestinationSpec#sendAsync}. */
    CompletableFuture<PublishResult> convertAndSendAsync(String destination, Object payload);

    /** As {@link DestinationSpec#sendTracked(Object)}. */
    Completion convertAndSendTracked(String destination, Object payload);

    /**
     * Takes a message back from all its subscriptions, in the caller's transaction as a send: undone when that rolls back.
     * What a worker holds is taken from it: in ack mode TRANSACTION its work rolls back. A result for each delivery that was
     * found; an empty list when nothing waits any more.
     */
    List<CancelResult> cancel(UUID messageId);

    /**
     * Gives a message another time for all its subscriptions, or for none, in the caller's transaction as a send. Returns
     * the names of the subscriptions.
     *
     * @param time at most 366 days ahead; a time in the past means now
     * @throws io.pgqueue.ConflictException if a worker holds it
     * @throws io.pgqueue.NotFoundException if nothing of it waits
     */
    List<String> reschedule(UUID messageId, Instant time);
}
