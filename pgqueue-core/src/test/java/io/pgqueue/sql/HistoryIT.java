// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgqueue.sql.Sql.Held;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** RET-4, TOP-13. */
@PostgresTest(template = MigratedSchema.class)
class HistoryIT {

    private static int names;

    private Sql sql;
    private String topic;

    @BeforeEach
    void open(DataSource dataSource) throws SQLException {
        sql = new Sql(dataSource);
        topic = "history" + names++;
        sql.run("select pgqueue.create_topic(?, '{\"retain_ms\":3600000}')", topic);
    }

    @AfterEach
    void close() throws SQLException {
        sql.close();
    }

    @Test
    void withoutRetainNothingIsKeptAndNothingCanBeReplayed() throws SQLException {
        int subscription = sql.queue(topic + "q", "{}");
        sql.send(topic + "q", "x");
        assertThat(sql.number(
                        "select count(*) from pgqueue.history where destination_id = ?", sql.destination(topic + "q")))
                .isZero();
        assertThatThrownBy(() -> sql.run("select pgqueue.rewind(?)", subscription))
                .hasMessageContaining("keeps no history")
                .extracting("SQLState")
                .isEqualTo("PQ002");
        sql.run("select pgqueue.create_topic(?)", topic + "plain");
        assertThatThrownBy(() -> sql.run(
                        "select pgqueue.create_subscription(?, ?, start_from => '-infinity')",
                        topic + "plain",
                        topic + "s"))
                .extracting("SQLState")
                .isEqualTo("PQ002");
    }

    @Test
    void whatNobodyMatchedAndWhatWasAckedIsKept() throws SQLException {
        UUID unmatched = sql.send(topic, "nobody");
        sql.run("select pgqueue.create_subscription(?, ?)", topic, topic + "s");
        UUID acked = sql.send(topic, "somebody");
        sql.ackAllOf(sql.receive(sql.subscription(topic + "s"), 10));
        sql.rotate();
        sql.tidy();
        assertThat(sql.column("select message_id from pgqueue.read_history(?)", topic))
                .containsExactly(unmatched, acked);
        assertThat(sql.column(
                        "select convert_from(body, 'UTF8') from pgqueue.read_history(?, p_with_body => true)", topic))
                .containsExactly("nobody", "somebody");
        assertThat(sql.column("select body from pgqueue.read_history(?)", topic))
                .containsOnlyNulls();
    }

    @Test
    void aNewSubscriptionCanBeginInThePast() throws SQLException {
        List<UUID> ids = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            ids.add(publish(i));
        }
        sql.run(
                "update pgqueue.history set sent_at = sent_at - interval '30 minutes' where message_id in (?, ?)",
                ids.get(0),
                ids.get(1));
        long third = sql.number("select position from pgqueue.history where message_id = ?", ids.get(2));
        assertThat(subscribe("earliest", "start_from => '-infinity'")).containsExactlyElementsOf(ids);
        assertThat(subscribe("time", "start_from => clock_timestamp() - interval '10 minutes'"))
                .containsExactlyElementsOf(ids.subList(2, 6));
        assertThat(subscribe("position", "start_position => " + (third + 1)))
                .containsExactlyElementsOf(ids.subList(3, 6));
        assertThat(subscribe("filtered", "start_from => '-infinity', settings => '{\"filter\":\"$.n >= 4\"}'"))
                .containsExactlyElementsOf(ids.subList(4, 6));
        assertThat(subscribe("by-body", "start_from => '-infinity', settings => '{\"body_path\":\"$.n >= 4\"}'"))
                .containsExactlyElementsOf(ids.subList(4, 6));
        assertThat(subscribe("latest", "settings => '{}'")).isEmpty();
    }

    @Test
    void aRewindDoublesNothingThatIsThere() throws SQLException {
        sql.run("select pgqueue.create_subscription(?, ?)", topic, topic + "s");
        int subscription = sql.subscription(topic + "s");
        List<UUID> ids = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            ids.add(publish(i));
        }
        List<Held> held = sql.receive(subscription, 4);
        sql.ack(held.get(0));
        sql.nack(held.get(1), 60_000L);
        sql.run(
                "select pgqueue.nack(?, ?, ?::smallint, array[?::bigint], array[?::integer], p_reason => 'REJECTED')",
                held.get(2).slot(),
                subscription,
                held.get(2).priority(),
                held.get(2).position(),
                held.get(2).epoch());
        assertThat(sql.number("select pgqueue.rewind(?)", subscription)).isEqualTo(1);
        assertThat(sql.number("select pgqueue.rewind(?)", subscription)).isZero();
        assertThat(sql.receive(subscription, 10)).extracting(Held::id).containsExactly(ids.get(4), ids.get(0));
        // The first lease of the replayed message is over; it was of the one that is gone.
        assertThat(sql.ack(held.get(0))).isFalse();
        assertThat(sql.ack(held.get(3))).isTrue();
    }

    @Test
    void whatHasExpiredOrIsTooOldIsNotReplayed() throws SQLException {
        sql.run("select pgqueue.publish(?, ''::bytea, time_to_live => interval '1 hour')", topic);
        sql.run(
                "update pgqueue.history set expires_at = clock_timestamp() where destination_id = ?",
                sql.destination(topic));
        UUID old = publish(1);
        sql.run("update pgqueue.history set sent_at = sent_at - interval '61 minutes' where message_id = ?", old);
        UUID kept = publish(2);
        assertThat(subscribe("s", "start_from => '-infinity'")).containsExactly(kept);
        assertThat(sql.number("select pgqueue.rewind(?)", sql.subscription(topic + "s")))
                .as("nor counted")
                .isZero();
        assertThat(sql.column(
                        "select message_id from pgqueue.read_history(?) where properties->>'n' is not null", topic))
                .containsExactly(kept);
    }

    @Test
    void aQueueCanBeReplayedToo() throws SQLException {
        int subscription = sql.queue(topic + "q", "{\"retain_ms\":60000}");
        UUID id = sql.send(topic + "q", "x");
        sql.ackAllOf(sql.receive(subscription, 1));
        assertThat(sql.number("select pgqueue.rewind(?)", subscription)).isEqualTo(1);
        assertThat(sql.receive(subscription, 1)).extracting(Held::id).containsExactly(id);
    }

    @Test
    void aFullQueueKeepsNothingOfWhatItRefused() throws SQLException {
        sql.queue(topic + "q", "{\"retain_ms\":60000,\"max_depth\":1}");
        sql.send(topic + "q", "x");
        assertThatThrownBy(() -> sql.send(topic + "q", "y"))
                .extracting("SQLState")
                .isEqualTo("PQ010");
        assertThat(sql.column("select message_id from pgqueue.read_history(?)", topic + "q"))
                .hasSize(1);
    }

    @Test
    void twoRewindsAtOnceReplayEverythingOnce(DataSource dataSource) throws Exception {
        int subscription = sql.queue(topic + "q", "{\"retain_ms\":3600000}");
        UUID id = sql.send(topic + "q", "x");
        sql.ackAllOf(sql.receive(subscription, 1));
        try (Sql first = new Sql(dataSource);
                Race second = new Race(new Sql(dataSource), sql)) {
            first.connection().setAutoCommit(false);
            assertThat(first.number("select pgqueue.rewind(?)", subscription)).isEqualTo(1);
            CompletableFuture<Long> again =
                    second.untilItWaits(session -> session.number("select pgqueue.rewind(?)", subscription));
            first.connection().commit();
            assertThat(again.get(10, TimeUnit.SECONDS)).isZero();
        }
        assertThat(sql.receive(subscription, 10)).extracting(Held::id).containsExactly(id);
    }

    /** Whoever waits for a lock has others wait behind. One publisher that does not end must not stop the rest. */
    @Test
    void aSubscriptionThatWaitsForOnePublisherLetsOthersPublish(DataSource dataSource) throws Exception {
        try (Sql open = new Sql(dataSource);
                Race race = new Race(new Sql(dataSource), sql)) {
            open.connection().setAutoCommit(false);
            UUID late = open.send(topic, "late");
            CompletableFuture<Integer> subscribing = race.untilItWaits(session -> session.run(
                    "select pgqueue.create_subscription(?, ?, start_from => '-infinity')", topic, topic + "s"));
            UUID meanwhile = sql.send(topic, "meanwhile");
            assertThat(subscribing).isNotDone();
            open.connection().commit();
            subscribing.get(10, TimeUnit.SECONDS);
            assertThat(sql.receive(sql.subscription(topic + "s"), 10))
                    .extracting(Held::id)
                    .containsExactly(late, meanwhile);
        }
    }

    /** Publishers go on while a subscription begins in the past: it gets each message once, old and new. */
    @Test
    void aSubscriptionThatBeginsInThePastMissesAndDoublesNothing(DataSource dataSource) throws Exception {
        int perPublisher = 1500;
        ExecutorService pool = Executors.newFixedThreadPool(3);
        Set<UUID> sent = new HashSet<>();
        try {
            List<Future<List<UUID>>> publishers = new ArrayList<>();
            for (int p = 0; p < 2; p++) {
                publishers.add(pool.submit(() -> {
                    List<UUID> mine = new ArrayList<>();
                    try (Sql publisher = new Sql(dataSource)) {
                        publisher.connection().setAutoCommit(false);
                        for (int i = 0; i < perPublisher; i++) {
                            mine.add(publisher.send(topic, "x"));
                            if (i % 3 == 0) {
                                publisher.connection().commit();
                            }
                        }
                        publisher.connection().commit();
                    }
                    return mine;
                }));
            }
            Future<?> subscriber = pool.submit(() -> {
                try (Sql admin = new Sql(dataSource)) {
                    for (int i = 0; i < 10; i++) {
                        while (admin.number("select count(*) from pgqueue.read_history(?, 1000)", topic) < 100 * i) {
                            Thread.onSpinWait();
                        }
                        admin.run(
                                "select pgqueue.create_subscription(?, ?, start_from => '-infinity')",
                                topic,
                                topic + i);
                    }
                }
                return null;
            });
            subscriber.get();
            for (Future<List<UUID>> publisher : publishers) {
                sent.addAll(publisher.get());
            }
        } finally {
            pool.shutdownNow();
        }
        assertThat(sent).hasSize(2 * perPublisher);
        for (int i = 0; i < 10; i++) {
            List<UUID> got = sql
                    .column(
                            "select m.message_id from pgqueue.delivery d join pgqueue.message m on m.slot = d.slot and m.id = d.position "
                                    + "where d.subscription_id = ?",
                            sql.subscription(topic + i))
                    .stream()
                    .map(UUID.class::cast)
                    .toList();
            assertThat(got).hasSize(sent.size());
            assertThat(new HashSet<>(got)).isEqualTo(sent);
        }
    }

    @Test
    void beginningInThePastNeedsAFreshSnapshot() throws SQLException {
        sql.connection().setAutoCommit(false);
        sql.run("set transaction isolation level repeatable read");
        assertThatThrownBy(() -> sql.run(
                        "select pgqueue.create_subscription(?, ?, start_from => '-infinity')", topic, topic + "s"))
                .hasMessageContaining("read committed");
        sql.connection().rollback();
        sql.connection().setAutoCommit(true);
    }

    /** RET-4: nothing goes before its time, and everything goes. */
    @ParameterizedTest
    @ValueSource(longs = {60_000, 3_600_000, 7_200_000, 86_400_000, 1_209_600_000L, 31_622_400_000L})
    void leavesAreEmptiedWhenTheirTimeIsOver(long retain) throws SQLException {
        sql.run("set search_path = pgqueue");
        sql.run("update destination set retain_ms = null where name <> ?", topic);
        sql.run("truncate history");
        sql.run("select alter_destination(?, ?::jsonb)", topic, "{\"retain_ms\":" + retain + "}");
        sql.send(topic, "x");
        String dropAfter = "select drop_old_history(clock_timestamp() + ? * interval '1 millisecond')";
        assertThat(sql.number(dropAfter, 0)).isZero();
        assertThat(sql.number(dropAfter, retain - 5_000)).isZero();
        long period = sql.number("select history_period(history_leaf(?, now()) / 6)", retain);
        assertThat(sql.number(dropAfter, retain + period)).isEqualTo(1);
        assertThat(sql.number("select count(*) from history")).isZero();
    }

    @Test
    void whatIsReadAtTheMomentIsEmptiedAnotherTime(DataSource dataSource) throws SQLException {
        sql.send(topic, "x");
        sql.run("set search_path = pgqueue");
        String drop = "select drop_old_history(clock_timestamp() + interval '75 minutes')";
        try (Sql reader = new Sql(dataSource)) {
            reader.connection().setAutoCommit(false);
            reader.column("select message_id from pgqueue.read_history(?)", topic);
            sql.run("set lock_timeout = '50ms'");
            assertThat(sql.number(drop)).isZero();
            reader.connection().rollback();
        }
        assertThat(sql.number(drop)).isPositive();
    }

    private UUID publish(int n) throws SQLException {
        return (UUID) sql.value(
                "select published_id from pgqueue.publish(?, ?::jsonb, properties => ?::jsonb)",
                topic,
                "{\"n\":" + n + "}",
                "{\"n\":" + n + "}");
    }

    private List<UUID> subscribe(String name, String arguments) throws SQLException {
        sql.run("select pgqueue.create_subscription(?, ?, " + arguments + ")", topic, topic + name);
        return sql.receive(sql.subscription(topic + name), 100).stream()
                .map(Held::id)
                .toList();
    }
}
