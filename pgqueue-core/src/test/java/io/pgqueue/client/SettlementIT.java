// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.pgqueue.Delivery;
import io.pgqueue.Failure;
import io.pgqueue.NackResult.Outcome;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.QueueSpec;
import io.pgqueue.StaleDeliveryException;
import io.pgqueue.SubscriptionSpec;
import io.pgqueue.TopicSpec;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@PostgresTest(template = MigratedSchema.class)
class SettlementIT {

    private PgQueue queue;

    @BeforeEach
    void open(DataSource dataSource) {
        queue = PgQueue.builder(dataSource).build();
    }

    @AfterEach
    void close() {
        queue.close();
    }

    /** SCH-5: a handler may ask. */
    @Test
    void aHandlerCanAskWhetherItsDeliveryWasTaken() {
        String name = "asked";
        queue.admin().declareQueue(QueueSpec.of(name));
        for (int i = 0; i < 5; i++) {
            queue.publish(name, OutgoingMessage.text("" + i).priority(3 + i % 2).build());
        }
        List<Delivery> held = queue.receiver(name).receive(5);
        assertThat(queue.stillHeld(held)).isEqualTo(held);
        queue.scheduling().cancel(held.get(0).messageId());
        queue.ack(held.get(1));
        queue.release(held.subList(2, 3));
        assertThat(queue.stillHeld(held)).isEqualTo(held.subList(3, 5));
        queue.admin().release(null, name);
        assertThat(queue.stillHeld(held)).isEmpty();
        assertThat(queue.stillHeld(List.of())).isEmpty();
    }

    /** Two subscriptions hold the same message, whose position is the same: one being done says nothing of the other. */
    @Test
    void aStaleDeliveryIsReportedThoughAnotherSubscriptionOfTheSameMessageIsNot() {
        queue.admin().declareTopic(TopicSpec.of("t"));
        queue.admin().declareSubscription(SubscriptionSpec.of("t", "a"));
        queue.admin().declareSubscription(SubscriptionSpec.of("t", "b"));
        queue.publish("t", OutgoingMessage.text("x").build());
        Delivery a = queue.receiver("t", "a").receive(1).get(0);
        Delivery b = queue.receiver("t", "b").receive(1).get(0);
        queue.release(List.of(a));
        StaleDeliveryException stale =
                catchThrowableOfType(StaleDeliveryException.class, () -> queue.ack(List.of(a, b)));
        assertThat(stale).isNotNull();
        assertThat(stale.deliveries()).containsExactly(a);
        assertThat(queue.admin().stats("t", "a").unfinished()).isEqualTo(1);
        assertThat(queue.admin().stats("t", "b").unfinished()).isZero();
        Delivery again = queue.receiver("t", "a").receive(1).get(0);
        AckBatcher batcher = queue.ackBatcher(2, Duration.ofSeconds(1));
        CompletableFuture<Void> old = batcher.ack(a);
        CompletableFuture<Void> current = batcher.ack(again);
        assertThat(old).isCompletedExceptionally();
        assertThat(current).isCompleted();
    }

    @Test
    void aMixtureOfQueuesPrioritiesAndSlotsIsSettledInOneCall() {
        List<Delivery> held = new ArrayList<>();
        for (String name : List.of("m1", "m2")) {
            queue.admin().declareQueue(QueueSpec.of(name));
            for (int i = 0; i < 30; i++) {
                queue.publish(name, OutgoingMessage.text("x").priority(i % 10).build());
            }
            held.addAll(queue.receiver(name).receive(100));
        }
        assertThat(held).hasSize(60);
        assertThat(queue.extend(held.subList(0, 50), Duration.ofMinutes(5))).isEmpty();
        assertThat(queue.release(held.subList(10, 12))).isEmpty();
        assertThat(queue.nack(held.subList(5, 8), Duration.ofMinutes(1), Failure.NONE)
                        .values())
                .extracting(r -> r.outcome())
                .containsOnly(Outcome.RETRY);
        assertThatThrownBy(() -> queue.ack(held))
                .isInstanceOfSatisfying(
                        StaleDeliveryException.class,
                        e -> assertThat(e.deliveries())
                                .containsExactlyElementsOf(
                                        List.of(held.get(5), held.get(6), held.get(7), held.get(10), held.get(11))));
        assertThat(queue.admin().stats(null, "m2").unfinished()).isZero();
    }

    @Test
    void nackSaysWhatIsStale() {
        queue.admin().declareQueue(QueueSpec.of("n"));
        queue.publish("n", OutgoingMessage.text("x").build());
        Delivery delivery = queue.receiver("n").receive(1).get(0);
        queue.ack(delivery);
        assertThat(queue.nack(delivery, Failure.NONE).outcome()).isEqualTo(Outcome.STALE);
        assertThat(queue.release(List.of(delivery))).containsExactly(delivery);
        assertThat(queue.extend(List.of(delivery), Duration.ofSeconds(10))).containsExactly(delivery);
    }

    @Test
    void aDeliveryThatIsNamedTwiceIsSettledOnceAndNotStale() {
        queue.admin().declareQueue(QueueSpec.of("twice"));
        queue.publish("twice", OutgoingMessage.text("x").build());
        Receiver receiver = queue.receiver("twice");
        Delivery released = receiver.receive(1).get(0);
        assertThat(queue.release(List.of(released, released))).isEmpty();
        Delivery nacked = receiver.receive(1).get(0);
        assertThat(queue.nack(List.of(nacked, nacked), Duration.ZERO, Failure.NONE)
                        .values())
                .extracting(r -> r.outcome())
                .containsExactly(Outcome.RETRY);
        assertThat(nacked.isCancelled()).isFalse();
        Delivery acked = receiver.receive(1).get(0);
        queue.ack(List.of(acked, acked));
        assertThat(queue.admin().stats(null, "twice").unfinished()).isZero();
    }

    @Test
    void rejectingGoesToTheDeadLettersAtOnce() {
        queue.admin().declareQueue(QueueSpec.of("r"));
        queue.publish("r", OutgoingMessage.text("x").build());
        Delivery delivery = queue.receiver("r").receive(1).get(0);
        assertThat(queue.deadLetter(delivery, "REJECTED", new Failure("C", "m\0m", "s".repeat(9000)))
                        .outcome())
                .isEqualTo(Outcome.DEAD);
        assertThat(queue.admin().deadLetters(null, "r").list(10))
                .singleElement()
                .satisfies(dead -> {
                    assertThat(dead.reason()).isEqualTo("REJECTED");
                    assertThat(dead.failure().message()).isEqualTo("m\uFFFDm");
                    assertThat(dead.failure().stack()).hasSize(8192);
                });
    }
}
