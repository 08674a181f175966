// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.pgqueue.sql.Sql.Held;
import io.pgqueue.sql.Sql.Pass;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@PostgresTest(template = MigratedSchema.class)
class RingIT {

    private static int names;

    private DataSource dataSource;
    private Sql sql;
    private String queue;
    private int subscription;
    private int destination;

    /** Every test begins with an empty ring in slot 0. */
    @BeforeEach
    void open(DataSource given) throws SQLException {
        dataSource = given;
        sql = new Sql(given);
        sql.run("delete from pgqueue.scheduled");
        sql.run("truncate pgqueue.message, pgqueue.delivery");
        sql.run(
                "select setval('pgqueue.ring_state', 16), setval('pgqueue.ring_position', coalesce(pg_sequence_last_value("
                        + "'pgqueue.position'), 1)), setval('pgqueue.ring_rotated_ms', "
                        + "floor(extract(epoch from clock_timestamp()) * 1000)::bigint)");
        queue = "ring" + names++;
        subscription = sql.queue(queue, "{}");
        destination = sql.destination(queue);
    }

    @AfterEach
    void close() throws SQLException {
        sql.close();
    }

    @Test
    void rotatesAfterSoManyMessagesOrSoMuchTime() throws SQLException {
        publish(9);
        assertThat(sql.maintain(10, 60_000).rotated()).isEqualTo(-1);
        publish(1);
        assertThat(sql.maintain(10, 60_000).rotated()).isEqualTo(1);
        assertThat(sql.currentSlot()).isEqualTo(1);
        assertThat(sql.maintain(10, 0).rotated()).as("nothing written").isEqualTo(-1);
        publish(1);
        assertThat(sql.maintain(10, 60_000).rotated()).isEqualTo(-1);
        assertThat(sql.maintain(10, 0).rotated()).isEqualTo(2);
    }

    @Test
    void aDrainedSlotIsTruncatedAndThenForgotten() throws SQLException {
        publish(50);
        sql.ackAll(sql.receive(subscription, 100));
        assertThat(sql.rotate()).isEqualTo(new Pass(true, 1, 0, 0, 0));
        assertThat(bytes(0)).isZero();
        assertThat(sql.mask()).isEqualTo(0b11);
        sql.tidy();
        assertThat(sql.mask()).isEqualTo(0b10);
    }

    /** A reader that stays, or vacuum. */
    @Test
    void aSlotThatSomebodyReadsKeepsNoOtherFromItsTurn() throws SQLException {
        try (Sql reader = new Sql(dataSource)) {
            reader.connection().setAutoCommit(false);
            reader.run("lock table pgqueue.message_0 in access share mode");
            for (int slot = 0; slot < 4; slot++) {
                publish(1);
                sql.ack(sql.receive(subscription, 1).get(0));
                sql.rotate();
            }
            for (int pass = 0; pass < 50; pass++) {
                sql.tidy();
            }
            assertThat(sql.unclean()).containsExactly(0);
            reader.connection().rollback();
        }
        assertThat(reclaimed()).isZero();
    }

    @Test
    void stragglersAreCarriedOverAsTheyAre() throws SQLException {
        publish(3);
        List<Held> held = sql.receive(subscription, 3);
        sql.nack(held.get(0), 0L);
        sql.endLeases(subscription);
        sql.receive(subscription, 1);
        sql.endLeases(subscription);
        sql.ack(held.get(2));
        sql.rotate();
        assertThat(sql.tidy().carried())
                .as("the slot left last is still being consumed")
                .isZero();
        sql.ageRotation();
        assertThat(sql.tidy().carried()).isEqualTo(2);
        assertThat(reclaimed()).isZero();
        List<Held> after = sql.receive(subscription, 10);
        assertThat(after)
                .extracting(Held::position)
                .containsExactly(held.get(0).position(), held.get(1).position());
        assertThat(after).extracting(Held::attempts).containsExactly(3, 2);
        assertThat(after).extracting(Held::epoch).containsExactly(4, 2);
        assertThat(after).extracting(Held::slot).containsOnly(1);
        assertThat(after.get(0).id()).isEqualTo(held.get(0).id());
        assertThat(after.get(0).body()).isEqualTo(held.get(0).body());
        assertThat(sql.ack(held.get(1))).as("fenced out").isFalse();
        assertThat(sql.ackAll(after)).hasSize(2);
    }

    @Test
    void whatSomebodyHoldsIsNotMoved() throws SQLException {
        publish(1);
        Held held = sql.receive(subscription, 1).get(0);
        sql.rotate();
        sql.ageRotation();
        assertThat(sql.tidy()).isEqualTo(new Pass(true, -1, -1, 0, 0));
        assertThat(sql.ack(held)).isTrue();
        assertThat(reclaimed()).isZero();
    }

    /** A handler that takes longer than its lease where nobody else receives: its delivery stays where the handler knows it. */
    @Test
    void whoseLeaseEndedOfLateMayAckStillThoughTheRingWentOn() throws SQLException {
        publish(3);
        List<Held> late = sql.receive(subscription, 3);
        sql.run("update pgqueue.delivery set lease_until = clock_timestamp() - interval '9 minutes'");
        sql.rotate();
        sql.ageRotation();
        assertThat(sql.tidy().carried()).isZero();
        assertThat(sql.extend(late.get(0), 60_000)).isTrue();
        assertThat(sql.ack(late.get(1))).isTrue();
        assertThat(sql.nack(late.get(2), 0L)).isEqualTo("retry");
        sql.run("update pgqueue.delivery set lease_until = clock_timestamp() - interval '11 minutes'");
        assertThat(sql.tidy().carried()).as("nobody holds up a slot for long").isEqualTo(2);
        assertThat(sql.ack(late.get(0))).as("then it is stale").isFalse();
        assertThat(sql.receive(subscription, 10)).hasSize(2);
    }

    /** By an hour: what waited for the old time to come again would wait that hour. */
    @Test
    void theRingGoesOnAfterTheClockWasSetBack() throws SQLException {
        publish(1);
        String future = "floor(extract(epoch from clock_timestamp()) * 1000)::bigint + 3600000";
        sql.run("select setval('pgqueue.ring_rotated_ms', " + future + ")");
        assertThat(sql.maintain(100_000, 60_000).rotated()).isEqualTo(1);
        assertThat(sql.number("select " + future + " - pg_sequence_last_value('pgqueue.ring_rotated_ms')"))
                .isGreaterThanOrEqualTo(3_600_000);
        sql.run("select setval('pgqueue.ring_rotated_ms', " + future + ")");
        assertThat(sql.maintain(100_000, 3_600_000))
                .as("nothing written, but the straggler of the slot left last is moved")
                .isEqualTo(new Pass(true, -1, -1, 1, 0));
    }

    @Test
    void everySubscriptionKeepsTheBodyThroughCarryOver() throws SQLException {
        sql.run("select pgqueue.create_topic(?)", queue + "t");
        sql.run("select pgqueue.create_subscription(?, ?)", queue + "t", queue + "a");
        sql.run("select pgqueue.create_subscription(?, ?)", queue + "t", queue + "b");
        int a = sql.subscription(queue + "a");
        int b = sql.subscription(queue + "b");
        sql.send(queue + "t", "body");
        // a is held while b is carried, then a follows into the slot where the message is already.
        Held held = sql.receive(a, 1).get(0);
        sql.rotate();
        sql.ageRotation();
        assertThat(sql.tidy().carried()).isEqualTo(1);
        sql.nack(held, 0L);
        assertThat(sql.tidy().carried()).isEqualTo(1);
        assertThat(reclaimed()).isZero();
        for (int each : new int[] {a, b}) {
            assertThat(sql.receive(each, 10))
                    .extracting(h -> new String(h.body()))
                    .containsExactly("body");
        }
    }

    /** The publisher read the ring, then two rotations went by, then it wrote. */
    @Test
    void aRowInARetiredSlotIsFoundByDiscoveryAndMarkedByMaintenance() throws SQLException {
        publish(1);
        sql.ackAll(sql.receive(subscription, 1));
        long before = state();
        sql.rotate();
        publish(1);
        sql.ackAll(sql.receive(subscription, 1));
        sql.rotate();
        sql.tidy();
        sql.tidy();
        long after = state();
        assertThat(sql.mask() & 1).isZero();
        sql.run("select setval('pgqueue.ring_state', ?)", before);
        long position = sql.publish(destination, 4);
        sql.run("select setval('pgqueue.ring_state', ?)", after);

        Long[] floors = new Long[10];
        Arrays.fill(floors, 0L);
        assertThat(sql.receive(subscription, 10, 1 << 20, floors)).as("by mask").isEmpty();
        assertThat(sql.receive(subscription, 10))
                .as("by discovery")
                .extracting(Held::position)
                .containsExactly(position);
        sql.endLeases(subscription);
        sql.tidy();
        assertThat(sql.mask() & 1).isEqualTo(1);
        assertThat(sql.receive(subscription, 10, 1 << 20, floors))
                .as("by the mask mended")
                .hasSize(1);
    }

    @Test
    void anUncommittedPublishKeepsItsSlot() throws Exception {
        publish(1);
        sql.ackAll(sql.receive(subscription, 1));
        try (Sql late = new Sql(dataSource)) {
            late.connection().setAutoCommit(false);
            late.publish(destination, 4);
            long start = System.nanoTime();
            assertThat(sql.rotate()).isEqualTo(new Pass(true, 1, -1, 0, 0));
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(1));
            late.connection().commit();
        }
        assertThat(sql.tidy().reclaimed()).isEqualTo(-1);
        assertThat(sql.receive(subscription, 10)).hasSize(1);
    }

    /** With an older snapshot the second look would not see what was committed since, and it would be truncated. */
    @Test
    void maintenanceWithAnOldSnapshotIsRefused() throws Exception {
        try (Sql old = new Sql(dataSource)) {
            old.run("begin isolation level repeatable read");
            old.number("select count(*) from pgqueue.delivery");
            publish(100);
            sql.rotate();
            assertThatThrownBy(() -> old.run("select pgqueue.maintain()"))
                    .extracting("SQLState")
                    .isEqualTo("PQ002");
            old.run("rollback");
        }
        assertThat(sql.receive(subscription, 200)).hasSize(100);
    }

    /** Maintenance waits for the lock, the publisher commits meanwhile: it must look again before it truncates. */
    @Test
    void aPublishThatCommitsWhileMaintenanceWaitsIsSeenByTheSecondLook() throws Exception {
        for (int round = 0; round < 20; round++) {
            publish(1);
            sql.ackAll(sql.receive(subscription, 1));
            try (Sql late = new Sql(dataSource);
                    Sql maintainer = new Sql(dataSource)) {
                late.connection().setAutoCommit(false);
                late.publish(destination, 4);
                int waiter = maintainer.backend();
                CompletableFuture<Pass> pass = CompletableFuture.supplyAsync(() -> {
                    try {
                        return maintainer.rotate();
                    } catch (SQLException e) {
                        throw new IllegalStateException(e);
                    }
                });
                await().pollDelay(Duration.ZERO)
                        .pollInterval(Duration.ofMillis(1))
                        .until(() -> pass.isDone()
                                || sql.number("select count(*) from pg_locks where pid = ? and not granted", waiter)
                                        > 0);
                late.connection().commit();
                pass.join();
            }
            List<Held> held = sql.receive(subscription, 10);
            assertThat(held).as("round %d", round).hasSize(1);
            sql.ackAll(held);
            sql.tidy();
            sql.tidy();
        }
    }

    @Test
    void withEverySlotBusyTheCurrentOneGrows() throws SQLException {
        for (int slot = 0; slot < 16; slot++) {
            publish(1);
            assertThat(sql.receive(subscription, 1)).hasSize(1);
            assertThat(sql.rotate().rotated()).isEqualTo(slot < 15 ? slot + 1 : -1);
        }
        assertThat(sql.currentSlot()).isEqualTo(15);
        publish(100);
        assertThat(sql.rotate().rotated()).isEqualTo(-1);
        assertThat(sql.receive(subscription, 1000))
                .hasSize(100)
                .extracting(Held::slot)
                .containsOnly(15);
        sql.run("update pgqueue.delivery set lease_until = '-infinity' where slot = 7");
        sql.ackAll(sql.receive(subscription, 1));
        sql.tidy();
        sql.tidy();
        assertThat(sql.rotate().rotated()).isEqualTo(7);
    }

    @Test
    void aBacklogIsGoneRound() throws SQLException {
        sql.run(
                "select pgqueue.publish_message(?, gen_random_uuid(), ''::bytea, null, 4::smallint, null, null, null, null, "
                        + "null, null, null, null) from generate_series(1, 2100)",
                destination);
        int other = sql.queue(queue + "other", "{}");
        for (int i = 0; i < 20; i++) {
            sql.send(queue + "other", "x");
            sql.ackAll(sql.receive(other, 1));
            sql.ageRotation();
            sql.rotate();
            sql.tidy();
            assertThat(sql.currentSlot()).isNotZero();
        }
        assertThat(sql.receive(subscription, 1000))
                .hasSize(1000)
                .extracting(Held::slot)
                .containsOnly(0);
    }

    @Test
    void aStateThatWasSetBackMendsItself() throws SQLException {
        publish(5);
        sql.rotate();
        publish(5);
        sql.rotate();
        publish(5);
        // As after a crash, or a restore of the sequence only: another slot, nothing in the mask.
        sql.run("select setval('pgqueue.ring_state', 9)");
        publish(1);
        sql.tidy();
        assertThat(sql.mask()).isEqualTo(0b1000000111);
        Long[] floors = new Long[10];
        Arrays.fill(floors, 0L);
        assertThat(sql.receive(subscription, 100, 1 << 20, floors)).hasSize(16);
        // Truncated, but the mask not yet cleared.
        sql.run("truncate pgqueue.message, pgqueue.delivery");
        sql.tidy();
        assertThat(sql.mask()).isEqualTo(0b1000000000);
    }

    @Test
    void aSubscriptionDroppedDuringAPublishLeavesNothing() throws SQLException {
        try (Sql late = new Sql(dataSource)) {
            late.connection().setAutoCommit(false);
            late.publish(destination, 4);
            sql.run("select pgqueue.drop_destination(?)", queue);
            late.connection().commit();
        }
        assertThat(sql.number("select count(*) from pgqueue.delivery")).isEqualTo(1);
        sql.rotate();
        sql.ageRotation();
        sql.tidy();
        assertThat(sql.number("select count(*) from pgqueue.delivery")).isZero();
        assertThat(reclaimed()).isZero();
    }

    @Test
    void onlyOneLeads() throws SQLException {
        try (Sql other = new Sql(dataSource)) {
            other.connection().setAutoCommit(false);
            assertThat(other.tidy().leader()).isTrue();
            assertThat(sql.tidy().leader()).isFalse();
            other.connection().commit();
        }
        assertThat(sql.tidy().leader()).isTrue();
    }

    /** Two publishers, two consumers, and maintenance that rotates every few messages, several times round the ring. */
    @Test
    void nothingIsLostWhileTheRingGoesRoundUnderLoad() throws Exception {
        int atLeast = 2_000;
        AtomicInteger rotations = new AtomicInteger();
        AtomicInteger sent = new AtomicInteger();
        AtomicInteger publishing = new AtomicInteger(2);
        long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        List<CompletableFuture<Void>> publishers = new ArrayList<>();
        for (int p = 0; p < 2; p++) {
            publishers.add(background(session -> {
                for (int i = 0; (i < atLeast || rotations.get() <= 20) && System.nanoTime() < deadline; i++) {
                    session.publish(destination, i % 10);
                    sent.incrementAndGet();
                }
                publishing.decrementAndGet();
            }));
        }
        List<Long> seen = Collections.synchronizedList(new ArrayList<>());
        List<CompletableFuture<Void>> consumers = new ArrayList<>();
        for (int c = 0; c < 2; c++) {
            consumers.add(background(session -> {
                while ((publishing.get() > 0 || seen.size() < sent.get()) && System.nanoTime() < deadline) {
                    for (Held held : session.receive(subscription, 20)) {
                        if (session.ack(held)) {
                            seen.add(held.position());
                        }
                    }
                }
            }));
        }
        CompletableFuture<Void> consumed = CompletableFuture.allOf(consumers.toArray(new CompletableFuture<?>[0]));
        while (!consumed.isDone()) {
            sql.ageRotation();
            rotations.addAndGet(sql.maintain(40, 3_600_000).rotated() >= 0 ? 1 : 0);
        }
        consumed.join();
        publishers.forEach(CompletableFuture::join);
        assertThat(seen).hasSize(sent.get()).doesNotHaveDuplicates();
        assertThat(rotations.get()).isGreaterThan(16);
        assertThat(sql.number("select count(*) from pgqueue.delivery")).isZero();
        for (int i = 0; i < 17; i++) {
            sql.tidy();
        }
        assertThat(Long.bitCount(sql.mask())).isEqualTo(1);
    }

    private interface Work {
        void run(Sql session) throws SQLException;
    }

    private CompletableFuture<Void> background(Work work) {
        return CompletableFuture.runAsync(
                () -> {
                    try (Sql session = new Sql(dataSource)) {
                        work.run(session);
                    } catch (SQLException e) {
                        throw new IllegalStateException(e);
                    }
                },
                task -> new Thread(task, "load").start());
    }

    /** The slot that is truncated next, by the next pass unless vacuum or ANALYZE has it for a moment; -1 if none is. */
    private int reclaimed() throws SQLException {
        int reclaimed = -1;
        for (int pass = 0; reclaimed < 0 && pass < 200; pass++) {
            reclaimed = sql.tidy().reclaimed();
        }
        return reclaimed;
    }

    private void publish(int count) throws SQLException {
        for (int i = 0; i < count; i++) {
            sql.publish(destination, 4);
        }
    }

    private long state() throws SQLException {
        return sql.number("select pg_sequence_last_value('pgqueue.ring_state')");
    }

    private long bytes(int slot) throws SQLException {
        return sql.number("select pg_relation_size('pgqueue.delivery_" + slot
                + "') + pg_relation_size('pgqueue.message_" + slot + "')");
    }
}
