// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgqueue.Delivery;
import io.pgqueue.InvalidArgumentException;
import io.pgqueue.InvalidPropertyException;
import io.pgqueue.Lease;
import io.pgqueue.OutgoingMessage;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.springframework.messaging.Message;
import org.springframework.messaging.MessageHeaders;
import org.springframework.messaging.support.MessageBuilder;
import tools.jackson.databind.json.JsonMapper;

class PgMessageConverterTest {

    private final PgMessageConverter converter =
            new PgMessageConverter(JsonMapper.builder().build());

    record Order(int number, String customer) {}

    @Test
    void aRecordIsJson() {
        OutgoingMessage message = converter.toOutgoing(new Order(1, "Ada ❤"), Map.of());
        assertThat(text(message)).isEqualTo("{\"number\":1,\"customer\":\"Ada ❤\"}");
        assertThat(message.contentType()).isEqualTo("application/json");
    }

    @Test
    void aStringIsText() {
        OutgoingMessage message = converter.toOutgoing("Grüße", Map.of());
        assertThat(text(message)).isEqualTo("Grüße");
        assertThat(message.contentType()).isEqualTo("text/plain");
    }

    @Test
    void bytesAreBytes() {
        OutgoingMessage message = converter.toOutgoing(new byte[] {1, 2}, Map.of());
        assertThat(message.body()).containsExactly(1, 2);
        assertThat(message.contentType()).isEqualTo("application/octet-stream");
    }

    @Test
    void aContentTypeGivenIsKeptAndJsonTextNotQuoted() {
        OutgoingMessage message =
                converter.toOutgoing("{\"a\":1}", Map.of(MessageHeaders.CONTENT_TYPE, "application/json"));
        assertThat(text(message)).isEqualTo("{\"a\":1}");
        assertThat(message.contentType()).isEqualTo("application/json");
        assertThat(converter
                        .toOutgoing(
                                new Order(1, "x"), Map.of(MessageHeaders.CONTENT_TYPE, "application/vnd.shop.order"))
                        .contentType())
                .isEqualTo("application/vnd.shop.order");
    }

    @Test
    void headersBecomePropertiesAndThoseOfPgHeadersTheirOwn() {
        UUID id = UUID.randomUUID();
        OutgoingMessage message = converter.toOutgoing(
                "x",
                Map.of(
                        "color",
                        "red",
                        "size",
                        7L,
                        "id",
                        "an application's own",
                        PgHeaders.MESSAGE_ID,
                        id,
                        PgHeaders.PRIORITY,
                        9,
                        PgHeaders.GROUP,
                        "g",
                        PgHeaders.CORRELATION_ID,
                        "c",
                        PgHeaders.REPLY_TO,
                        "r",
                        PgHeaders.DELAY,
                        Duration.ofSeconds(3),
                        PgHeaders.TIME_TO_LIVE,
                        Duration.ofSeconds(9)));
        assertThat(message.properties()).isEqualTo(Map.of("color", "red", "size", 7L, "id", "an application's own"));
        assertThat(message.messageId()).isEqualTo(id);
        assertThat(message.priority()).isEqualTo(9);
        assertThat(message.group()).isEqualTo("g");
        assertThat(message.correlationId()).isEqualTo("c");
        assertThat(message.replyTo()).isEqualTo("r");
        assertThat(message.delay()).isEqualTo(Duration.ofSeconds(3));
        assertThat(message.timeToLive()).isEqualTo(Duration.ofSeconds(9));
    }

    @Test
    void aNullHeaderIsAbsent() {
        assertThat(converter
                        .toOutgoing("x", Collections.singletonMap("a", null))
                        .properties())
                .isEmpty();
    }

    /** Who calls without a check of nulls is told what to do, as for any other wrong value. */
    @Test
    @SuppressWarnings("NullAway")
    void noPayloadIsRefused() {
        assertThatThrownBy(() -> converter.toOutgoing(null, Map.of()))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContaining("payload is null");
    }

    @Test
    void wrongHeadersAreRefused() {
        assertThatThrownBy(() -> converter.toOutgoing("x", Map.of(PgHeaders.PRIORITY, "high")))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContaining("pgqueue_priority");
        assertThatThrownBy(() -> converter.toOutgoing("x", Map.of("pgqueue_prioritty", 1)))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContaining("check the spelling");
        assertThatThrownBy(() -> converter.toOutgoing("x", Map.of("when", Instant.EPOCH)))
                .isInstanceOf(InvalidPropertyException.class);
        assertThatThrownBy(() -> converter.toOutgoing(OutgoingMessage.text("x").build(), Map.of()))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContaining("send(");
    }

    @Test
    void aMessageIsTakenApart() {
        OutgoingMessage sent = converter.toOutgoing(
                MessageBuilder.withPayload("x").setHeader("color", "red").build(), Map.of("color", "blue", "size", 1));
        assertThat(text(sent)).isEqualTo("x");
        assertThat(sent.properties()).isEqualTo(Map.of("color", "red", "size", 1));
        Message<byte[]> received = converter.toMessage(delivery(Map.of("timestamp", 5L, "id", "own")));
        assertThat(converter.toOutgoing(received, Map.of()).properties())
                .isEqualTo(Map.of("timestamp", 5L, "id", "own"));
    }

    @Test
    void aReceivedMessageCanBeSentOn() {
        Message<byte[]> received = converter.toMessage(delivery(Map.of("color", "red", "id", "own")));
        assertThat(received.getHeaders())
                .containsEntry("color", "red")
                .containsEntry("id", "own")
                .containsEntry(PgHeaders.ATTEMPTS, 2)
                .containsEntry(PgHeaders.DESTINATION, "orders")
                .doesNotContainKey(PgHeaders.GROUP);
        OutgoingMessage again = converter.toOutgoing(received.getPayload(), received.getHeaders());
        assertThat(again.properties()).isEqualTo(Map.of("color", "red", "id", "own"));
        assertThat(again.correlationId()).isEqualTo("c");
        assertThat(again.contentType()).isEqualTo("application/json");
    }

    /** Else cancelling one, or asking what became of it, would mean the other too. */
    @Test
    void whatIsSentOnIsAnotherMessage() {
        Message<byte[]> received =
                converter.toMessage(delivery(Map.of("color", "red", "JMS_PGQ_DeadReason", "MAX_ATTEMPTS")));
        assertThat(converter.toOutgoing(received, Map.of()))
                .satisfies(again -> assertThat(again.messageId()).isNull())
                .satisfies(again -> assertThat(again.properties()).isEqualTo(Map.of("color", "red")));
        Message<String> changed = MessageBuilder.withPayload("other")
                .copyHeaders(received.getHeaders())
                .setHeader("color", "blue")
                .build();
        assertThat(converter.toOutgoing(changed, Map.of()))
                .satisfies(again -> assertThat(again.messageId()).isNull())
                .satisfies(again -> assertThat(again.properties()).isEqualTo(Map.of("color", "blue")));
        UUID chosen = UUID.randomUUID();
        assertThat(converter
                        .toOutgoing(received, Map.of(PgHeaders.MESSAGE_ID, chosen))
                        .messageId())
                .isEqualTo(chosen);
    }

    @Test
    void theReceiversTypeDecides() {
        Message<byte[]> received = converter.toMessage(delivery(Map.of()));
        assertThat(converter.payloads().fromMessage(received, String.class))
                .isEqualTo("{\"number\":1,\"customer\":\"Ada\"}");
        assertThat(converter.payloads().fromMessage(received, Order.class)).isEqualTo(new Order(1, "Ada"));
        assertThat(converter.payloads().fromMessage(received, byte[].class)).isEqualTo(received.getPayload());
    }

    private static Delivery delivery(Map<String, Object> properties) {
        return new Delivery(
                UUID.randomUUID(),
                "orders",
                "orders",
                "{\"number\":1,\"customer\":\"Ada\"}".getBytes(StandardCharsets.UTF_8),
                properties,
                new Delivery.Headers(Instant.now(), null, 4, "application/json", null, "c", null, null),
                2,
                0,
                new Lease(0, 1, 4, 1, 1, Instant.now(), false));
    }

    private static String text(OutgoingMessage message) {
        byte[] body = message.body();
        return body == null ? "" : new String(body, StandardCharsets.UTF_8);
    }
}
