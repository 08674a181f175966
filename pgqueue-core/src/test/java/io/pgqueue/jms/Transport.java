// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import io.pgqueue.Delivery;
import io.pgqueue.Lease;
import io.pgqueue.OutgoingMessage;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import java.time.Instant;
import java.util.Set;

/** Takes a message through the codec in both directions, without a database between them. */
final class Transport {

    static final PgJmsQueue QUEUE = new PgJmsQueue("orders");

    private static final PgJmsCodec CODEC = new PgJmsCodec(PgJmsSerialization.OFF);

    private Transport() {}

    static PgJmsCodec codec(Class<?>... allowed) {
        return new PgJmsCodec(allowing(allowed));
    }

    static PgJmsSerialization allowing(Class<?>... allowed) {
        return new PgJmsSerialization(
                Set.of(java.util.Arrays.stream(allowed).map(Class::getName).toArray(String[]::new)));
    }

    static PgJmsSend send(Message message) throws JMSException {
        return CODEC.send(message, QUEUE, PgJmsSendOptions.DEFAULT);
    }

    static PgJmsSend send(Message message, PgJmsSendOptions options) throws JMSException {
        return CODEC.send(message, QUEUE, options);
    }

    @SuppressWarnings("unchecked")
    static <T extends Message> T roundTrip(T message) throws JMSException {
        return (T) receive(send(message), 1);
    }

    static PgJmsMessage receive(PgJmsSend send, int attempts) throws JMSException {
        return CODEC.receive(delivery(send.message(send.calledAtNanos()), attempts), send.destination());
    }

    static PgJmsMessage receive(OutgoingMessage message) throws JMSException {
        return CODEC.receive(delivery(message, 1), QUEUE);
    }

    static Delivery delivery(OutgoingMessage message, int attempts) {
        Instant now = Instant.now();
        Instant expiresAt = message.timeToLive() == null ? null : now.plus(message.timeToLive());
        return new Delivery(
                message.messageId() == null ? io.pgqueue.client.MessageIds.next() : message.messageId(),
                "orders",
                "orders",
                message.body(),
                message.properties(),
                new Delivery.Headers(
                        now,
                        expiresAt,
                        message.priority(),
                        message.contentType(),
                        message.group(),
                        message.correlationId(),
                        message.replyTo(),
                        message.type()),
                attempts,
                0,
                new Lease(0, 1, message.priority(), 1, attempts, now, false));
    }
}
