// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.pgqueue.Delivery;
import io.pgqueue.Failure;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.Purge;
import io.pgqueue.QueueSpec;
import io.pgqueue.StaleDeliveryException;
import io.pgqueue.SubscriptionSpec;
import io.pgqueue.TopicSpec;
import io.pgqueue.jdbc.DatabaseCall;
import io.pgqueue.jdbc.StatementListener;
import io.pgqueue.sql.Sql;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.ds.PGSimpleDataSource;

/** SCH-5: a handler learns that its delivery was taken away. Nobody polls: what is learnt came by a wake-up. */
@PostgresTest(template = MigratedSchema.class)
class CancelledDeliveryIT {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private static int names;

    private PgQueue holder;
    private PgQueue other;
    private String name;

    @BeforeEach
    void open(PGSimpleDataSource dataSource) {
        holder = listening(dataSource);
        other = listening(dataSource);
        await().atMost(PATIENCE).until(() -> holder.listening() && other.listening());
        name = "held" + names++;
        holder.admin().declareQueue(QueueSpec.of(name));
    }

    @AfterEach
    void close() {
        holder.close();
        other.close();
    }

    @Test
    void aCancelTellsTheHolderInItsJvmAndInAnother() {
        for (PgQueue cancelling : List.of(holder, other)) {
            List<Delivery> held = hold(3);
            cancelling.scheduling().cancel(held.get(1).messageId());
            await().atMost(PATIENCE).until(held.get(1)::isCancelled);
            assertThat(held).extracting(Delivery::isCancelled).containsExactly(false, true, false);
            assertThatThrownBy(() -> holder.ack(held.get(1))).isInstanceOf(StaleDeliveryException.class);
        }
    }

    @Test
    void aHandlerMayStop() {
        Delivery delivery = hold(1).get(0);
        List<String> pages = List.of("1", "2", "3");
        List<String> printed = new ArrayList<>();
        other.scheduling().cancel(delivery.messageId());
        await().atMost(PATIENCE).until(delivery::isCancelled);
        // snippet: java-is-cancelled
        for (String page : pages) {
            if (delivery.isCancelled()) {
                break;
            }
            printed.add(page);
        }
        // end snippet
        assertThat(printed).isEmpty();
    }

    @Test
    void soDoesEveryoneWhoTakesWhatIsHeld() {
        told(held -> other.scheduling().cancelByCorrelationId(name, "c", 10));
        told(held -> other.scheduling().cancelByGroup(name, "g", 10));
        told(held -> other.admin().purge(name, Purge.WAITING.withLeased(true)));
        told(held -> other.admin().release(null, name));
        told(held -> other.admin().release("the holder"));
        told(held -> other.admin().dropDestination(name, true));
    }

    @Test
    void soDoesTheDropOfASubscription() {
        holder.admin().declareTopic(TopicSpec.of(name + "t"));
        holder.admin().declareSubscription(SubscriptionSpec.of(name + "t", name + "s"));
        holder.publish(name + "t", OutgoingMessage.text("x").build());
        Delivery held = holder.receiver(name + "t", name + "s").receive(1).get(0);
        other.admin().dropSubscription(name + "t", name + "s", true);
        await().atMost(PATIENCE).until(held::isCancelled);
    }

    /** Without a wake-up: whoever renews its lease, or asks, learns it too. */
    @Test
    void aLeaseThatCannotBeExtendedIsLost(PGSimpleDataSource dataSource) throws SQLException {
        List<Delivery> held = hold(3);
        try (Sql sql = new Sql(dataSource)) {
            sql.run("select pgqueue.cancel(?)", held.get(0).messageId());
            assertThat(holder.extend(held, Duration.ofMinutes(1))).containsExactly(held.get(0));
            assertThat(held).extracting(Delivery::isCancelled).containsExactly(true, false, false);
            sql.run("select pgqueue.cancel(?)", held.get(1).messageId());
            assertThat(holder.stillHeld(held)).containsExactly(held.get(2));
            assertThat(held).extracting(Delivery::isCancelled).containsExactly(true, true, false);
        }
    }

    @Test
    void whatItsHolderHasSettledIsNotCancelled() {
        List<Delivery> held = hold(6);
        holder.ack(held.get(0));
        holder.nack(held.get(1), Failure.NONE);
        holder.release(List.of(held.get(2)));
        holder.retryLater(held.get(3), Duration.ofHours(1));
        assertThatThrownBy(() -> holder.ack(held.get(0))).isInstanceOf(StaleDeliveryException.class);
        other.admin().purge(name, Purge.WAITING.withLeased(true));
        await().atMost(PATIENCE).until(held.get(4)::isCancelled);
        await().atMost(PATIENCE).until(held.get(5)::isCancelled);
        assertThat(held.subList(0, 4)).extracting(Delivery::isCancelled).containsOnly(false);
    }

    /** What a handler does in its own transaction is neither told too early nor forgotten by a rollback. */
    @Test
    void anAckThatIsRolledBackLeavesItHeld(PGSimpleDataSource dataSource) throws SQLException {
        Delivery held = hold(1).get(0);
        JoiningSource source = new JoiningSource(dataSource);
        try (PgQueue joining = PgQueue.builder(source).maintenance(false).build()) {
            source.begin();
            joining.ack(held);
            source.rollback();
        }
        other.scheduling().cancel(held.messageId());
        await().atMost(PATIENCE).until(held::isCancelled);
    }

    @Test
    void anAckWithSendsThatIsRolledBackLeavesItHeld(PGSimpleDataSource dataSource) throws SQLException {
        Delivery held = hold(1).get(0);
        JoiningSource source = new JoiningSource(dataSource);
        try (PgQueue joining = PgQueue.builder(source).maintenance(false).build()) {
            source.begin();
            joining.ackAndPublish(List.of(held), List.of());
            source.rollback();
        }
        other.scheduling().cancel(held.messageId());
        await().atMost(PATIENCE).until(held::isCancelled);
    }

    /** An observer is told before the receiver returns; what is taken at that moment is found among what is held. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aDeliveryIsKnownToBeHeldBeforeAnybodyIsToldOfIt(boolean turn, PGSimpleDataSource dataSource)
            throws InterruptedException {
        List<Delivery> done = turn ? hold(1) : List.of();
        holder.publish(name, OutgoingMessage.text("next").build());
        CountDownLatch looked = new CountDownLatch(1);
        AtomicBoolean known = new AtomicBoolean();
        CompletableFuture<PgQueue> itself = new CompletableFuture<>();
        try (PgQueue client = PgQueue.builder(dataSource)
                .maintenance(false)
                .pollInterval(Duration.ofMinutes(1))
                .statementListener(new StatementListener() {
                    @Override
                    public void before(DatabaseCall call) {
                        if (call.function().equals("still_held")) {
                            looked.countDown();
                        }
                    }
                })
                .observer(new PgQueueObserver() {
                    @Override
                    public void received(String destination, String subscription, int deliveries) {
                        itself.join().admin().release(null, name);
                        known.set(comes(looked));
                    }
                })
                .build()) {
            itself.complete(client);
            Receiver receiver = client.receiver(name);
            List<Delivery> held =
                    turn ? receiver.ackAndReceive(done, 1, Duration.ZERO).deliveries() : receiver.receive(1);
            assertThat(known).isTrue();
            await().atMost(PATIENCE).until(held.get(0)::isCancelled);
        }
    }

    private void told(Consumer<Delivery> act) {
        Delivery held = hold(1).get(0);
        assertThat(held.isCancelled()).isFalse();
        act.accept(held);
        await().atMost(PATIENCE).until(held::isCancelled);
    }

    private static boolean comes(CountDownLatch signal) {
        try {
            return signal.await(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private List<Delivery> hold(int count) {
        holder.admin().purge(name, Purge.WAITING.withLeased(true));
        IntStream.range(0, count)
                .forEach(i -> holder.publish(
                        name,
                        OutgoingMessage.text("x")
                                .correlationId("c")
                                .group("g" + (count == 1 ? "" : i))
                                .build()));
        List<Delivery> held = holder.receiver(name, ReceiverOptions.DEFAULT.withConsumer("the holder"))
                .receive(count);
        assertThat(held).hasSize(count);
        return held;
    }

    private static PgQueue listening(PGSimpleDataSource dataSource) {
        return PgQueue.builder(dataSource)
                .maintenance(false)
                .pollInterval(Duration.ofMinutes(1))
                .listenOn(dataSource::getConnection)
                .build();
    }
}
