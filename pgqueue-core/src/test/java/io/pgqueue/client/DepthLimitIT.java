// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.pgqueue.DeadLetter;
import io.pgqueue.Delivery;
import io.pgqueue.DepthLimit;
import io.pgqueue.Failure;
import io.pgqueue.InvalidArgumentException;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.PublishResult;
import io.pgqueue.QueueFullException;
import io.pgqueue.QueueSpec;
import io.pgqueue.SubscriptionSettings;
import io.pgqueue.SubscriptionSpec;
import io.pgqueue.SubscriptionStats;
import io.pgqueue.TopicSpec;
import io.pgqueue.WhenFull;
import io.pgqueue.sql.Sql;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.postgresql.ds.PGSimpleDataSource;

/** PUB-16. */
@PostgresTest(template = MigratedSchema.class)
class DepthLimitIT {

    private static int names;

    private PGSimpleDataSource dataSource;
    private PgQueue queue;
    private Sql sql;
    private String name;

    @BeforeEach
    void open(PGSimpleDataSource dataSource) throws SQLException {
        this.dataSource = dataSource;
        queue = PgQueue.builder(dataSource).maintenance(false).build();
        sql = new Sql(dataSource);
        name = "depth" + names++;
    }

    @AfterEach
    void close() throws SQLException {
        queue.close();
        sql.close();
    }

    @Test
    void readyDelayedRetryingAndLeasedCountTogether() {
        declare(4, WhenFull.FAIL);
        send("leased");
        send("retrying");
        List<Delivery> held = queue.receiver(name).receive(2);
        queue.nack(held.get(1), Duration.ofHours(1), Failure.of(new IllegalStateException("later")));
        queue.publish(
                name, OutgoingMessage.text("delayed").delay(Duration.ofHours(1)).build());
        send("ready");
        assertThatThrownBy(() -> send("fifth"))
                .isInstanceOf(QueueFullException.class)
                .hasMessageContaining(name);
        assertThatThrownBy(() -> queue.publish(name, List.of(message("a"), message("b"))))
                .isInstanceOf(QueueFullException.class);
        assertThatThrownBy(() -> sql.send(name, "sql")).extracting("SQLState").isEqualTo("PQ010");
        assertThat(stats().unfinished()).isEqualTo(4);
        queue.ack(held.get(0));
        send("fifth");
    }

    @Test
    void aFullSubscriptionFailsThePublishForAllAndLeavesTheTransactionInOrder() throws SQLException {
        queue.admin().declareTopic(TopicSpec.of(name));
        queue.admin().declareSubscription(SubscriptionSpec.of(name, name + ".free"));
        queue.admin()
                .declareSubscription(SubscriptionSpec.of(name, name + ".full")
                        .withSelector("big = TRUE")
                        .withSettings(limited(1, WhenFull.FAIL)));
        queue.publish(name, OutgoingMessage.text("x").property("big", true).build());
        try (Connection connection = dataSource.getConnection()) {
            connection.setAutoCommit(false);
            queue.publish(connection, name, message("small"));
            assertThatThrownBy(() -> queue.publish(
                            connection,
                            name,
                            OutgoingMessage.text("x").property("big", true).build()))
                    .isInstanceOf(QueueFullException.class)
                    .hasMessageContaining(name + ".full");
            queue.publish(connection, name, message("small"));
            connection.commit();
        }
        assertThat(queue.admin().stats(name, name + ".free").ready()).isEqualTo(3);
        assertThat(queue.admin().stats(name, name + ".full").ready()).isEqualTo(1);
    }

    /** Else a message that was not published has driven out another one, or is waited for in vain. */
    @ParameterizedTest
    @EnumSource(names = {"BLOCK", "FAIL"})
    void ofSeveralFullOnesTheStrictestDecidesAndNoneMakesRoom(WhenFull strictest) throws SQLException {
        List<WhenFull> full = new ArrayList<>(List.of(WhenFull.DROP_OLDEST, WhenFull.BLOCK, WhenFull.FAIL));
        full.removeIf(whenFull -> whenFull == WhenFull.FAIL && strictest == WhenFull.BLOCK);
        queue.admin().declareTopic(TopicSpec.of(name));
        for (WhenFull whenFull : full) {
            queue.admin()
                    .declareSubscription(
                            SubscriptionSpec.of(name, name + whenFull).withSettings(limited(1, whenFull)));
        }
        send("first");
        try (Connection connection = dataSource.getConnection()) {
            connection.setAutoCommit(false);
            for (List<OutgoingMessage> more : List.of(List.of(message("a")), List.of(message("a"), message("b")))) {
                assertThatThrownBy(() -> queue.publish(connection, name, more))
                        .isInstanceOf(QueueFullException.class)
                        .hasMessageContaining(name + strictest);
            }
            assertThatThrownBy(() -> queue.publish(connection, name, message("a")))
                    .isInstanceOf(QueueFullException.class)
                    .hasMessageContaining(name + strictest);
            connection.commit();
        }
        for (WhenFull whenFull : full) {
            assertThat(queue.admin().stats(name, name + whenFull))
                    .as("%s", whenFull)
                    .isEqualTo(new SubscriptionStats(1, 0, 0, 0, 0));
        }
    }

    @Test
    void aBlockedSenderGoesOnWhenThereIsRoomAndHoldsNoConnectionMeanwhile() throws Exception {
        declare(1, WhenFull.BLOCK);
        CountingSource source = new CountingSource(dataSource);
        try (PgQueue sender = PgQueue.builder(source).maintenance(false).build()) {
            sender.publish(name, message("first"));
            CompletableFuture<PublishResult> second =
                    CompletableFuture.supplyAsync(() -> sender.publish(name, message("second")));
            // Looks now and then, and has nothing between two looks.
            int looks = source.opened();
            await().until(() -> source.opened() >= looks + 3);
            await().until(() -> source.inUse() == 0);
            assertThat(second).isNotDone();
            queue.ack(queue.receiver(name).receive(1).get(0));
            assertThat(second).succeedsWithin(Duration.ofSeconds(20));
        }
        assertThat(stats().ready()).isEqualTo(1);
    }

    @Test
    void aBlockedSenderGivesUpAfterItsTimeoutAndInATransactionAtOnce() throws SQLException {
        declare(1, WhenFull.BLOCK);
        send("first");
        try (PgQueue impatient = PgQueue.builder(dataSource)
                .maintenance(false)
                .sendTimeout(Duration.ofMillis(50))
                .build()) {
            assertThatThrownBy(() -> impatient.publish(name, message("second"))).isInstanceOf(QueueFullException.class);
        }
        JoiningSource source = new JoiningSource(dataSource);
        try (PgQueue joining = PgQueue.builder(source)
                .maintenance(false)
                .sendTimeout(Duration.ofHours(1))
                .build()) {
            source.begin();
            assertThatThrownBy(() -> joining.publish(name, message("second"))).isInstanceOf(QueueFullException.class);
            source.commit();
        }
        try (Connection connection = dataSource.getConnection()) {
            connection.setAutoCommit(false);
            assertThatThrownBy(() -> queue.publish(connection, name, message("second")))
                    .isInstanceOf(QueueFullException.class);
            connection.rollback();
        }
        assertThat(stats().unfinished()).isEqualTo(1);
    }

    @Test
    void theOldestReadyOneMakesRoom() {
        declare(3, WhenFull.DROP_OLDEST);
        send("leased");
        Delivery held = queue.receiver(name).receive(1).get(0);
        queue.publish(name, OutgoingMessage.text("1").priority(9).build());
        send("2");
        send("3");
        queue.publish(name, List.of(message("4"), message("5")));
        assertThat(queue.admin().deadLetters(null, name).list(10))
                .extracting(DeadLetter::reason)
                .containsExactly("OVERFLOW", "OVERFLOW", "OVERFLOW");
        queue.ack(held);
        assertThat(queue.receiver(name).receive(10)).extracting(Delivery::text).containsExactly("4", "5");
    }

    @Test
    void aDeepLimitIsKeptByMaintenance() throws SQLException {
        declare(10_001, WhenFull.FAIL);
        for (int i = 0; i < 11; i++) {
            queue.publish(name, Stream.generate(() -> message("x")).limit(1000).toList());
        }
        sql.tidy();
        assertThatThrownBy(() -> send("more")).isInstanceOf(QueueFullException.class);
        Receiver receiver = queue.receiver(name);
        queue.ack(receiver.receive(1000));
        sql.tidy();
        send("more");

        queue.admin().alterQueue(name, limited(10_001, WhenFull.DROP_OLDEST));
        queue.publish(name, Stream.generate(() -> message("x")).limit(1000).toList());
        sql.tidy();
        assertThat(stats().unfinished()).isEqualTo(10_001);
        assertThat(stats().dead()).isEqualTo(1000);
    }

    /** With a sample at hand a publish far below the limit reads no delivery. */
    @Test
    void whatHasRoomIsNotCounted() throws SQLException {
        declare(10_000, WhenFull.FAIL);
        queue.publish(name, Stream.generate(() -> message("x")).limit(1000).toList());
        sql.tidy();
        sql.run("select pg_stat_force_next_flush()");
        sql.connection().setAutoCommit(false);
        for (int i = 0; i < 20; i++) {
            sql.send(name, "x");
        }
        assertThat(sql.number("select coalesce(sum(seq_tup_read + idx_tup_fetch), 0) from pg_stat_xact_all_tables "
                        + "where schemaname = 'pgqueue' and relname ~ '^(delivery_|scheduled)'"))
                .isZero();
        sql.connection().rollback();
        sql.connection().setAutoCommit(true);
    }

    /** Several senders may each find the last place free, but not more than there are senders. */
    @Test
    void theLimitIsExceededByWhatIsInFlightOnly() throws Exception {
        int limit = 300;
        int senders = 6;
        declare(limit, WhenFull.FAIL);
        AtomicInteger sent = new AtomicInteger();
        ExecutorService threads = Executors.newFixedThreadPool(senders);
        try {
            List<Callable<Void>> work = new ArrayList<>();
            for (int i = 0; i < senders; i++) {
                work.add(() -> {
                    for (int refused = 0; refused < 5; ) {
                        try {
                            send("x");
                            sent.incrementAndGet();
                        } catch (QueueFullException full) {
                            refused++;
                        }
                    }
                    return null;
                });
            }
            for (Future<Void> done : threads.invokeAll(work)) {
                done.get();
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(sent.get()).isBetween(limit, limit + senders - 1);
        assertThat(stats().ready()).isEqualTo(sent.get());
    }

    @Test
    void limitsAreChecked() {
        assertThatThrownBy(() -> new DepthLimit(0, WhenFull.FAIL)).isInstanceOf(InvalidArgumentException.class);
        for (String settings : List.of("{\"max_depth\":0}", "{\"on_full\":\"explode\"}", "{\"max_depth\":\"many\"}")) {
            assertThatThrownBy(() -> sql.run("select pgqueue.create_queue(?, ?::jsonb)", name, settings))
                    .as(settings)
                    .extracting("SQLState")
                    .isEqualTo("PQ002");
        }
    }

    private void declare(int deliveries, WhenFull whenFull) {
        QueueSpec spec = QueueSpec.of(name).withSettings(limited(deliveries, whenFull));
        queue.admin().declareQueue(spec);
        queue.admin().declareQueue(spec);
    }

    private static SubscriptionSettings limited(int deliveries, WhenFull whenFull) {
        return SubscriptionSettings.DEFAULT.withDepthLimit(new DepthLimit(deliveries, whenFull));
    }

    private PublishResult send(String text) {
        return queue.publish(name, message(text));
    }

    private static OutgoingMessage message(String text) {
        return OutgoingMessage.text(text).build();
    }

    private SubscriptionStats stats() {
        return queue.admin().stats(null, name);
    }
}
