// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgqueue.Delivery;
import io.pgqueue.Lease;
import io.pgqueue.spring.PgHeaders;
import io.pgqueue.spring.PgMessageConverter;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.support.DefaultListableBeanFactory;
import org.springframework.messaging.Message;
import org.springframework.messaging.handler.annotation.Header;
import org.springframework.messaging.handler.annotation.Headers;
import org.springframework.messaging.handler.annotation.Payload;
import tools.jackson.databind.json.JsonMapper;

class DeliveryHandlerFactoryTest {

    private final DeliveryHandlerFactory factory = DeliveryHandlerFactory.builder(
                    new PgMessageConverter(JsonMapper.builder().build()), new DefaultListableBeanFactory())
            .build();

    private static final Acknowledgement NOTHING = new Acknowledgement() {
        @Override
        public void ack() {}

        @Override
        public void nack() {}

        @Override
        public void nack(Duration delay) {}

        @Override
        public void retryLater(Duration delay) {}

        @Override
        public void deadLetter(String reason) {}

        @Override
        public boolean isCancelled() {
            return false;
        }

        @Override
        public void extend(Duration lease) {}

        @Override
        public Acknowledgement of(Delivery delivery) {
            return this;
        }
    };

    private final Listeners listeners = new Listeners();

    record Order(int number) {}

    @Test
    void takesEverythingSpringMessagingKnows() throws Exception {
        Delivery delivery = delivery("{\"number\":7}", Map.of("color", "red"));
        handler("everything").handle(delivery, NOTHING);
        assertThat(listeners.received).containsExactly(new Order(7), "red", 3, delivery, "red", new Order(7));
    }

    @Test
    void takesListsAndTextAndBytes() throws Exception {
        handler("list").handle(delivery("[{\"number\":1},{\"number\":2}]", Map.of()), NOTHING);
        handler("text").handle(delivery("{\"number\":1}", Map.of()), NOTHING);
        handler("bytes").handle(delivery("ab", Map.of()), NOTHING);
        assertThat(listeners.received).containsExactly(List.of(new Order(1), new Order(2)), "{\"number\":1}", "ab");
    }

    @Test
    void anAbsentBodyIsNullWhereThatIsAllowed() throws Exception {
        handler("optional").handle(delivery(null, Map.of()), NOTHING);
        assertThat(listeners.received).containsExactly("none");
    }

    @ParameterizedTest
    @ValueSource(strings = {"order", "header", "number"})
    void whatDoesNotFitIsUnreadable(String method) {
        assertThatThrownBy(() -> handler(method).handle(delivery("no json", Map.of("count", "many")), NOTHING))
                .isInstanceOf(UnreadableDeliveryException.class)
                .hasMessageContaining(method);
        assertThat(listeners.received).isEmpty();
    }

    @Test
    void whatTheHandlerThrowsIsThrownAsItIs() {
        assertThatThrownBy(() -> handler("fails").handle(delivery("x", Map.of()), NOTHING))
                .isExactlyInstanceOf(IllegalArgumentException.class)
                .hasMessage("mine");
    }

    @Test
    void aMethodThatReturnsTooEarlyIsRefused() {
        assertThatThrownBy(() -> handler("later"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("CompletableFuture");
    }

    /** Otherwise the application starts, and every message is a dead letter at once. */
    @ParameterizedTest
    @CsvSource({
        "deliveries, set batch = true",
        "messages, set batch = true",
        "twoPayloads, 'takes 2 payloads (Order, Integer)'"
    })
    void aMethodThatNoMessageFitsIsRefused(String method, String rule) {
        assertThatThrownBy(() -> handler(method))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining(method)
                .hasMessageContaining(rule);
    }

    private DeliveryHandler handler(String name) {
        Method method = Arrays.stream(Listeners.class.getDeclaredMethods())
                .filter(m -> m.getName().equals(name))
                .findFirst()
                .orElseThrow();
        return factory.create(listeners, method, null, (destination, message) -> {});
    }

    private static Delivery delivery(@Nullable String body, Map<String, Object> properties) {
        return new Delivery(
                UUID.randomUUID(),
                "orders",
                "orders",
                body == null ? null : body.getBytes(StandardCharsets.UTF_8),
                properties,
                new Delivery.Headers(Instant.EPOCH, null, 4, null, null, null, null, null),
                3,
                0,
                new Lease(0, 1, 4, 1, 1, Instant.EPOCH, false));
    }

    static class Listeners {

        final List<Object> received = new ArrayList<>();

        void everything(
                @Payload Order payload,
                @Header String color,
                @Header(PgHeaders.ATTEMPTS) int attempts,
                Delivery delivery,
                @Headers Map<String, Object> headers,
                Message<Order> message) {
            received.addAll(List.of(
                    payload, color, attempts, delivery, String.valueOf(headers.get("color")), message.getPayload()));
        }

        void deliveries(List<Delivery> deliveries) {}

        void messages(Collection<Message<Order>> messages) {}

        void twoPayloads(Order order, Integer count) {}

        void list(List<Order> orders) {
            received.add(orders);
        }

        void text(String text) {
            received.add(text);
        }

        void bytes(byte[] bytes) {
            received.add(new String(bytes, StandardCharsets.UTF_8));
        }

        void optional(@Payload(required = false) @Nullable Order order) {
            received.add(order == null ? "none" : order);
        }

        void order(Order order) {
            received.add(order);
        }

        void header(@Header String missing) {
            received.add(missing);
        }

        void number(@Header int count) {
            received.add(count);
        }

        void fails(String text) {
            throw new IllegalArgumentException("mine");
        }

        CompletableFuture<Void> later(String text) {
            return CompletableFuture.completedFuture(null);
        }
    }
}
