// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgqueue.ConflictException;
import io.pgqueue.Delivery;
import io.pgqueue.Failure;
import io.pgqueue.InvalidFilterException;
import io.pgqueue.NackResult.Outcome;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.PublishResult;
import io.pgqueue.QueueSpec;
import io.pgqueue.Redrive;
import io.pgqueue.StaleDeliveryException;
import io.pgqueue.SubscriptionSpec;
import io.pgqueue.TopicSpec;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@PostgresTest(template = MigratedSchema.class)
class PublishReceiveAckIT {

    private static final Duration LONG = Duration.ofSeconds(10);

    private PgQueue queue;
    private DataSource dataSource;

    @BeforeEach
    void open(DataSource dataSource) {
        this.dataSource = dataSource;
        queue = PgQueue.builder(dataSource).build();
    }

    @AfterEach
    void close() {
        queue.close();
    }

    @Test
    void aMessageGoesRoundWithEverythingItCarries() throws Exception {
        queue.admin().declareQueue(QueueSpec.of("round"));
        PublishResult sent = queue.publish(
                "round",
                OutgoingMessage.json("{\"a\":1}")
                        .property("i", 1)
                        .property("l", 2L)
                        .property("f", 1.1f)
                        .property("d", Double.NaN)
                        .property("z", -0.0)
                        .property("s", "a\0b\uD800")
                        .property("b", true)
                        .property("y", (byte) 3)
                        .property("h", (short) 4)
                        .priority(7)
                        .correlationId("c")
                        .type("t")
                        .build());
        assertThat(sent.matched()).isEqualTo(1);
        Receiver receiver = queue.receiver("round");
        Delivery delivery = receiver.receive(10, LONG).get(0);
        assertThat(delivery.messageId()).isEqualTo(sent.messageId());
        assertThat(delivery.text()).isEqualTo("{\"a\":1}");
        assertThat(delivery.properties())
                .containsEntry("i", 1)
                .containsEntry("l", 2L)
                .containsEntry("f", 1.1f)
                .containsEntry("d", Double.NaN)
                .containsEntry("z", -0.0)
                .containsEntry("s", "a\0b\uD800")
                .containsEntry("b", true)
                .containsEntry("y", (byte) 3)
                .containsEntry("h", (short) 4);
        assertThat(delivery.headers().priority()).isEqualTo(7);
        assertThat(delivery.headers().correlationId()).isEqualTo("c");
        assertThat(delivery.attempts()).isEqualTo(1);
        assertThat(receiver.receive(10)).isEmpty();
        queue.ack(delivery);
        assertThatThrownBy(() -> queue.ack(delivery)).isInstanceOf(StaleDeliveryException.class);
        assertThat(queue.admin().stats(null, "round").unfinished()).isZero();
    }

    @Test
    void aBatchIsStoredOnceForEverySubscription() throws Exception {
        queue.admin().declareTopic(TopicSpec.of("news"));
        queue.admin().declareSubscription(SubscriptionSpec.of("news", "all"));
        queue.admin().declareSubscription(SubscriptionSpec.of("news", "red").withSelector("color = 'red'"));
        queue.admin().declareSubscription(SubscriptionSpec.of("news", "red").withSelector("color='red'"));
        List<OutgoingMessage> messages = IntStream.range(0, 2500)
                .mapToObj(i -> OutgoingMessage.text("m" + i)
                        .property("color", i % 2 == 0 ? "red" : "blue")
                        .build())
                .toList();
        List<PublishResult> results = queue.publish("news", messages);
        assertThat(results).extracting(PublishResult::matched).containsSequence(2, 1, 2, 1);
        Receiver all = queue.receiver("news", "all");
        int expected = 0;
        while (expected < 2500) {
            List<Delivery> batch = all.receive(1000);
            for (Delivery delivery : batch) {
                assertThat(delivery.text()).isEqualTo("m" + expected++);
            }
            queue.ack(batch);
        }
        assertThat(queue.admin().stats("news", "red").ready()).isEqualTo(1250);
    }

    @Test
    void aSelectorDecidesAtPublish() {
        queue.admin().declareTopic(TopicSpec.of("cars"));
        SubscriptionSpec heavy = SubscriptionSpec.of("cars", "heavy")
                .withSelector("JMSType = 'car' AND weight > 2500 AND NOT (color IN ('red', 'green'))");
        queue.admin().declareSubscription(heavy);
        queue.admin().declareSubscription(heavy);
        assertThatThrownBy(() -> queue.admin().declareSubscription(heavy.withSelector("weight > 2500")))
                .isInstanceOf(ConflictException.class);
        assertThatThrownBy(() -> queue.admin()
                        .createSubscription(SubscriptionSpec.of("cars", "bad").withSelector("a = 1 AMD b = 2")))
                .isInstanceOf(InvalidFilterException.class)
                .hasMessageContaining("AMD");
        assertThat(car("blue", 3000).matched()).isEqualTo(1);
        assertThat(car("red", 3000).matched()).isZero();
        assertThat(car("blue", 2000).matched()).isZero();
        assertThat(queue.publish("cars", OutgoingMessage.text("x").type("car").build())
                        .matched())
                .isZero();
    }

    private PublishResult car(String color, int weight) {
        return queue.publish(
                "cars",
                OutgoingMessage.text("x")
                        .type("car")
                        .property("color", color)
                        .property("weight", weight)
                        .build());
    }

    @Test
    void aFailureIsRetriedAndThenDead() {
        queue.admin()
                .declareQueue(QueueSpec.of("fails")
                        .withSettings(io.pgqueue.SubscriptionSettings.DEFAULT.withRedelivery(
                                io.pgqueue.RedeliveryPolicy.DEFAULT.withMaxAttempts(2))));
        queue.publish("fails", OutgoingMessage.text("x").build());
        Receiver receiver = queue.receiver("fails");
        Delivery first = receiver.receive(1).get(0);
        assertThat(queue.nack(first, Duration.ZERO, Failure.of(new IllegalStateException("one")))
                        .outcome())
                .isEqualTo(Outcome.RETRY);
        Delivery second = receiver.receive(1).get(0);
        assertThat(second.attempts()).isEqualTo(2);
        assertThat(queue.nack(second, Failure.of(new IllegalStateException("two")))
                        .outcome())
                .isEqualTo(Outcome.DEAD);
        assertThat(queue.admin().deadLetters(null, "fails").list(10))
                .singleElement()
                .satisfies(dead -> {
                    assertThat(dead.reason()).isEqualTo("MAX_ATTEMPTS");
                    assertThat(dead.failure().message()).isEqualTo("two");
                    assertThat(dead.attempts()).isEqualTo(2);
                });
        assertThat(queue.admin().deadLetters(null, "fails").redrive(Redrive.ALL))
                .isEqualTo(1);
        Delivery again = receiver.receive(1).get(0);
        assertThat(again.attempts()).isEqualTo(1);
        assertThat(again.replays()).isEqualTo(1);
    }

    @Test
    void aRolledBackPublishLeavesNothing() throws SQLException {
        queue.admin().declareQueue(QueueSpec.of("tx"));
        try (Connection connection = dataSource.getConnection()) {
            connection.setAutoCommit(false);
            queue.publish(connection, "tx", OutgoingMessage.text("no").build());
            connection.rollback();
            queue.publish(connection, "tx", OutgoingMessage.text("yes").build());
            connection.commit();
        }
        assertThat(queue.receiver("tx").receive(10)).extracting(Delivery::text).containsExactly("yes");
    }
}
