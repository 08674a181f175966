// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgqueue.CancelResult;
import io.pgqueue.CancelResult.Outcome;
import io.pgqueue.ConflictException;
import io.pgqueue.Delivery;
import io.pgqueue.Failure;
import io.pgqueue.InvalidArgumentException;
import io.pgqueue.InvalidFilterException;
import io.pgqueue.NotFoundException;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.QueueSpec;
import io.pgqueue.RedeliveryPolicy;
import io.pgqueue.StaleDeliveryException;
import io.pgqueue.SubscriptionSettings;
import io.pgqueue.SubscriptionSpec;
import io.pgqueue.SubscriptionStats;
import io.pgqueue.TopicSpec;
import io.pgqueue.sql.Sql;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/** SCH-1, SCH-3, SCH-4, SCH-6, SCH-7, CON-24. */
@PostgresTest(template = MigratedSchema.class)
class SchedulingIT {

    private static final Duration HOUR = Duration.ofHours(1);
    private static int names;

    private PGSimpleDataSource dataSource;
    private PgQueue queue;
    private String name;

    @BeforeEach
    void open(PGSimpleDataSource dataSource) {
        this.dataSource = dataSource;
        queue = PgQueue.builder(dataSource).build();
        name = "scheduling" + names++;
        queue.admin().declareQueue(QueueSpec.of(name));
    }

    @AfterEach
    void close() {
        queue.close();
    }

    @Test
    void whatWaitsIsCancelledInEveryState() {
        UUID ready = send("ready");
        UUID delayed = queue.publish(
                        name, OutgoingMessage.text("delayed").delay(HOUR).build())
                .messageId();
        UUID retrying = send("retrying");
        for (Delivery delivery : queue.receiver(name).receive(10)) {
            if (delivery.messageId().equals(retrying)) {
                queue.nack(delivery, HOUR, Failure.of(new IllegalStateException("later")));
            } else {
                queue.release(List.of(delivery));
            }
        }
        assertThat(stats().unfinished()).isEqualTo(3);
        for (UUID id : List.of(ready, delayed, retrying)) {
            assertThat(queue.scheduling().cancel(id)).containsExactly(new CancelResult(name, Outcome.CANCELLED));
        }
        assertThat(stats().unfinished()).isZero();
        assertThat(queue.receiver(name).receive(10)).isEmpty();
    }

    @Test
    void ofWhatIsLeasedTheRowGoesAndTheAckIsStale() {
        UUID id = send("x");
        Delivery held = queue.receiver(name).receive(1).get(0);
        assertThat(queue.scheduling().cancel(null, name, id)).isEqualTo(Outcome.WAS_LEASED);
        assertThatThrownBy(() -> queue.ack(held)).isInstanceOf(StaleDeliveryException.class);
        assertThat(stats().unfinished()).isZero();
    }

    @Test
    void aTopicsMessageIsCancelledForOneSubscriptionOrForAll() {
        queue.admin().declareTopic(TopicSpec.of(name + ".t"));
        for (String subscription : List.of("a", "b", "c")) {
            queue.admin().declareSubscription(SubscriptionSpec.of(name + ".t", name + subscription));
        }
        UUID id = queue.publish(name + ".t", OutgoingMessage.text("x").build()).messageId();
        queue.receiver(name + ".t", name + "c").receive(1);
        assertThat(queue.scheduling().cancel(name + ".t", name + "b", id)).isEqualTo(Outcome.CANCELLED);
        assertThat(queue.receiver(name + ".t", name + "b").receive(1)).isEmpty();
        assertThat(queue.scheduling().cancel(id))
                .containsExactlyInAnyOrder(
                        new CancelResult(name + "a", Outcome.CANCELLED),
                        new CancelResult(name + "c", Outcome.WAS_LEASED));
        assertThat(queue.scheduling().cancel(name + ".t", name + "b", id)).isEqualTo(Outcome.FINISHED);
    }

    @Test
    void whatIsFinishedStaysAsItIs() {
        queue.admin()
                .alterQueue(
                        name, SubscriptionSettings.DEFAULT.withRedelivery(RedeliveryPolicy.DEFAULT.withMaxAttempts(1)));
        UUID dead = send("dead");
        queue.nack(queue.receiver(name).receive(1).get(0), Failure.of(new IllegalStateException("broken")));
        UUID acked = send("acked");
        queue.ack(queue.receiver(name).receive(1).get(0));
        assertThat(queue.scheduling().cancel(dead)).containsExactly(new CancelResult(name, Outcome.FINISHED));
        assertThat(stats().dead()).isEqualTo(1);
        assertThat(queue.scheduling().cancel(acked)).isEmpty();
        assertThat(queue.scheduling().cancel(UUID.randomUUID())).isEmpty();
        assertThat(queue.scheduling().cancel(null, name, acked)).isEqualTo(Outcome.FINISHED);
    }

    @Test
    void aMessageIsFoundWhereverTheRingCarriedItAndWhateverItsIdIs() throws SQLException {
        try (Sql sql = new Sql(dataSource)) {
            UUID random = UUID.randomUUID();
            queue.publish(name, OutgoingMessage.text("random").messageId(random).build());
            UUID carried = send("carried");
            sql.rotate();
            UUID next = send("next");
            sql.ageRotation();
            sql.tidy();
            for (UUID id : List.of(carried, random, next)) {
                assertThat(queue.scheduling().cancel(id)).containsExactly(new CancelResult(name, Outcome.CANCELLED));
            }
        }
    }

    /** Block ranges that were summarised answer for everything else without being read. */
    @Test
    void aMessageIsFoundWithoutReadingTheRing() throws SQLException {
        try (Sql sql = new Sql(dataSource)) {
            UUID first = send("first");
            for (int i = 0; i < 40; i++) {
                queue.publish(
                        name,
                        java.util.stream.Stream.generate(() ->
                                        OutgoingMessage.text("x".repeat(1000)).build())
                                .limit(1000)
                                .toList());
                // Ids carry milliseconds: without this all would be of one moment.
                sql.run("select pg_sleep(0.01)");
            }
            UUID last = send("last");
            sql.tidy();
            long pages = sql.number("select sum(pg_relation_size(inhrelid)) / 8192 from pg_inherits "
                    + "where inhparent = 'pgqueue.message'::regclass");
            assertThat(pages).isGreaterThan(5000);
            sql.connection().setAutoCommit(false);
            for (UUID id : List.of(first, last)) {
                sql.run("select pgqueue.cancel(gen_random_uuid())");
                List<Object> plan = sql.column("explain (analyze, buffers, timing off, summary off) "
                        + "select * from pgqueue.cancel('" + id + "')");
                assertThat(buffers(plan)).as("%s", plan).isLessThan(pages / 4);
            }
            sql.connection().rollback();
        }
    }

    @Test
    void cancelByCorrelationIdGroupAndSelectorTakesTheOldestUpToALimit() {
        queue.admin().declareQueue(QueueSpec.of(name + ".other"));
        for (String destination : List.of(name, name + ".other")) {
            for (int i = 0; i < 20; i++) {
                OutgoingMessage.Builder message = OutgoingMessage.text("m" + i)
                        .correlationId("order-" + i % 2)
                        .group("customer-" + i % 5)
                        .property("amount", i);
                queue.publish(destination, (i < 10 ? message : message.delay(HOUR)).build());
            }
        }
        Scheduling scheduling = queue.scheduling();
        assertThat(scheduling.cancelByCorrelationId(name, "order-1", 3)).isEqualTo(3);
        assertThat(scheduling.cancelBySelector(name, "amount BETWEEN 0 AND 5", 1000))
                .as("1, 3 and 5 are gone")
                .isEqualTo(3);
        assertThat(scheduling.cancelByCorrelationId(name, "order-1", 1000)).isEqualTo(7);
        assertThat(scheduling.cancelByGroup(name, "customer-1", 1000))
                .as("6 and 16")
                .isEqualTo(2);
        assertThat(scheduling.cancelBySelector(name, "JMSCorrelationID = 'order-0' AND amount > 7", 1000))
                .as("8, 10, 12, 14, 18")
                .isEqualTo(5);
        assertThat(stats().unfinished()).isZero();
        assertThat(queue.admin().stats(null, name + ".other").unfinished()).isEqualTo(20);

        assertThatThrownBy(() -> scheduling.cancelBySelector(name, " ", 10)).isInstanceOf(InvalidFilterException.class);
        assertThatThrownBy(() -> scheduling.cancelBySelector(name, "amount >", 10))
                .isInstanceOf(InvalidFilterException.class);
        assertThatThrownBy(() -> scheduling.cancelByGroup(name, "g", 0)).isInstanceOf(InvalidArgumentException.class);
        assertThatThrownBy(() -> scheduling.cancelByGroup("nowhere", "g", 10)).isInstanceOf(NotFoundException.class);
    }

    @Test
    void aDestinationThatWasMadeAgainIsFoundAgain() {
        queue.publish(name, OutgoingMessage.text("x").correlationId("c").build());
        queue.admin().dropDestination(name, true);
        try (PgQueue other = PgQueue.builder(dataSource).build()) {
            other.admin().declareQueue(QueueSpec.of(name));
            other.publish(name, OutgoingMessage.text("x").correlationId("c").build());
        }
        assertThat(queue.scheduling().cancelByCorrelationId(name, "c", 10)).isEqualTo(1);
    }

    @Test
    void cancelAndRescheduleShareTheFateOfTheGivenTransaction() throws SQLException {
        UUID cancelled = send("cancelled");
        UUID moved = send("moved");
        try (Connection connection = dataSource.getConnection()) {
            connection.setAutoCommit(false);
            Scheduling scheduling = queue.scheduling(connection);
            for (boolean commit : List.of(false, true)) {
                UUID own = queue.publish(
                                connection, name, OutgoingMessage.text("own").build())
                        .messageId();
                assertThat(scheduling.cancel(own)).hasSize(1);
                assertThat(scheduling.cancel(cancelled)).hasSize(1);
                assertThat(scheduling.reschedule(moved, Instant.now().plus(HOUR)))
                        .containsExactly(name);
                if (commit) {
                    connection.commit();
                } else {
                    connection.rollback();
                    assertThat(stats().ready()).isEqualTo(2);
                }
            }
        }
        assertThat(stats().ready()).isZero();
        assertThat(stats().delayed()).isEqualTo(1);
    }

    @Test
    void cancelAndRescheduleJoinTheCallersTransaction() throws SQLException {
        JoiningSource source = new JoiningSource(dataSource);
        try (PgQueue joining = PgQueue.builder(source).build()) {
            UUID cancelled = send("cancelled");
            UUID moved = send("moved");
            source.begin();
            joining.scheduling().cancel(cancelled);
            joining.scheduling().reschedule(moved, Instant.now().plus(HOUR));
            source.rollback();
            assertThat(stats().ready()).isEqualTo(2);
            source.begin();
            joining.scheduling().cancel(cancelled);
            joining.scheduling().reschedule(moved, Instant.now().plus(HOUR));
            source.commit();
            assertThat(stats().ready()).isZero();
            assertThat(stats().delayed()).isEqualTo(1);
        }
    }

    @Test
    void aRescheduledMessageComesAtItsNewTimeWithItsAttempts() throws InterruptedException {
        UUID id = send("x");
        Receiver receiver = queue.receiver(name);
        queue.nack(receiver.receive(1).get(0), Duration.ZERO, Failure.of(new IllegalStateException("once")));
        queue.scheduling().reschedule(null, name, id, Instant.now().plus(HOUR));
        assertThat(receiver.receive(1)).isEmpty();
        assertThat(stats().delayed()).isEqualTo(1);
        queue.scheduling().reschedule(id, Instant.now().plus(HOUR.multipliedBy(2)));
        assertThat(receiver.receive(1)).isEmpty();
        queue.scheduling().reschedule(id, Instant.EPOCH);
        assertThat(receiver.receive(1, Duration.ofSeconds(10)))
                .singleElement()
                .satisfies(again -> assertThat(again.attempts()).isEqualTo(2));
    }

    /** The poll interval is long: only the wake-up of the reschedule can end the wait in time. */
    @Test
    void aRescheduleToNowWakesConsumers() throws Exception {
        try (PgQueue lazy =
                PgQueue.builder(dataSource).pollInterval(Duration.ofSeconds(60)).build()) {
            UUID id = lazy.publish(name, OutgoingMessage.text("x").delay(HOUR).build())
                    .messageId();
            Receiver receiver = lazy.receiver(name);
            assertThat(receiver.receive(1)).isEmpty();
            CompletableFuture<List<Delivery>> received = CompletableFuture.supplyAsync(() -> {
                try {
                    return receiver.receive(1, Duration.ofSeconds(50));
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            });
            lazy.scheduling().reschedule(id, Instant.now());
            assertThat(received.get(20, TimeUnit.SECONDS)).hasSize(1);
        }
    }

    @Test
    void whatIsLeasedIsNotRescheduledForAnySubscription() {
        queue.admin().declareTopic(TopicSpec.of(name + ".t"));
        queue.admin().declareSubscription(SubscriptionSpec.of(name + ".t", name + ".a"));
        queue.admin().declareSubscription(SubscriptionSpec.of(name + ".t", name + ".b"));
        UUID id = queue.publish(name + ".t", OutgoingMessage.text("x").build()).messageId();
        Delivery held = queue.receiver(name + ".t", name + ".a").receive(1).get(0);
        assertThatThrownBy(() -> queue.scheduling().reschedule(id, Instant.now().plus(HOUR)))
                .isInstanceOf(ConflictException.class)
                .hasMessageContaining(name + ".a");
        assertThat(queue.admin().stats(name + ".t", name + ".b").ready()).isEqualTo(1);
        queue.ack(held);
        assertThat(queue.scheduling().reschedule(id, Instant.now().plus(HOUR))).containsExactly(name + ".b");
    }

    @Test
    void aTimeThatCannotBeMeantIsRefused() {
        UUID id = queue.publish(name, OutgoingMessage.text("x").timeToLive(HOUR).build())
                .messageId();
        assertThatThrownBy(() -> queue.scheduling().reschedule(id, Instant.now().plus(HOUR.multipliedBy(2))))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContaining("expires");
        assertThatThrownBy(() -> queue.scheduling().reschedule(id, Instant.now().plus(Duration.ofDays(367))))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContaining("366 days");
        assertThatThrownBy(() -> queue.scheduling().reschedule(UUID.randomUUID(), Instant.now()))
                .isInstanceOf(NotFoundException.class);
        assertThat(stats().ready()).isEqualTo(1);
    }

    static long buffers(List<Object> plan) {
        long buffers = 0;
        for (Object line : plan) {
            String text = String.valueOf(line);
            if (text.contains("Buffers:")) {
                for (String word : text.split("[ ,]+")) {
                    buffers += word.matches("(hit|read)=\\d+") ? Long.parseLong(word.replaceAll("\\D", "")) : 0;
                }
                return buffers;
            }
        }
        throw new AssertionError("no buffers in " + plan);
    }

    private UUID send(String text) {
        return queue.publish(name, OutgoingMessage.text(text).build()).messageId();
    }

    private SubscriptionStats stats() {
        return queue.admin().stats(null, name);
    }
}
