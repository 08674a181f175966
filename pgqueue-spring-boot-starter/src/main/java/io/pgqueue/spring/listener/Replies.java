// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import io.pgqueue.Delivery;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.spring.PgHeaders;
import io.pgqueue.spring.PgMessageConverter;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Sends what handlers return: to the address in the message that was handled, else to the one of the method. Who asks by a
 * reply address gets an answer with the correlation id of the question, else with its message id as Jakarta Messaging writes
 * it, which is what clients of that select their answers by.
 */
final class Replies {

    private final PgMessageConverter converter;
    private final ReplyPublisher publisher;
    private final @Nullable String sendTo;

    /**
     * @param sendTo where answers go if the message does not say, null for nowhere
     */
    Replies(PgMessageConverter converter, ReplyPublisher publisher, @Nullable String sendTo) {
        this.converter = converter;
        this.publisher = publisher;
        this.sendTo = sendTo;
    }

    /** Nothing is sent when nobody said where to. */
    void reply(Delivery request, @Nullable Object result) {
        String replyTo = request.headers().replyTo();
        String destination = replyTo == null ? sendTo : replyTo;
        if (destination != null && result != null) {
            publisher.publish(destination, outgoing(result, request));
        }
    }

    /** What batch methods return answers no message in particular. */
    void send(@Nullable Object result) {
        if (sendTo != null && result != null) {
            publisher.publish(sendTo, outgoing(result, null));
        }
    }

    private OutgoingMessage outgoing(Object result, @Nullable Delivery request) {
        if (result instanceof OutgoingMessage ready) {
            return ready;
        }
        Map<String, Object> headers = new HashMap<>();
        if (request != null) {
            headers.put(PgHeaders.CORRELATION_ID, correlationId(request));
        }
        return converter.toOutgoing(result, headers);
    }

    private static String correlationId(Delivery request) {
        String given = request.headers().correlationId();
        return given == null ? "ID:" + request.messageId() : given;
    }
}
