// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring;

import static io.pgqueue.InvalidArgumentException.requireGiven;

import io.pgqueue.Delivery;
import io.pgqueue.InvalidArgumentException;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.ReplaceMode;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.springframework.messaging.Message;
import org.springframework.messaging.MessageHeaders;
import org.springframework.messaging.converter.CompositeMessageConverter;
import org.springframework.messaging.converter.MessageConversionException;
import org.springframework.messaging.converter.MessageConverter;
import org.springframework.messaging.support.GenericMessage;
import org.springframework.util.MimeType;
import org.springframework.util.MimeTypeUtils;
import tools.jackson.databind.json.JsonMapper;

/**
 * Between the application's payloads and messages as they are stored. A String is sent as {@code text/plain}, bytes as
 * {@code application/octet-stream}, everything else as {@code application/json}; a content type given is kept. What comes
 * back is decided by the type that the receiver asks for, never by the message. Safe for use by several threads.
 */
public final class PgMessageConverter {

    private static final byte[] EMPTY = {};

    /** What properties begin with that tell why a message was moved to a queue of dead letters; only we set them. */
    private static final String DEAD_LETTER = "JMS_PGQ_Dead";

    private final MessageConverter payloads;

    /** @param payloads turns payloads into {@code byte[]} or String and back */
    public PgMessageConverter(MessageConverter payloads) {
        this.payloads = payloads;
    }

    /** Text, bytes, and JSON by the mapper given. */
    public PgMessageConverter(JsonMapper mapper) {
        this(new CompositeMessageConverter(
                List.of(new TextConverter(), new BytesConverter(), new JsonConverter(mapper))));
    }

    /** For handler methods: converts payloads of {@link #toMessage(Delivery)}. */
    public MessageConverter payloads() {
        return payloads;
    }

    /**
     * @param payload not null; of a {@link Message} its payload and headers are taken
     * @param headers properties, and the other headers by the names of {@link PgHeaders}
     * @throws MessageConversionException if no converter takes the payload
     * @throws InvalidArgumentException if the payload is null, or a header has the wrong type or is out of range
     */
    public OutgoingMessage toOutgoing(Object payload, Map<String, ? extends @Nullable Object> headers) {
        if (payload == null) {
            throw new InvalidArgumentException(
                    "The payload is null; send \"\" or new byte[0] for a message without a body");
        }
        requireGiven("headers", headers);
        if (payload instanceof OutgoingMessage) {
            throw new InvalidArgumentException(
                    "The payload is an OutgoingMessage, which carries headers of its own; use "
                            + "send(destination, OutgoingMessage)");
        }
        if (payload instanceof Message<?> message) {
            return toOutgoing(message.getPayload(), with(headers, message.getHeaders()));
        }
        return toOutgoing(payload, sentOn(headers), headers.get(MessageHeaders.CONTENT_TYPE));
    }

    private OutgoingMessage toOutgoing(
            Object payload, Map<String, ? extends @Nullable Object> headers, @Nullable Object contentType) {
        Message<?> message = payloads.toMessage(payload, contentTypeHeaders(contentType));
        if (message == null) {
            throw new MessageConversionException("No converter takes a "
                    + payload.getClass().getName() + "; send a String, bytes or something that Jackson can write");
        }
        MimeType type = mimeType(message, contentType);
        OutgoingMessage.Builder builder =
                OutgoingMessage.bytes(bytes(message.getPayload(), type)).contentType(type.toString());
        setHeaders(builder, headers);
        return builder.build();
    }

    /** Of a message its own headers count first. Id and timestamp that Spring makes with every message are not properties. */
    private static Map<String, Object> with(Map<String, ? extends @Nullable Object> outer, MessageHeaders own) {
        Map<String, Object> all = new HashMap<>();
        for (Map<String, ? extends @Nullable Object> headers : List.of(sentOn(outer), sentOn(own))) {
            headers.forEach((name, value) -> {
                if (value != null) {
                    all.put(name, value);
                }
            });
        }
        if (!(own instanceof DeliveryHeaders)) {
            all.remove(MessageHeaders.ID);
            all.remove(MessageHeaders.TIMESTAMP);
        }
        return all;
    }

    /** A message that is sent on is another one, and what was said of its end is not said of that. */
    private static Map<String, ? extends @Nullable Object> sentOn(Map<String, ? extends @Nullable Object> headers) {
        if (!headers.containsKey(PgHeaders.SENT_AT)) {
            return headers;
        }
        Map<String, @Nullable Object> kept = new HashMap<>(headers);
        kept.remove(PgHeaders.MESSAGE_ID);
        kept.keySet().removeIf(name -> PgHeaders.ONLY_RECEIVED.contains(name) || name.startsWith(DEAD_LETTER));
        return kept;
    }

    /** The body as {@code byte[]}, empty when there is none; headers as {@link PgHeaders} says. */
    public Message<byte[]> toMessage(Delivery delivery) {
        byte[] body = delivery.body();
        return new GenericMessage<>(body == null ? EMPTY : body, new DeliveryHeaders(delivery));
    }

    private static MessageHeaders contentTypeHeaders(@Nullable Object contentType) {
        Map<String, Object> headers = new HashMap<>();
        if (contentType != null) {
            headers.put(MessageHeaders.CONTENT_TYPE, contentType);
        }
        return new MessageHeaders(headers);
    }

    private static MimeType mimeType(Message<?> message, @Nullable Object given) {
        Object type = given != null ? given : message.getHeaders().get(MessageHeaders.CONTENT_TYPE);
        if (type instanceof MimeType mimeType) {
            return mimeType.getParameters().containsKey("charset")
                            && StandardCharsets.UTF_8.equals(mimeType.getCharset())
                            && given == null
                    ? new MimeType(mimeType.getType(), mimeType.getSubtype())
                    : mimeType;
        }
        if (type instanceof String text) {
            return MimeTypeUtils.parseMimeType(text);
        }
        return MimeTypeUtils.APPLICATION_OCTET_STREAM;
    }

    private static byte[] bytes(Object payload, MimeType type) {
        if (payload instanceof byte[] bytes) {
            return bytes;
        }
        Charset charset = type.getCharset() == null ? StandardCharsets.UTF_8 : type.getCharset();
        return payload.toString().getBytes(charset);
    }

    private static void setHeaders(OutgoingMessage.Builder builder, Map<String, ? extends @Nullable Object> headers) {
        Map<String, Object> properties = new LinkedHashMap<>();
        headers.forEach((name, value) -> {
            if (name.equals(MessageHeaders.CONTENT_TYPE) || PgHeaders.ONLY_RECEIVED.contains(name) || value == null) {
                return;
            }
            switch (name) {
                case PgHeaders.MESSAGE_ID -> set(name, value, UUID.class, builder::messageId);
                case PgHeaders.PRIORITY -> set(name, value, Integer.class, builder::priority);
                case PgHeaders.GROUP -> set(name, value, String.class, builder::group);
                case PgHeaders.CORRELATION_ID -> set(name, value, String.class, builder::correlationId);
                case PgHeaders.REPLY_TO -> set(name, value, String.class, builder::replyTo);
                case PgHeaders.TYPE -> set(name, value, String.class, builder::type);
                case PgHeaders.DELAY -> set(name, value, Duration.class, builder::delay);
                case PgHeaders.DELIVER_AT -> set(name, value, Instant.class, builder::deliverAt);
                case PgHeaders.DEDUP_KEY -> set(name, value, String.class, builder::dedupKey);
                case PgHeaders.REPLACE_KEY ->
                    set(name, value, String.class, key -> builder.replaceKey(key, mode(headers)));
                case PgHeaders.REPLACE_MODE -> mode(headers);
                case PgHeaders.TIME_TO_LIVE -> set(name, value, Duration.class, builder::timeToLive);
                default -> properties.put(checkName(name), value);
            }
        });
        builder.properties(properties);
    }

    private static ReplaceMode mode(Map<String, ? extends @Nullable Object> headers) {
        Object mode = headers.get(PgHeaders.REPLACE_MODE);
        if (mode == null) {
            return ReplaceMode.REPLACE;
        }
        if (!(mode instanceof ReplaceMode replaceMode) || headers.get(PgHeaders.REPLACE_KEY) == null) {
            throw new InvalidArgumentException("Header " + PgHeaders.REPLACE_MODE + " is " + mode + ", must be a "
                    + ReplaceMode.class.getName() + " and come with " + PgHeaders.REPLACE_KEY);
        }
        return replaceMode;
    }

    private static <T> void set(String name, Object value, Class<T> type, Consumer<T> setter) {
        if (!type.isInstance(value)) {
            throw new InvalidArgumentException(
                    "Header " + name + " is a " + value.getClass().getName() + ", must be a " + type.getName());
        }
        setter.accept(type.cast(value));
    }

    private static String checkName(String name) {
        if (name.startsWith(PgHeaders.PREFIX)) {
            throw new InvalidArgumentException("Header " + name + " is none of PgHeaders, and names beginning with "
                    + PgHeaders.PREFIX + " are reserved; check the spelling or choose another name");
        }
        return name;
    }
}
