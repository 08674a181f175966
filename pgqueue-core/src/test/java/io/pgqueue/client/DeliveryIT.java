// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgqueue.BrowsedMessage;
import io.pgqueue.DeadLetter;
import io.pgqueue.Delivery;
import io.pgqueue.Failure;
import io.pgqueue.InvalidArgumentException;
import io.pgqueue.NackResult.Outcome;
import io.pgqueue.NotFoundException;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.QueueSpec;
import io.pgqueue.RedeliveryPolicy;
import io.pgqueue.Redrive;
import io.pgqueue.StaleDeliveryException;
import io.pgqueue.SubscriptionSettings;
import io.pgqueue.jdbc.ConnectionSource;
import io.pgqueue.sql.Sql;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a consumer may do with a delivery beside ack and nack. */
@PostgresTest(template = MigratedSchema.class)
@Timeout(60)
class DeliveryIT {

    private static final SubscriptionSettings AT_ONCE =
            SubscriptionSettings.DEFAULT.withRedelivery(RedeliveryPolicy.DEFAULT.withFixedBackoff(Duration.ZERO));

    private static int names;

    private DataSource dataSource;
    private PgQueue queue;
    private Sql sql;
    private String name;

    @BeforeEach
    void open(DataSource dataSource) throws SQLException {
        this.dataSource = dataSource;
        queue = PgQueue.builder(dataSource).consumer("the-test").build();
        sql = new Sql(dataSource);
        name = "delivery" + names++;
        queue.admin().declareQueue(QueueSpec.of(name).withSettings(AT_ONCE));
    }

    @AfterEach
    void close() throws SQLException {
        sql.close();
        queue.close();
    }

    /** Somebody changed the row: the others are delivered, and this one too, with its values as JSON text. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"n\": 1, \"p\": [1, {\"x\": \"]\"}]}",
                "{\"n\": 1, \"p\": {\"x\": [2]}}",
                "{\"n\": 1, \"#t\": {\"n\": 5}}",
                "{\"n\": 1, \"#t\": [\"n\"], \"#r\": 3}",
                "{\"n\": \"x\", \"\": 1, \"a b\": null, \"#r\": {\"n\": \"d\"}}",
                "[1]",
                "\"x\"",
                "null"
            })
    void aDamagedMessageStopsNoOther(String properties) throws SQLException {
        for (String body : List.of("a", "damaged", "z")) {
            queue.publish(name, OutgoingMessage.text(body).property("n", 1).build());
        }
        int destination = sql.destination(name);
        sql.run(
                "update pgqueue.message set properties = ?::jsonb where destination_id = ? and body = 'damaged'",
                properties,
                destination);
        assertThat(queue.browse(name, BrowseOptions.DEFAULT, null).messages()).hasSize(3);
        List<Delivery> received = queue.receiver(name).receive(10);
        assertThat(received).extracting(Delivery::text).containsExactly("a", "damaged", "z");
        assertThat(received.get(2).properties()).isEqualTo(Map.of("n", 1));
        if (properties.startsWith("{")) {
            assertThat(received.get(1).properties()).containsKey("n");
        }
        received.forEach(delivery -> queue.deadLetter(delivery, "REJECTED", Failure.of(new IllegalStateException())));
        assertThat(queue.admin().deadLetters(name).list(10)).hasSize(3);
        assertThat(queue.admin().find(received.get(1).messageId(), false)).hasSize(1);
        queue.admin().deadLetters(name).redrive(Redrive.ALL);
        Receiver atMostOnce = queue.receiver(null, name, ReceiverOptions.DEFAULT.withAtMostOnce(true));
        assertThat(atMostOnce.receive(10)).hasSize(3);
    }

    /** CON-2: what is there comes, though there is time to wait for more. */
    @Test
    void aBatchIsNotWaitedFor() throws Exception {
        send("x", "y");
        CompletableFuture<List<Delivery>> received = CompletableFuture.supplyAsync(() -> {
            try {
                return queue.receiver(name).receive(10, Duration.ofMinutes(10));
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        assertThat(received.get(30, TimeUnit.SECONDS))
                .extracting(Delivery::text)
                .containsExactly("x", "y");
        assertThat(queue.receiver(name).receive(10))
                .as("nothing is an answer too")
                .isEmpty();
    }

    /** CON-14. */
    @Test
    void aSnoozedDeliveryIsDelayedAndHasUsedNoAttempt() throws SQLException {
        send("x");
        Delivery delivery = receive();
        queue.retryLater(delivery, Duration.ofHours(1));
        assertThat(queue.admin().stats(null, name).delayed()).isEqualTo(1);
        assertThatThrownBy(() -> queue.ack(delivery)).isInstanceOf(StaleDeliveryException.class);
        assertThatThrownBy(() -> queue.retryLater(delivery, Duration.ZERO)).isInstanceOf(StaleDeliveryException.class);
        sql.makeDue(sql.subscription(name));
        assertThat(receive().attempts()).isEqualTo(1);
        assertThatThrownBy(() -> queue.retryLater(delivery, Duration.ofDays(367)))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContaining("delay_ms");
        assertThatThrownBy(() -> queue.retryLater(delivery, Duration.ofMillis(-1)))
                .isInstanceOf(InvalidArgumentException.class);
    }

    /** CON-15. */
    @Test
    void afterTheRetryTimeoutAFailureIsTheLastOne() throws SQLException {
        queue.admin()
                .alterQueue(name, AT_ONCE.withRedelivery(AT_ONCE.redelivery().withRetryTimeout(Duration.ofMinutes(1))));
        send("x");
        assertThat(queue.nack(receive(), Failure.NONE).outcome()).isEqualTo(Outcome.RETRY);
        assertThat(queue.nack(receive(), Failure.NONE).outcome()).isEqualTo(Outcome.RETRY);
        sql.run("update pgqueue.delivery set first_failed_at = first_failed_at - interval '1 minute'");
        assertThat(queue.nack(receive(), Failure.NONE).outcome()).isEqualTo(Outcome.DEAD);
        assertThat(deadLetter().reason()).isEqualTo("RETRY_TIMEOUT");
        assertThatThrownBy(() -> AT_ONCE.redelivery().withRetryTimeout(Duration.ofMillis(999)))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContaining("retryTimeout");
    }

    /** CON-17. */
    @Test
    void atMostOnceIsAckedBeforeTheHandlerSeesIt() throws Exception {
        send("x", "y");
        try (Receiver receiver = queue.receiver(null, name, ReceiverOptions.DEFAULT.withAtMostOnce(true))) {
            List<Delivery> gone = receiver.receive(1, Duration.ofSeconds(5));
            assertThat(gone).extracting(Delivery::text).containsExactly("x");
            assertThat(queue.admin().stats(null, name).unfinished()).isEqualTo(1);
            assertThatThrownBy(() -> queue.ack(gone)).isInstanceOf(StaleDeliveryException.class);
        }
        int subscription = sql.subscription(name);
        sql.connection().setAutoCommit(false);
        assertThat(sql.column("select convert_from(body, 'UTF8') from pgqueue.pop(?)", subscription))
                .containsExactly("y");
        sql.connection().rollback();
        sql.connection().setAutoCommit(true);
        assertThat(sql.column("select 1 from pgqueue.pop(?, 10)", subscription)).hasSize(1);
        assertThat(queue.admin().stats(null, name).unfinished()).isZero();
    }

    /** CON-4. */
    @Test
    void aLeaseAndADeadLetterNameTheirConsumer() {
        send("x", "y");
        Delivery own = receive();
        Delivery named = queue.receiver(null, name, ReceiverOptions.DEFAULT.withConsumer("worker-7"))
                .receive(1)
                .get(0);
        assertThat(queue.browse(null, name, BrowseOptions.DEFAULT, null).messages())
                .extracting(BrowsedMessage::consumer)
                .containsExactly("the-test", "worker-7");
        queue.nack(own, Duration.ZERO, Failure.NONE);
        assertThat(queue.browse(null, name, BrowseOptions.DEFAULT, null).messages())
                .extracting(BrowsedMessage::consumer)
                .containsExactly(null, "worker-7");
        queue.deadLetter(named, "REJECTED", Failure.NONE);
        assertThat(deadLetter().consumer()).isEqualTo("worker-7");
        assertThatThrownBy(() -> ReceiverOptions.DEFAULT.withConsumer("c".repeat(256)))
                .isInstanceOf(InvalidArgumentException.class);
        assertThatThrownBy(() -> sql.run("select pgqueue.hold_as('')"))
                .hasMessageContaining("consumer is 0 characters");
    }

    /** CON-4: also when it is the next receive that finds it. */
    @Test
    void aDeadLetterOfACrashNamesWhoHeldIt() throws SQLException {
        queue.admin()
                .alterQueue(name, AT_ONCE.withRedelivery(AT_ONCE.redelivery().withMaxAttempts(1)));
        send("x", "y");
        queue.receiver(null, name, ReceiverOptions.DEFAULT.withConsumer("crashed"))
                .receive(2);
        sql.endLeases(sql.subscription(name));
        assertThat(queue.receiver(null, name, ReceiverOptions.DEFAULT.withConsumer("next"))
                        .receive(1))
                .isEmpty();
        assertThat(queue.admin().deadLetters(null, name).list(10))
                .extracting(DeadLetter::consumer)
                .containsOnly("crashed")
                .hasSize(2);
    }

    /** CON-21: the attempt stays counted, unlike that of a release by the consumer itself (CON-20). */
    @Test
    void leasesEndByHandForAConsumerOrASubscription() {
        send("x", "y");
        Delivery held = receive();
        Delivery stuck = queue.receiver(null, name, ReceiverOptions.DEFAULT.withConsumer("stuck"))
                .receive(1)
                .get(0);
        assertThat(queue.admin().release("stuck")).isEqualTo(1);
        assertThat(queue.release(List.of(stuck))).containsExactly(stuck);
        Delivery again = receive();
        assertThat(again.messageId()).isEqualTo(stuck.messageId());
        assertThat(again.attempts()).isEqualTo(2);
        assertThat(queue.admin().release(null, name)).isEqualTo(2);
        assertThatThrownBy(() -> queue.ack(List.of(held, again))).isInstanceOf(StaleDeliveryException.class);
        assertThatThrownBy(() -> queue.admin().release("nobody"))
                .isInstanceOf(NotFoundException.class)
                .hasMessageContaining("'nobody'");
    }

    /** A handler that acks in its transaction and extends in the same thread would wait for itself. */
    @Test
    void extendLeavesAloneWhatATransactionIsSettling() throws SQLException {
        send("x", "y");
        List<Delivery> held = queue.receiver(name).receive(2);
        try (Connection handler = dataSource.getConnection()) {
            handler.setAutoCommit(false);
            queue.ack(handler, held.subList(0, 1));
            assertThat(queue.extend(held, Duration.ofMinutes(10))).isEmpty();
            assertThat(sql.column(
                            "select position || ' ' || busy from pgqueue.extend(?, ?, ?::smallint, array[?, ?]::bigint[], "
                                    + "array[?, ?]::integer[], 600000) order by 1",
                            held.get(0).lease().slot(),
                            held.get(0).lease().subscriptionId(),
                            held.get(0).lease().priority(),
                            held.get(0).lease().position(),
                            held.get(1).lease().position(),
                            held.get(0).lease().epoch(),
                            held.get(1).lease().epoch()))
                    .containsExactly(
                            held.get(0).lease().position() + " true",
                            held.get(1).lease().position() + " false");
            handler.commit();
        }
        assertThat(queue.extend(held, Duration.ofMinutes(10))).containsExactly(held.get(0));
    }

    /** Extending and merged acks take effect at once, though the thread is in a transaction that rolls back. */
    @Test
    void extendAndMergedAcksDoNotJoinTheCallersTransaction() throws Exception {
        send("x", "y");
        try (Connection open = dataSource.getConnection();
                PgQueue joining =
                        PgQueue.builder(new InTransaction(dataSource, open)).build()) {
            open.setAutoCommit(false);
            List<Delivery> held = joining.receiver(name).receive(2);
            assertThat(joining.extend(held, Duration.ofHours(2))).isEmpty();
            CompletableFuture<Void> acked =
                    joining.ackBatcher(1, Duration.ofSeconds(1)).ack(held.get(0));
            assertThat(acked).isCompleted();
            joining.ack(held.get(1));
            open.rollback();
            assertThat(sql.value(
                            "select count(*) || ' ' || bool_and(lease_until > now() + interval '1 hour') from pgqueue.delivery "
                                    + "where subscription_id = ?",
                            held.get(0).lease().subscriptionId()))
                    .isEqualTo("1 true");
        }
    }

    /** The application closes its pool next. */
    @Test
    void closeWaitsForAMergedAckThatIsBeingCommitted() throws Exception {
        send("x");
        Delivery delivery = receive();
        sql.connection().setAutoCommit(false);
        sql.run(
                "select 1 from pgqueue.delivery where subscription_id = ? for update",
                delivery.lease().subscriptionId());
        CompletableFuture<Void> acked =
                queue.ackBatcher(100, Duration.ofMillis(1)).ack(delivery);
        try (Sql other = new Sql(dataSource)) {
            while (other.number("select count(*) from pg_stat_activity where wait_event_type = 'Lock' "
                            + "and datname = current_database()")
                    == 0) {
                Thread.onSpinWait();
            }
        }
        CompletableFuture<Void> closed = CompletableFuture.runAsync(queue::close);
        assertThat(acked).isNotDone();
        assertThat(closed).isNotDone();
        sql.connection().rollback();
        sql.connection().setAutoCommit(true);
        closed.get(20, TimeUnit.SECONDS);
        assertThat(acked).isCompleted();
        assertThat(sql.number(
                        "select count(*) from pgqueue.delivery where subscription_id = ?",
                        delivery.lease().subscriptionId()))
                .isZero();
    }

    /** What was nacked each time did not lose its leases, whoever lowered the limit afterwards. */
    @Test
    void aLoweredLimitOfAttemptsIsNotTakenForALostLease() throws SQLException {
        send("given back", "lost");
        List<Delivery> held = queue.receiver(name).receive(2);
        queue.nack(held.get(0), Failure.NONE);
        sql.endLeases(sql.subscription(name));
        queue.admin()
                .alterQueue(name, AT_ONCE.withRedelivery(AT_ONCE.redelivery().withMaxAttempts(1)));
        assertThat(queue.receiver(name).receive(10)).isEmpty();
        assertThat(queue.admin().deadLetters(null, name).list(10))
                .extracting(dead -> dead.messageId() + " " + dead.reason() + " " + dead.attempts())
                .containsExactlyInAnyOrder(
                        held.get(0).messageId() + " MAX_ATTEMPTS 1", held.get(1).messageId() + " LEASE_EXPIRED 1");
    }

    /** CON-8: one call, every outcome. */
    @Test
    void manyAreNackedWithAnOutcomeEach() {
        queue.admin()
                .alterQueue(name, AT_ONCE.withRedelivery(AT_ONCE.redelivery().withMaxAttempts(2)));
        send("dies", "retries", "stale", "late");
        List<Delivery> first = queue.receiver(name).receive(1);
        queue.nack(first, Duration.ZERO, Failure.NONE);
        List<Delivery> held = queue.receiver(name).receive(10);
        queue.ack(held.get(2));
        assertThat(queue.nack(held, null, Failure.NONE).values())
                .extracting(r -> r.outcome())
                .containsExactly(Outcome.DEAD, Outcome.RETRY, Outcome.STALE, Outcome.RETRY);
        List<Delivery> back = queue.receiver(name).receive(10);
        assertThat(back).extracting(Delivery::text).containsExactly("retries", "late");
        queue.admin()
                .alterQueue(name, AT_ONCE.withRedelivery(AT_ONCE.redelivery().withMaxAttempts(9)));
        assertThat(queue.nack(back, Duration.ofHours(1), Failure.NONE).values())
                .allSatisfy(r -> assertThat(r.availableAt())
                        .isAfter(back.get(0).headers().sentAt().plusSeconds(3500)));
        assertThat(queue.admin().stats(null, name).retrying()).isEqualTo(2);
    }

    private void send(String... bodies) {
        for (String body : bodies) {
            queue.publish(name, OutgoingMessage.text(body).build());
        }
    }

    private Delivery receive() {
        return queue.receiver(name).receive(1).get(0);
    }

    private DeadLetter deadLetter() {
        return queue.admin().deadLetters(null, name).list(10).get(0);
    }

    /** A thread that is in a transaction all the time. */
    private record InTransaction(DataSource dataSource, Connection own) implements ConnectionSource {

        @Override
        public Connection open() throws SQLException {
            return dataSource.getConnection();
        }

        @Override
        public @Nullable Connection current() {
            return own;
        }

        @Override
        public void release(Connection current) {
            assertThat(current).isSameAs(own);
        }

        @Override
        public void afterCommit(Runnable action) {
            assertThat(action).isNotNull();
        }
    }
}
