// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring;

import io.pgqueue.Delivery;
import io.pgqueue.Failure;
import io.pgqueue.client.PgQueue;
import io.pgqueue.client.Receiver;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.springframework.messaging.Message;
import org.springframework.messaging.converter.MessageConversionException;
import org.springframework.messaging.support.MessageBuilder;

/** The receiving half of a template: takes one delivery, converts it, and acknowledges it. */
final class TemplateReceiver {

    private final PgTemplate template;
    private final SpringConnectionSource source;

    TemplateReceiver(PgTemplate template, SpringConnectionSource source) {
        this.template = template;
        this.source = source;
    }

    /** Empty when there is none in time, or when the thread is interrupted. */
    <T> Optional<Message<T>> receive(Receiver receiver, Duration timeout, Class<T> type) {
        List<Delivery> leased;
        try {
            leased = receiver.receive(1, timeout);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
        if (leased.isEmpty()) {
            return Optional.empty();
        }
        Delivery delivery = leased.get(0);
        Message<T> message;
        try {
            message = convert(delivery, type);
        } catch (MessageConversionException e) {
            template.queue().deadLetter(delivery, "UNREADABLE", Failure.of(e));
            throw e;
        }
        acknowledge(delivery);
        return Optional.of(message);
    }

    @SuppressWarnings("unchecked")
    <T> Message<T> convert(Delivery delivery, Class<T> type) {
        Message<byte[]> raw = template.converter().toMessage(delivery);
        Object payload = template.converter().payloads().fromMessage(raw, type);
        if (payload == null) {
            throw new MessageConversionException(raw, "No converter makes a " + type.getName() + " of " + delivery);
        }
        return MessageBuilder.createMessage((T) payload, raw.getHeaders());
    }

    private void acknowledge(Delivery delivery) {
        PgQueue queue = template.queue();
        if (template.joins()) {
            // Else it would come back when its lease ends. On another connection: the caller's is not clean yet.
            PgQueue alone = queue.independent();
            source.afterRollback(() -> alone.nack(delivery, Duration.ZERO, Failure.NONE));
        }
        queue.ack(delivery);
    }
}
