// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.pgqueue.Delivery;
import io.pgqueue.InvalidArgumentException;
import io.pgqueue.OutcomeUnknownException;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.QueueSpec;
import io.pgqueue.UnavailableException;
import io.pgqueue.maintenance.Maintenance;
import io.pgqueue.sql.Sql;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

@PostgresTest(template = MigratedSchema.class)
class EngineFaultsIT {

    private static final Duration SOON = Duration.ofSeconds(20);

    private PGSimpleDataSource dataSource;

    /** A framework's connection source throws exceptions of its own. */
    @Test
    void pollingAndMaintenanceSurviveAnyException() throws Exception {
        CountingSource source = new CountingSource(dataSource);
        try (PgQueue queue = PgQueue.builder(source)
                        .pollInterval(Duration.ofMillis(100))
                        .maintenance(new Maintenance.Settings(Duration.ofSeconds(1), 1, Duration.ofHours(1)))
                        .build();
                Sql sql = new Sql(dataSource)) {
            queue.admin().declareQueue(QueueSpec.of("survives"));
            Receiver receiver = queue.receiver("survives");
            CompletableFuture<List<Delivery>> received = CompletableFuture.supplyAsync(() -> {
                try {
                    return receiver.receive(1, Duration.ofSeconds(30));
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            });
            await().atMost(SOON).until(() -> source.inUse() == 0);
            source.refuse(4);
            await().atMost(SOON).until(() -> source.refusalsLeft() == 0);
            int slot = sql.currentSlot();
            sql.send("survives", "x");
            assertThat(received).succeedsWithin(SOON);
            await().atMost(SOON).until(() -> sql.currentSlot() != slot);
        }
    }

    /** Such as a pool's that misses a class, or no memory for once: without a word nothing would be polled any more. */
    @Test
    void pollingSurvivesAnError() throws Exception {
        CountingSource source = new CountingSource(dataSource);
        try (PgQueue queue = PgQueue.builder(source)
                        .pollInterval(Duration.ofMillis(100))
                        .maintenance(false)
                        .build();
                Sql sql = new Sql(dataSource)) {
            queue.admin().declareQueue(QueueSpec.of("survives-errors"));
            CountDownLatch ready = new CountDownLatch(1);
            queue.receiver("survives-errors").whenReady(ready::countDown);
            await().atMost(SOON).until(() -> source.inUse() == 0);
            source.refuseByError(2);
            await().atMost(SOON).until(() -> source.refusalsLeft() == 0);
            sql.send("survives-errors", "x");
            assertThat(ready.await(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
        }
    }

    /** Only a warning about the commit makes an outcome unknown; a debug message or notice is none. */
    @Test
    void aServerThatChattersDoesNotMakeTheOutcomeUnknown() {
        dataSource.setOptions("-c client_min_messages=debug5");
        try (PgQueue queue = PgQueue.builder(dataSource).build()) {
            queue.admin().declareQueue(QueueSpec.of("chatter"));
            for (int i = 0; i < 3; i++) {
                queue.publish("chatter", OutgoingMessage.text("x").build());
                queue.publish(
                        "chatter",
                        List.of(
                                OutgoingMessage.text("x").build(),
                                OutgoingMessage.text("x").build()));
            }
            assertThat(queue.receiver("chatter").receive(100)).hasSize(9);
        }
    }

    @Test
    void aConnectionLostDuringAPublishLeavesTheOutcomeUnknownAndNoConnectionNothing() throws SQLException {
        try (PgQueue queue = PgQueue.builder(dataSource).build();
                Sql sql = new Sql(dataSource)) {
            queue.admin().declareQueue(QueueSpec.of("unknown"));
            sql.run("create function kill() returns trigger language plpgsql as "
                    + "'begin perform pg_terminate_backend(pg_backend_pid()); return new; end'");
            sql.run("create trigger kill after insert on pgqueue.message for each statement execute function kill()");
            assertThatThrownBy(() ->
                            queue.publish("unknown", OutgoingMessage.text("x").build()))
                    .isInstanceOfSatisfying(
                            OutcomeUnknownException.class,
                            e -> assertThat(e.messageIds()).hasSize(1));
            sql.run("drop function kill cascade");
            assertThat(queue.receiver("unknown").receive(1)).isEmpty();
        }
        PGSimpleDataSource nowhere = new PGSimpleDataSource();
        nowhere.setPortNumbers(new int[] {1});
        try (PgQueue queue = PgQueue.builder(nowhere).maintenance(false).build()) {
            assertThatThrownBy(() ->
                            queue.publish("unknown", OutgoingMessage.text("x").build()))
                    .isInstanceOf(UnavailableException.class);
        }
    }

    @Test
    void timesOutOfRangeAreRefusedWhenTheyAreGiven() {
        try (PgQueue queue = PgQueue.builder(dataSource).build()) {
            queue.admin().declareQueue(QueueSpec.of("times"));
            OutgoingMessage far = OutgoingMessage.text("x")
                    .deliverAt(Instant.now().plus(Duration.ofDays(367)))
                    .build();
            assertThatThrownBy(() -> queue.publish("times", far)).isInstanceOf(InvalidArgumentException.class);
            assertThatThrownBy(() -> queue.publish("times", List.of(far, far)))
                    .isInstanceOf(InvalidArgumentException.class);
            queue.publish(
                    "times",
                    OutgoingMessage.text("past").deliverAt(Instant.EPOCH).build());
            assertThat(queue.receiver("times").receive(10))
                    .extracting(Delivery::text)
                    .containsExactly("past");
            assertThatThrownBy(() -> queue.receiver(null, "times", ReceiverOptions.DEFAULT.withLease(Duration.ZERO))
                            .receive(1))
                    .isInstanceOf(InvalidArgumentException.class);
        }
    }
}
