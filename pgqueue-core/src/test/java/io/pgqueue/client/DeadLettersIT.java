// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgqueue.ConflictException;
import io.pgqueue.DeadLetter;
import io.pgqueue.DeadLetterFilter;
import io.pgqueue.DeadLetterPolicy;
import io.pgqueue.Delivery;
import io.pgqueue.Failure;
import io.pgqueue.InvalidFilterException;
import io.pgqueue.NotFoundException;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.QueueSpec;
import io.pgqueue.RedeliveryPolicy;
import io.pgqueue.Redrive;
import io.pgqueue.Repair;
import io.pgqueue.SubscriptionSettings;
import io.pgqueue.SubscriptionSpec;
import io.pgqueue.TopicSpec;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@PostgresTest(template = MigratedSchema.class)
class DeadLettersIT {

    private static final Failure FAILURE = Failure.of(new IllegalStateException("broken"));
    private static int names;

    private PgQueue queue;
    private String name;
    private DeadLetters dead;

    @BeforeEach
    void open(DataSource dataSource) throws Exception {
        queue = PgQueue.builder(dataSource).maintenance(false).build();
        name = "dl" + names++;
        queue.admin().declareQueue(QueueSpec.of(name));
        dead = queue.admin().deadLetters(null, name);
    }

    @AfterEach
    void close() throws Exception {
        queue.close();
    }

    /** DLQ-3, DLQ-7. */
    @Test
    void aPageTellsWhatHappenedAndTheBodyIsThereOnRequest() throws Exception {
        UUID id = bury("REJECTED", "body", 1);
        DeadLetter letter = dead.list(10).get(0);
        assertThat(letter.messageId()).isEqualTo(id);
        assertThat(letter.reason()).isEqualTo("REJECTED");
        assertThat(letter.failure().errorClass()).isEqualTo("java.lang.IllegalStateException");
        assertThat(letter.failure().stack()).contains("DeadLettersIT");
        assertThat(letter.firstFailedAt()).isEqualTo(letter.deadAt());
        assertThat(letter.lastFailedAt()).isEqualTo(letter.deadAt());
        assertThat(letter.properties()).containsEntry("n", 1);
        assertThat(letter.body()).isNull();
        assertThat(letter.parked()).isFalse();
        assertThat(dead.get(id)).get().extracting(DeadLetter::body).isEqualTo("body".getBytes());
        assertThat(dead.get(UUID.randomUUID())).isEmpty();
    }

    @Test
    void pagesFollowOneAnotherAndTheFilterIsForAll() throws Exception {
        for (int i = 0; i < 7; i++) {
            bury(i % 2 == 0 ? "EVEN" : "ODD", "x", i);
        }
        List<Object> seen = new ArrayList<>();
        DeadLetter last = null;
        List<DeadLetter> page;
        do {
            page = dead.list(DeadLetterFilter.ALL.withReason("EVEN").withSelector("n > 0"), 2, last);
            page.forEach(letter -> seen.add(letter.properties().get("n")));
            last = page.isEmpty() ? null : page.get(page.size() - 1);
        } while (last != null);
        assertThat(seen).containsExactly(2, 4, 6);
        assertThat(dead.discard(DeadLetterFilter.ALL.withReason("EVEN"))).isEqualTo(4);
        assertThat(dead.list(DeadLetterFilter.ALL.withOlderThan(Duration.ofHours(1)), 10, null))
                .isEmpty();
        assertThat(dead.list(DeadLetterFilter.ALL.withYoungerThan(Duration.ofHours(1)), 10, null))
                .hasSize(3);
        assertThatThrownBy(() -> dead.list(DeadLetterFilter.ALL.withSelector("n >"), 10, null))
                .isInstanceOf(InvalidFilterException.class);
        assertThatThrownBy(() -> queue.admin().deadLetters(null, "nothing").list(1))
                .isInstanceOf(NotFoundException.class)
                .hasMessageContaining("There is no queue 'nothing'");
    }

    /** DLQ-5: more than one call takes, and what dies again meanwhile is left alone. */
    @Test
    void aRedriveOfAllTakesWhatWasDeadWhenItBegan(DataSource dataSource) throws Exception {
        List<OutgoingMessage> messages = new ArrayList<>();
        for (int i = 0; i < 1100; i++) {
            messages.add(OutgoingMessage.text("x").build());
        }
        queue.publish(name, messages);
        // All on one connection: opening one for each takes longer than everything else here.
        JoiningSource source = new JoiningSource(dataSource);
        try (PgQueue joining = PgQueue.builder(source).maintenance(false).build();
                Receiver receiver = joining.receiver(name)) {
            source.begin();
            for (int received = 0; received < 1100; ) {
                List<Delivery> batch = receiver.receive(500, Duration.ofSeconds(5));
                batch.forEach(delivery -> joining.deadLetter(delivery, "REJECTED", FAILURE));
                received += batch.size();
            }
            source.commit();
        }
        assertThat(dead.redrive(Redrive.ALL.withFirst(200))).isEqualTo(200);
        assertThat(dead.redrive(Redrive.ALL)).isEqualTo(900);
        assertThat(queue.admin().stats(null, name).ready()).isEqualTo(1100);
        assertThat(dead.redrive(Redrive.ALL)).isZero();
    }

    @Test
    void aRateCountsOnOverThePages() throws Exception {
        bury("R", "x", 1);
        bury("R", "x", 2);
        assertThat(dead.redrive(Redrive.ALL.withPerSecond(0.5))).isEqualTo(2);
        try (Receiver receiver = queue.receiver(name)) {
            assertThat(receiver.receive(10, Duration.ofSeconds(5))).hasSize(1);
        }
        assertThat(queue.admin().stats(null, name).delayed()).isEqualTo(1);
    }

    @Test
    void aWaitingConsumerOfTheOtherQueueGetsItAtOnce() throws Exception {
        queue.admin().declareQueue(QueueSpec.of(name + "to"));
        UUID id = bury("R", "x", 1);
        try (Receiver receiver = queue.receiver(name + "to")) {
            assertThat(receiver.receive(1, Duration.ZERO)).isEmpty();
            assertThat(dead.redrive(Redrive.ALL.withTo(name + "to"))).isEqualTo(1);
            assertThat(receiver.receive(1, Duration.ofSeconds(10)))
                    .extracting(Delivery::messageId)
                    .containsExactly(id);
        }
    }

    /** DLQ-13. */
    @Test
    void aRepairedMessageComesBackWithExactTypes() throws Exception {
        UUID id = bury("R", "broken", 1);
        dead.repair(
                id,
                Repair.body("whole".getBytes())
                        .withProperties(Map.of("f", 1.5f))
                        .withBy("Ada"));
        try (Receiver receiver = queue.receiver(name)) {
            Delivery again = receiver.receive(1, Duration.ofSeconds(5)).get(0);
            assertThat(again.text()).isEqualTo("whole");
            assertThat(again.properties()).isEqualTo(Map.of("f", 1.5f));
        }
        assertThat(dead.changes(id)).singleElement().satisfies(change -> {
            assertThat(change.by()).isEqualTo("Ada");
            assertThat(change.body()).isEqualTo("broken".getBytes());
            assertThat(change.properties()).isEqualTo(Map.of("n", 1));
        });
        assertThatThrownBy(() -> dead.repair(id, Repair.body(new byte[0]))).isInstanceOf(NotFoundException.class);
    }

    /** DLQ-9: the settings come back as they were given, so that declaring again is no conflict. */
    @Test
    void theQueueForDeadLettersIsASetting() throws Exception {
        queue.admin().declareQueue(QueueSpec.of(name + "parking"));
        queue.admin().declareTopic(TopicSpec.of(name + "t"));
        SubscriptionSpec spec = SubscriptionSpec.of(name + "t", name + "s")
                .withSettings(SubscriptionSettings.DEFAULT
                        .withRedelivery(RedeliveryPolicy.DEFAULT.withMaxAttempts(1))
                        .withExpiryQueue(name + "parking")
                        .withDeadLetters(new DeadLetterPolicy(name + "parking", 5, Duration.ofDays(30))));
        queue.admin().declareSubscription(spec);
        queue.admin().declareSubscription(spec);
        assertThatThrownBy(() -> queue.admin()
                        .declareSubscription(
                                spec.withSettings(spec.settings().withDeadLetters(DeadLetterPolicy.DEFAULT))))
                .isInstanceOf(ConflictException.class);
        queue.publish(name + "t", OutgoingMessage.text("x").build());
        try (Receiver from = queue.receiver(name + "t", name + "s");
                Receiver parking = queue.receiver(name + "parking")) {
            queue.nack(from.receive(1, Duration.ofSeconds(5)).get(0), FAILURE);
            Delivery moved = parking.receive(1, Duration.ofSeconds(5)).get(0);
            assertThat(moved.properties())
                    .containsEntry("JMS_PGQ_DeadDestination", name + "t")
                    .containsEntry("JMS_PGQ_DeadSubscription", name + "s")
                    .containsEntry("JMS_PGQ_DeadAttempts", 1)
                    .containsEntry("JMS_PGQ_DeadErrorClass", "java.lang.IllegalStateException");
        }
    }

    /** DLQ-9: the queue is told what the table would have kept. */
    @Test
    void theQueueForDeadLettersIsToldAllFacts() throws Exception {
        queue.admin().declareQueue(QueueSpec.of(name + "told"));
        queue.admin()
                .alterQueue(
                        name,
                        SubscriptionSettings.DEFAULT
                                .withRedelivery(RedeliveryPolicy.DEFAULT.withMaxAttempts(2))
                                .withDeadLetters(DeadLetterPolicy.DEFAULT.withQueue(name + "told")));
        queue.publish(name, OutgoingMessage.text("x").property("own", 1).build());
        queue.publish(
                name,
                OutgoingMessage.text("y").property("large", "l".repeat(32_000)).build());
        try (Receiver from = queue.receiver(name, ReceiverOptions.DEFAULT.withConsumer("worker-7"));
                Receiver told = queue.receiver(name + "told")) {
            for (int attempt = 0; attempt < 2; attempt++) {
                for (int message = 0; message < 2; message++) {
                    queue.nack(from.receive(1, Duration.ofSeconds(5)).get(0), Duration.ofMillis(20), FAILURE);
                }
            }
            Map<String, Object> facts =
                    told.receive(1, Duration.ofSeconds(5)).get(0).properties();
            assertThat(facts)
                    .containsEntry("own", 1)
                    .containsEntry("JMS_PGQ_DeadConsumer", "worker-7")
                    .containsEntry("JMS_PGQ_DeadAttempts", 2);
            assertThat((String) facts.get("JMS_PGQ_DeadStack"))
                    .startsWith("java.lang.IllegalStateException")
                    .contains("DeadLettersIT")
                    .hasSizeLessThanOrEqualTo(4096);
            assertThat((Long) facts.get("JMS_PGQ_DeadFirstFailedAt"))
                    .isPositive()
                    .isLessThan((Long) facts.get("JMS_PGQ_DeadLastFailedAt"));
            assertThat(facts.get("JMS_PGQ_DeadLastFailedAt")).isEqualTo(facts.get("JMS_PGQ_DeadAt"));
            assertThat(told.receive(1, Duration.ofSeconds(5)).get(0).properties())
                    .as("no room for a stack")
                    .containsKey("JMS_PGQ_DeadError")
                    .doesNotContainKey("JMS_PGQ_DeadStack");
        }
    }

    @Test
    void whoHadItAndWhenItFailedCanBeSelectedBy() throws Exception {
        bury("A", "x", 1);
        DeadLetterFilter failed = DeadLetterFilter.ALL.withSelector(
                "JMS_PGQ_DeadConsumer is not null and JMS_PGQ_DeadFirstFailedAt <= JMS_PGQ_DeadLastFailedAt");
        assertThat(dead.list(failed, 10, null)).hasSize(1);
    }

    private UUID bury(String reason, String text, int n) throws Exception {
        UUID id = queue.publish(
                        name, OutgoingMessage.text(text).property("n", n).build())
                .messageId();
        try (Receiver receiver = queue.receiver(name)) {
            queue.deadLetter(receiver.receive(1, Duration.ofSeconds(5)).get(0), reason, FAILURE);
        }
        return id;
    }
}
