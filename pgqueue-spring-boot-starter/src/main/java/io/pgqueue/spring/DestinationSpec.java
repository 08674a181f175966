// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring;

import io.pgqueue.CancelResult;
import io.pgqueue.PublishResult;
import io.pgqueue.ReplaceMode;
import io.pgqueue.client.Completion;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.springframework.messaging.Message;

/**
 * One queue or topic: what is set here holds for what is sent, received or cancelled through it. Made by
 * {@link PgOperations#destination}, for one use by one thread. Values are checked when a message is sent.
 */
public interface DestinationSpec {

    /** A property, which filters and selectors see; a Boolean, a number or a String. */
    DestinationSpec property(String name, Object value);

    /** Properties, and other headers by the names of {@link PgHeaders}. */
    DestinationSpec headers(Map<String, ?> headers);

    /** 0 to 9, higher first; default 4. */
    DestinationSpec priority(int priority);

    /** Not delivered before this has passed since the call; at most 366 days. */
    DestinationSpec delay(Duration delay);

    /** Not delivered before this time of the database's clock; a past time means now. */
    DestinationSpec deliverAt(Instant time);

    /** Not delivered after this has passed since the call; zero for ever. */
    DestinationSpec timeToLive(Duration timeToLive);

    /** Messages of one group are delivered in order, one at a time; at most 255 characters. */
    DestinationSpec group(String group);

    /** At most 255 characters. Default in a handler: that of the message being handled. */
    DestinationSpec correlationId(String id);

    /** Name of the destination for answers. */
    DestinationSpec replyTo(String destination);

    /** The application's word for the kind of message, at most 255 characters. */
    DestinationSpec type(String type);

    /** A second message with this key within the destination's window is not stored, and the result says so. */
    DestinationSpec dedupKey(String key);

    /** Takes the place of a message with the same key that still waits. */
    DestinationSpec replaceKey(String key, ReplaceMode mode);

    /** Known before the send; default: a new one. */
    DestinationSpec messageId(UUID id);

    /** Media type of the body; default by the payload. */
    DestinationSpec contentType(String type);

    /** What to do about the caller's transaction, instead of what the template does. */
    DestinationSpec transaction(TemplateTransaction policy);

    /**
     * Sends one: a String as text, bytes as they are, a {@link Message} by its payload and headers, everything else as JSON.
     *
     * @throws org.springframework.messaging.converter.MessageConversionException if the payload cannot be converted
     * @throws io.pgqueue.PgQueueException as {@link io.pgqueue.client.PgQueue#publish} says
     */
    PublishResult send(Object payload);

    /** Sends many with the same headers: all or none, results in their order. */
    List<PublishResult> sendAll(Collection<?> payloads);

    /**
     * Sends one without waiting for the database. In a transaction the message is written before this returns, with the
     * exceptions of {@link #send}, and the future is done with the commit, or fails with the rollback. Outside, another
     * thread sends, in the order of the calls and each in a transaction of its own; what fails, fails the future. Whoever
     * is {@link io.pgqueue.client.AsyncSends#MOST_OPEN} messages, or
     * {@link io.pgqueue.client.AsyncSends#MOST_OPEN_BYTES} of bodies, ahead of the database waits here.
     *
     * @return done when the message is durable; what is made to follow it runs in the sending thread and must not block it
     */
    CompletableFuture<PublishResult> sendAsync(Object payload);

    /** {@link #sendTracked(Object, Duration)} with outcomes kept for an hour. */
    Completion sendTracked(Object payload);

    /**
     * Sends one, and tells what becomes of it in each subscription: acked, dead, expired, cancelled or discarded. In a
     * transaction the handle is there before the commit; wait for it afterwards.
     *
     * @param keep how long the outcomes can be asked for after the last one, from any JVM, by
     *     {@link io.pgqueue.client.PgQueue#completion}; 60 seconds to 7 days
     */
    Completion sendTracked(Object payload, Duration keep);

    /**
     * Takes a message back from this queue, or from the {@link #subscription}; as {@link PgOperations#cancel}.
     *
     * @return {@code FINISHED} also when nothing waits
     * @throws io.pgqueue.NotFoundException if there is no such queue or subscription
     */
    CancelResult.Outcome cancel(UUID messageId);

    /**
     * Takes back what was sent here with this {@link #correlationId}, in this {@link #group}, or that the {@link #selector}
     * selects, the oldest first; one of the three must be given. Returns the number of deliveries.
     *
     * @param limit at most so many, 1 to 1000; when the result is as high there may be more
     * @throws io.pgqueue.InvalidArgumentException if none of them is given, or several
     */
    int cancel(int limit);

    /** Receive from, or cancel for, this subscription of the topic, instead of a queue. */
    DestinationSpec subscription(String name);

    /** Receive, or cancel, only what the selector selects, in the language of Jakarta Messaging. */
    DestinationSpec selector(String selector);

    /**
     * How long to wait for a message, default not at all, or for an answer, default 5 seconds. Waiting in a transaction
     * keeps its connection.
     */
    DestinationSpec timeout(Duration timeout);

    /**
     * Receives one and acknowledges it: in the caller's transaction, so that it comes back when that rolls back, or else
     * before this returns. Empty when there is none in time.
     *
     * @throws org.springframework.messaging.converter.MessageConversionException if its body is no such type; then it is a
     *     dead letter
     */
    <T> Optional<T> receive(Class<T> type);

    /** The same with headers, by the names of {@link PgHeaders}. */
    <T> Optional<Message<T>> receiveMessage(Class<T> type);

    /**
     * Sends a question and waits for the answer, which the handler of the question returns. The question is sent in a
     * transaction of its own, whatever the policy: nobody could answer before it is committed.
     *
     * @return empty when there is no answer in time; one that comes later is discarded
     */
    <T> Optional<T> sendAndReceive(Object payload, Class<T> type);
}
