// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgqueue.Delivery;
import io.pgqueue.Failure;
import io.pgqueue.InvalidFilterException;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.QueueSpec;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** FIL-11: a selector of a receiver is part of the search. */
@PostgresTest(template = MigratedSchema.class)
class SelectorReceiverIT {

    private static final Duration LONG = Duration.ofSeconds(20);

    private PgQueue queue;
    private PgQueue other;

    @BeforeEach
    void open(DataSource dataSource) {
        queue = PgQueue.builder(dataSource).build();
        other = PgQueue.builder(dataSource).build();
    }

    @AfterEach
    void close() {
        queue.close();
        other.close();
    }

    @Test
    void whatIsNotSelectedIsNeitherHeldNorHiddenNorCounted() {
        declare("mixed");
        for (int i = 0; i < 10; i++) {
            send("mixed", i % 2 == 0 ? "red" : "blue", 4);
        }
        List<Delivery> red = selecting("mixed", "color = 'red'").receive(100);
        assertThat(red).hasSize(5).allMatch(d -> "red".equals(d.properties().get("color")));
        List<Delivery> rest = queue.receiver("mixed").receive(100);
        assertThat(rest).hasSize(5).allMatch(d -> d.attempts() == 1);
        queue.ack(red);
        queue.ack(rest);
        assertThat(queue.admin().stats(null, "mixed").unfinished()).isZero();
    }

    @Test
    void aMatchBehindThousandsOfOthersIsFoundByOneCall() {
        declare("deep");
        sendMany("deep", "blue", 5000, 9);
        sendMany("deep", "blue", 4500, 4);
        send("deep", "red", 4);
        sendMany("deep", "blue", 3000, 4);
        Receiver receiver = selecting("deep", "color = 'red'");
        assertThat(receiver.receive(10)).hasSize(1);
        assertThat(receiver.receive(10)).isEmpty();
        send("deep", "red", 0);
        assertThat(receiver.receive(10)).as("a priority that was not in use").hasSize(1);
    }

    @Test
    void orderAndHeadersCountAsEver() {
        declare("ordered");
        List<Long> sent = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            send("ordered", "red", i % 10);
        }
        List<Delivery> received = selecting("ordered", "JMSPriority BETWEEN 3 AND 5 AND color LIKE 'r%'")
                .receive(1000);
        assertThat(received).hasSize(60);
        for (Delivery delivery : received) {
            sent.add(
                    -1_000_000L * delivery.lease().priority() + delivery.lease().position());
        }
        assertThat(sent).isSorted();
        Delivery one = received.get(0);
        queue.nack(one, Duration.ZERO, Failure.of(new IllegalStateException("again")));
        Receiver byId = selecting("ordered", "JMSMessageID = 'ID:" + one.messageId() + "'");
        assertThat(byId.receive(10))
                .singleElement()
                .satisfies(again -> assertThat(again.attempts()).isEqualTo(2));
    }

    @Test
    void aReceiverDoesNotHideARowFromAnotherSelector() throws Exception {
        declare("floors");
        Receiver red = selecting("floors", "color = 'red'");
        Receiver blue = selecting("floors", "color = 'blue'");
        for (int round = 0; round < 5; round++) {
            sendMany("floors", "blue", 300, 4);
            sendMany("floors", "red", 300, 4);
            assertThat(red.receive(1000)).hasSize(300);
            assertThat(red.receive(1000)).isEmpty();
            assertThat(blue.receive(1000)).hasSize(300);
        }
    }

    @Test
    void aWaitingReceiverIsWokenByItsMessageOnly() throws Exception {
        declare("waits");
        Receiver red = selecting("waits", "color = 'red'");
        Receiver blue = selecting("waits", "color = 'blue'");
        ExecutorService threads = Executors.newFixedThreadPool(2);
        try {
            Future<List<Delivery>> reds = threads.submit(() -> red.receive(10, LONG));
            Future<List<Delivery>> blues = threads.submit(() -> blue.receive(10, LONG));
            send("waits", "blue", 4);
            assertThat(blues.get(20, TimeUnit.SECONDS)).hasSize(1);
            assertThat(reds.isDone()).isFalse();
            send("waits", "red", 4);
            assertThat(reds.get(20, TimeUnit.SECONDS)).hasSize(1);
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void aPollFindsWhatNoWakeUpTold() throws Exception {
        declare("polled");
        sendMany("polled", "blue", 3000, 4);
        Receiver red = other.receiver(null, "polled", ReceiverOptions.DEFAULT.withSelector("color = 'red'"));
        assertThat(red.receive(10)).isEmpty();
        send("polled", "red", 4);
        assertThat(red.receive(10, LONG)).hasSize(1);
        send("polled", "red", 4);
        Delivery first = red.receive(10, LONG).get(0);
        other.nack(first, Duration.ZERO, Failure.of(new IllegalStateException("again")));
        assertThat(red.receive(10, LONG)).as("again, in the middle").hasSize(1);
    }

    @Test
    void whatIsDueOrExpiredIsTreatedAsEver() throws Exception {
        declare("due");
        queue.publish(
                "due",
                OutgoingMessage.text("later")
                        .property("color", "red")
                        .delay(Duration.ofMillis(50))
                        .build());
        queue.publish(
                "due",
                OutgoingMessage.text("gone")
                        .property("color", "red")
                        .timeToLive(Duration.ofMillis(1))
                        .build());
        assertThat(selecting("due", "color = 'red'").receive(10, LONG))
                .extracting(Delivery::text)
                .containsExactly("later");
        Instant soon = Instant.now().plusSeconds(20);
        while (queue.admin().stats(null, "due").unfinished() > 1) {
            assertThat(Instant.now()).isBefore(soon);
            selecting("due", "color = 'red'").receive(10);
        }
    }

    @Test
    void competingReceiversWithSelectorsTakeEverythingOnce() throws Exception {
        declare("shared");
        int colors = 5;
        int each = 1000;
        ExecutorService threads = Executors.newFixedThreadPool(8);
        Map<Object, String> seen = new ConcurrentHashMap<>();
        try {
            List<Future<Integer>> consumers = new ArrayList<>();
            for (int color = 0; color < colors; color++) {
                for (PgQueue client : List.of(queue, other)) {
                    String name = "c" + color;
                    consumers.add(threads.submit(() -> consume(client, name, seen, each)));
                }
            }
            for (int i = 0; i < each; i += 100) {
                List<OutgoingMessage> batch = IntStream.range(0, 100 * colors)
                        .mapToObj(n -> message("c" + n % colors, n % 10))
                        .toList();
                queue.publish("shared", batch);
            }
            for (Future<Integer> consumer : consumers) {
                consumer.get(60, TimeUnit.SECONDS);
            }
            assertThat(seen).hasSize(colors * each);
            assertThat(queue.admin().stats(null, "shared").unfinished()).isZero();
        } finally {
            threads.shutdownNow();
        }
    }

    private static int consume(PgQueue client, String color, Map<Object, String> seen, int all) throws Exception {
        int count = 0;
        try (Receiver receiver =
                client.receiver(null, "shared", ReceiverOptions.DEFAULT.withSelector("color = '" + color + "'"))) {
            while (seen.values().stream().filter(color::equals).count() < all) {
                List<Delivery> deliveries = receiver.receive(50, Duration.ofMillis(500));
                for (Delivery delivery : deliveries) {
                    assertThat(delivery.properties()).containsEntry("color", color);
                    assertThat(seen.put(delivery.messageId(), color)).isNull();
                    count++;
                }
                client.ack(deliveries);
            }
        }
        return count;
    }

    @Test
    void aBadSelectorIsRefusedWithItsPosition() {
        assertThatThrownBy(() -> ReceiverOptions.DEFAULT.withSelector("color = "))
                .isInstanceOf(InvalidFilterException.class)
                .hasMessageContaining("At character");
        assertThat(ReceiverOptions.DEFAULT.withSelector(" ").selector()).isNull();
    }

    private void declare(String name) {
        queue.admin().declareQueue(QueueSpec.of(name));
    }

    private Receiver selecting(String name, String selector) {
        return queue.receiver(null, name, ReceiverOptions.DEFAULT.withSelector(selector));
    }

    private void send(String name, String color, int priority) {
        queue.publish(name, message(color, priority));
    }

    private void sendMany(String name, String color, int count, int priority) {
        queue.publish(
                name,
                IntStream.range(0, count)
                        .mapToObj(i -> message(color, priority))
                        .toList());
    }

    private static OutgoingMessage message(String color, int priority) {
        return OutgoingMessage.text("x")
                .property("color", color)
                .priority(priority)
                .build();
    }
}
