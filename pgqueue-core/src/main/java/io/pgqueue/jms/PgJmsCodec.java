// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import io.pgqueue.Delivery;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.PgQueueException;
import io.pgqueue.ReplaceMode;
import io.pgqueue.client.MessageIds;
import jakarta.jms.DeliveryMode;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageFormatException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Between the messages of Jakarta Messaging 3.1 (chapter 3) and those of the engine; {@code docs/jms.md} says how they are
 * stored. Safe for use by several threads.
 */
final class PgJmsCodec {

    private static final Logger LOG = LoggerFactory.getLogger(PgJmsCodec.class);
    private static final int HEADER_LENGTH = 255;
    private static final int UUID_WITH_TIME = 7;
    private static final String NON_PERSISTENT = "NON_PERSISTENT";

    private final PgJmsSerialization serialization;

    PgJmsCodec(PgJmsSerialization serialization) {
        this.serialization = serialization;
    }

    /** The value of JMSMessageID (section 3.4.3). */
    static String text(UUID id) {
        return "ID:" + id;
    }

    /**
     * A send call, at this moment: copies the message, and sets on the object given, which may be of another provider, the
     * headers that sending sets, whatever they were before (section 3.4.11).
     *
     * @throws MessageFormatException if the message is null, too large, or cannot be stored
     * @throws JMSException if a header is out of range, naming it
     */
    PgJmsSend send(@Nullable Message message, PgJmsDestination destination, PgJmsSendOptions options)
            throws JMSException {
        if (message == null) {
            throw new MessageFormatException("The message is null, must be given");
        }
        long nanos = System.nanoTime();
        UUID id = MessageIds.next();
        PgJmsMessage ours = PgJmsForeign.toOurs(message, serialization);
        PgJmsTimes times =
                PgJmsTimes.of(MessageIds.millis(id), options, ours.properties().get(PgJmsHeaders.DELIVER_AT));
        PgJmsSend send = new PgJmsSend(
                destination, id, content(ours, id, options, times), options.timeToLive(), times.delay(), nanos);
        refuseBadTimes(send);
        stamp(message, destination, id, options, times);
        return send;
    }

    /**
     * What was received, read-only. A body that is not what its content type says comes as a bytes message, so that nothing
     * is lost.
     *
     * @param destination the consumer's, which tells queue from topic
     */
    PgJmsMessage receive(Delivery delivery, PgJmsDestination destination) throws JMSException {
        Delivery.Headers headers = delivery.headers();
        Map<String, Object> stored = delivery.properties();
        PgJmsMessage message = PgJmsBody.toMessage(headers.contentType(), delivery.body(), serialization);
        receiveProperties(message, delivery);
        long sent = sentMillis(delivery);
        message.setJMSMessageID(stored.containsKey(PgJmsHeaders.NO_MESSAGE_ID) ? null : text(delivery.messageId()));
        message.setJMSTimestamp(stored.containsKey(PgJmsHeaders.NO_TIMESTAMP) ? 0 : sent);
        message.setJMSDestination(destination);
        message.setJMSDeliveryMode(
                NON_PERSISTENT.equals(stored.get(PgJmsHeaders.DELIVERY_MODE))
                        ? DeliveryMode.NON_PERSISTENT
                        : DeliveryMode.PERSISTENT);
        message.setJMSPriority(headers.priority());
        long expiresAt = headers.expiresAt() == null ? 0 : headers.expiresAt().toEpochMilli();
        message.setJMSExpiration(millis(stored, PgJmsHeaders.EXPIRATION, expiresAt));
        message.setJMSDeliveryTime(millis(stored, PgJmsHeaders.DELIVERY_TIME, sent));
        message.setJMSType(headers.type());
        message.setJMSRedelivered(delivery.redelivered());
        message.correlationId(
                new PgJmsCorrelationId(headers.correlationId(), stored.containsKey(PgJmsHeaders.CORRELATION_BYTES)));
        if (headers.replyTo() != null && !headers.replyTo().isEmpty()) {
            message.setJMSReplyTo(PgJmsDestination.of(
                    PgJmsDestination.Kind.of(stored.get(PgJmsHeaders.REPLY_TO_KIND)), headers.replyTo()));
        }
        message.received();
        return message;
    }

    private static OutgoingMessage content(PgJmsMessage message, UUID id, PgJmsSendOptions options, PgJmsTimes times)
            throws JMSException {
        PgJmsBody body = message.storedBody();
        String contentType = contentType(message, body);
        PgJmsDestination replyTo = replyTo(message);
        Map<String, Object> properties = sentProperties(message);
        travel(properties, message, options, times, replyTo);
        OutgoingMessage.Builder content =
                body.bytes() == null ? OutgoingMessage.empty() : OutgoingMessage.bytes(body.bytes());
        if (contentType != null) {
            content.contentType(contentType);
        }
        if (times.deliverAt() != null) {
            content.deliverAt(times.deliverAt());
        }
        String group = group(message);
        String dedupId = string(message, PgJmsHeaders.DEDUP_ID);
        String replaceKey = string(message, PgJmsHeaders.REPLACE_KEY);
        ReplaceMode replaceMode = replaceMode(string(message, PgJmsHeaders.REPLACE_MODE));
        try {
            return content.messageId(id)
                    .dedupKey(dedupId)
                    .replaceKey(replaceKey, replaceMode)
                    .properties(properties)
                    .priority(options.priority())
                    .group(group)
                    .correlationId(message.getJMSCorrelationID())
                    .replyTo(replyTo == null ? null : replyTo.name())
                    .type(message.getJMSType())
                    .build();
        } catch (PgQueueException e) {
            throw PgJmsErrors.of(e);
        }
    }

    private static Map<String, Object> sentProperties(PgJmsMessage message) {
        Map<String, Object> properties = new LinkedHashMap<>();
        List<String> nulls = new ArrayList<>();
        for (String name : message.properties().names()) {
            if (PgJmsHeaders.isProviderOnly(name) || PgJmsHeaders.isInstruction(name)) {
                continue;
            }
            Object value = message.properties().get(name);
            if (value == null) {
                nulls.add(name);
            } else {
                properties.put(name, value);
            }
        }
        if (!nulls.isEmpty()) {
            properties.put(PgJmsHeaders.NULLS, String.join(",", nulls));
        }
        return properties;
    }

    private static void receiveProperties(PgJmsMessage message, Delivery delivery) {
        PgJmsProperties properties = message.properties();
        delivery.properties().forEach((name, value) -> {
            if (!PgJmsHeaders.isTravelling(name)) {
                properties.receive(name, value);
            }
        });
        if (delivery.properties().get(PgJmsHeaders.NULLS) instanceof String nulls) {
            for (String name : nulls.split(",")) {
                properties.receiveNull(name);
            }
        }
        Delivery.Headers headers = delivery.headers();
        if (headers.group() != null) {
            properties.receive(PgJmsHeaders.GROUP_ID, headers.group());
        }
        String contentType = headers.contentType();
        if (contentType != null && PgJmsBody.isUncommon(contentType) && message.takes(contentType)) {
            properties.receive(PgJmsHeaders.CONTENT_TYPE, contentType);
        }
        properties.receive(PgJmsHeaders.DELIVERY_COUNT, delivery.attempts());
    }

    private static void travel(
            Map<String, Object> properties,
            PgJmsMessage message,
            PgJmsSendOptions options,
            PgJmsTimes times,
            @Nullable PgJmsDestination replyTo) {
        if (options.deliveryMode() == DeliveryMode.NON_PERSISTENT) {
            properties.put(PgJmsHeaders.DELIVERY_MODE, NON_PERSISTENT);
        }
        if (times.expiration() != 0) {
            properties.put(PgJmsHeaders.EXPIRATION, times.expiration());
        }
        if (times.delay() != 0) {
            properties.put(PgJmsHeaders.DELIVERY_TIME, times.delivery());
        }
        if (options.disableMessageId()) {
            properties.put(PgJmsHeaders.NO_MESSAGE_ID, true);
        }
        if (options.disableTimestamp()) {
            properties.put(PgJmsHeaders.NO_TIMESTAMP, true);
        }
        if (replyTo != null && replyTo.kind() != PgJmsDestination.Kind.QUEUE) {
            properties.put(PgJmsHeaders.REPLY_TO_KIND, replyTo.kind().word());
        }
        if (message.correlationId().hex()) {
            properties.put(PgJmsHeaders.CORRELATION_BYTES, true);
        }
    }

    /** An address of another provider that means nothing to us must not keep the message from being sent (section 3.12). */
    private static @Nullable PgJmsDestination replyTo(PgJmsMessage message) throws JMSException {
        if (message.getJMSReplyTo() == null) {
            return null;
        }
        PgJmsDestination replyTo = PgJmsDestination.of(message.getJMSReplyTo());
        if (replyTo != null && replyTo.name().length() <= HEADER_LENGTH) {
            return replyTo;
        }
        LOG.warn(
                "A message is sent without JMSReplyTo: its {} is no queue or topic with a name of at most {} characters",
                message.getJMSReplyTo().getClass().getName(),
                HEADER_LENGTH);
        return null;
    }

    private static @Nullable String group(PgJmsMessage message) throws MessageFormatException {
        Object sequence = message.properties().get(PgJmsHeaders.GROUP_SEQ);
        if (sequence != null && !(sequence instanceof Integer)) {
            throw PgJmsConversion.wrongType(PgJmsHeaders.GROUP_SEQ, sequence, "int");
        }
        String group = string(message, PgJmsHeaders.GROUP_ID);
        return "".equals(group) ? null : group;
    }

    private static @Nullable String contentType(PgJmsMessage message, PgJmsBody body) throws MessageFormatException {
        String wanted = string(message, PgJmsHeaders.CONTENT_TYPE);
        if (wanted == null) {
            return body.contentType();
        }
        if (!message.takes(wanted)) {
            throw new MessageFormatException("Property " + PgJmsHeaders.CONTENT_TYPE + " does not fit a "
                    + message.kind() + ": a text message takes text/*, JSON and XML types without a charset, a bytes "
                    + "message others, and no other message any");
        }
        return PgJmsBody.TEXT_IN_UTF_16.equals(body.contentType()) ? body.contentType() : wanted;
    }

    private static ReplaceMode replaceMode(@Nullable String word) throws MessageFormatException {
        if (word == null) {
            return ReplaceMode.REPLACE;
        }
        return switch (word) {
            case "replace" -> ReplaceMode.REPLACE;
            case "keep-time" -> ReplaceMode.KEEP_TIME;
            case "skip" -> ReplaceMode.SKIP;
            default ->
                throw new MessageFormatException(
                        "Property " + PgJmsHeaders.REPLACE_MODE + " must be replace, keep-time or skip");
        };
    }

    private static @Nullable String string(PgJmsMessage message, String property) throws MessageFormatException {
        Object value = message.properties().get(property);
        if (value != null && !(value instanceof String)) {
            throw PgJmsConversion.wrongType(property, value, "String");
        }
        return (String) value;
    }

    private static void refuseBadTimes(PgJmsSend send) throws JMSException {
        try {
            send.message(send.calledAtNanos());
        } catch (PgQueueException e) {
            throw PgJmsErrors.of(e);
        }
    }

    private static void stamp(
            Message message, PgJmsDestination destination, UUID id, PgJmsSendOptions options, PgJmsTimes times)
            throws JMSException {
        message.setJMSDestination(destination);
        message.setJMSDeliveryMode(options.deliveryMode());
        message.setJMSPriority(options.priority());
        message.setJMSMessageID(options.disableMessageId() ? null : text(id));
        message.setJMSTimestamp(options.disableTimestamp() ? 0 : times.sent());
        message.setJMSExpiration(times.expiration());
        message.setJMSDeliveryTime(times.delivery());
    }

    /** The sender's clock is in the id; only somebody else's id may be without. */
    private static long sentMillis(Delivery delivery) {
        UUID id = delivery.messageId();
        return id.version() == UUID_WITH_TIME
                ? MessageIds.millis(id)
                : delivery.headers().sentAt().toEpochMilli();
    }

    private static long millis(Map<String, Object> stored, String name, long otherwise) {
        return stored.get(name) instanceof Number millis ? millis.longValue() : otherwise;
    }
}
