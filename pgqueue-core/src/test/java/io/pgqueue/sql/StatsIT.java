// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.pgqueue.sql.Sql.Held;
import java.sql.SQLException;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

/** OBS-1, OBS-2, OBS-3, OBS-12. */
class StatsIT extends OneQueue {

    private static final String COUNTS =
            "select concat_ws(' ', ready, leased, delayed, retrying, dead) " + "from pgqueue.metrics(?)";
    private static final String TOTALS =
            "select concat_ws(' ', acked, expired, discarded, moved, published) " + "from pgqueue.metrics(?)";

    /** Maintenance holds a slot that it truncates until it has committed. */
    @Test
    void aSampleWaitsForTheEndOfAReclaim(DataSource dataSource) throws Exception {
        try (Sql maintainer = new Sql(dataSource);
                Race race = new Race(new Sql(dataSource), sql)) {
            maintainer.connection().setAutoCommit(false);
            maintainer.run("lock table pgqueue.delivery_9 in access exclusive mode");
            sql.run("select setval('pgqueue.sample_due_ms', 1)");
            CompletableFuture<Object> sampled = race.untilItWaits(session -> session.value("select pgqueue.sample(0)"));
            await().pollInterval(Duration.ofMillis(5))
                    .until(() -> sampled.isDone()
                            || sql.number("select count(*) from pg_locks where not granted "
                                            + "and clock_timestamp() - waitstart > interval '100 ms'")
                                    > 0);
            assertThat(sampled).isNotDone();
            maintainer.connection().commit();
            sampled.get(10, TimeUnit.SECONDS);
        }
    }

    @Test
    void aSampleCountsEveryState() throws SQLException {
        for (int i = 0; i < 9; i++) {
            sql.send(queue, "x");
        }
        sql.run("select pgqueue.publish(?, ''::bytea, delay => interval '1 hour')", queue);
        sql.nack(sql.receive(subscription, 1).get(0), 60_000L);
        die(sql.receive(subscription, 1).get(0));
        sql.receive(subscription, 3);
        sql.rotate();
        sql.send(queue, "x");
        sample();
        assertThat(sql.value(COUNTS, subscription)).isEqualTo("5 3 1 1 1");
        assertThat(sql.value(TOTALS, subscription)).isEqualTo("0 0 0 0 11");
    }

    /** I12: at rest what was published is what became of it; acks are handed over by those who acked. */
    @Test
    void totalsTellWhatBecameOfEverything() throws SQLException {
        int other = sql.queue(queue + "other", "{}");
        for (int i = 0; i < 10; i++) {
            sql.send(queue, "x");
        }
        sql.ackAllOf(sql.receive(subscription, 3));
        sql.run("select pgqueue.sample(null, array[?], array[3::bigint])", subscription);
        UUID expired = sql.send(queue, "x");
        sql.run("update pgqueue.message set expires_at = clock_timestamp() where message_id = ?", expired);
        sql.run("select setval('pgqueue.sweep_cursor', 0)");
        for (Held held : sql.receive(subscription, 3)) {
            die(held);
        }
        sql.run("select pgqueue.discard(?, p_limit => 1)", subscription);
        sql.run("select pgqueue.redrive(?, p_limit => 1, p_to => ?)", subscription, queue + "other");
        sql.run(
                "select pgqueue.cancel((select message_id from pgqueue.message m join pgqueue.delivery d on d.position = m.id "
                        + "where d.subscription_id = " + subscription + " order by m.id limit 1))");
        sql.run("select pgqueue.move_backlog(?, ?, 1)", subscription, queue + "other");
        assertThat(sql.receive(subscription, 2)).hasSize(2);
        sql.receive(subscription, 1);
        sql.run("select pgqueue.purge(?, true)", subscription);
        sample();
        assertThat(sql.value(COUNTS, subscription)).isEqualTo("0 0 0 0 1");
        assertThat(sql.value(TOTALS, subscription)).isEqualTo("3 1 4 2 11");
        assertThat(sql.value(TOTALS, other)).isEqualTo("0 0 0 0 2");
        sample();
        assertThat(sql.value(TOTALS, subscription)).isEqualTo("3 1 4 2 11");
    }

    /** The ends that the story above does not come to. */
    @Test
    void theRarerEndsAreCountedToo() throws SQLException {
        sql.run("select pgqueue.create_topic(?)", queue + "t");
        sql.run(
                "select pgqueue.create_subscription(?, ?, '{\"dead_letter_max_age_ms\":3600000}')",
                queue + "t",
                queue + "s");
        int counted = sql.subscription(queue + "s");
        String later = "select published_id from pgqueue.publish(?, ''::bytea, delay => interval '1 hour')";
        sql.send(queue + "t", "refused by the new filter");
        sql.run(later, queue + "t");
        sql.run("select pgqueue.change_filter(?, '{\"filter\":\"1 == 2\"}', 'refilter')", counted);
        assertEnds(counted, "0 0 2 0 2");
        sql.run("select pgqueue.change_filter(?, '{\"filter\":null}')", counted);
        sql.run("select pgqueue.cancel(?)", sql.value(later, queue + "t"));
        assertEnds(counted, "0 0 3 0 3");
        sql.run(later, queue + "t");
        sql.run("select pgqueue.purge(?)", counted);
        assertEnds(counted, "0 0 4 0 4");
        sql.send(queue + "t", "too old for a dead letter");
        die(sql.receive(counted, 1).get(0));
        sql.run("update pgqueue.dead_letter set dead_at = dead_at - interval '2 h' where subscription_id = ?", counted);
        sql.run("set search_path = pgqueue");
        sql.run("select sweep(0)");
        assertEnds(counted, "0 0 5 0 5");
        sql.run(
                "select pgqueue.alter_subscription(?, jsonb_build_object('dead_letter_queue', ?::text))",
                counted,
                queue);
        sql.send(queue + "t", "to the queue for dead letters");
        die(sql.receive(counted, 1).get(0));
        assertEnds(counted, "0 0 5 1 6");
        sql.run(
                "select pgqueue.alter_subscription(?, jsonb_build_object('on_expiry', 'move', 'expiry_queue', ?::text))",
                counted,
                queue);
        sql.send(queue + "t", "to the queue for what expired");
        sql.run(
                "update pgqueue.message set expires_at = clock_timestamp() where destination_id = ?",
                sql.destination(queue + "t"));
        assertThat(sql.receive(counted, 1)).isEmpty();
        assertEnds(counted, "0 0 5 2 7");
    }

    private void assertEnds(int counted, String totals) throws SQLException {
        sample();
        assertThat(sql.value(TOTALS, counted)).isEqualTo(totals);
    }

    /** A backlog whose acks have not been handed over yet does not make the total go down. */
    @Test
    void theTotalOfWhatWasPublishedNeverFalls() throws SQLException {
        for (int i = 0; i < 5; i++) {
            sql.send(queue, "x");
        }
        sample();
        sql.ackAllOf(sql.receive(subscription, 5));
        sample();
        assertThat(sql.value(TOTALS, subscription)).isEqualTo("0 0 0 0 5");
        sql.run("select pgqueue.sample(null, array[?], array[5::bigint])", subscription);
        sample();
        assertThat(sql.value(TOTALS, subscription)).isEqualTo("5 0 0 0 5");
        assertThat(sql.value("select acked_per_second > 0 from pgqueue.metrics(?)", subscription))
                .isEqualTo(true);
    }

    /** OBS-2: from when it became available, not from when it was sent. */
    @Test
    void theAgeCountsFromWhenItBecameAvailable() throws SQLException {
        sql.send(queue, "x");
        sql.run(
                "update pgqueue.message set sent_at = sent_at - interval '1 hour' where destination_id = ?",
                sql.destination(queue));
        sql.run(
                "update pgqueue.delivery set ready_at = clock_timestamp() - interval '10 minutes' where subscription_id = ?",
                subscription);
        sql.send(queue, "x");
        sample();
        assertThat(sql.number(
                        "select round(extract(epoch from sampled_at - oldest_ready_at)) from pgqueue.metrics(?)",
                        subscription))
                .isBetween(600L, 660L);
        assertThat(sql.number(
                        "select round(extract(epoch from sampled_at - newest_ready_at)) from pgqueue.metrics(?)",
                        subscription))
                .isBetween(0L, 60L);
    }

    /** OBS-3: a sample is read, not counted; one that is not due is not taken; nothing piles up. */
    @Test
    void samplesAreTakenWhenDueAndLeaveNoDeadRows() throws SQLException {
        sample();
        Object at = sql.value("select sampled_at from pgqueue.metrics(?)", subscription);
        assertThat(sql.value("select pgqueue.sample(300000)")).isNull();
        assertThat(sql.value("select sampled_at from pgqueue.metrics(?)", subscription))
                .isEqualTo(at);
        for (int i = 0; i < 50; i++) {
            sql.run("select pgqueue.sample(null, array[?], array[1::bigint])", subscription);
            sample();
        }
        assertThat(sql.value(TOTALS, subscription)).isEqualTo("50 0 0 0 50");
        assertThat(sql.number("select count(*) from pgqueue.tally where subscription_id = ?", subscription))
                .isEqualTo(1);
        assertThat(sql.number("select pg_relation_size('pgqueue.sample') + pg_relation_size('pgqueue.tally')"))
                .isLessThanOrEqualTo(3 * 8192);
    }

    /** Whoever reads or counts in an open transaction neither stops samples nor loses counts. */
    @Test
    void anOpenTransactionDoesNotStopSamples(DataSource dataSource) throws SQLException {
        try (Sql open = new Sql(dataSource)) {
            open.connection().setAutoCommit(false);
            open.value(TOTALS, subscription);
            open.run("select pgqueue.sample(null, array[?], array[7::bigint])", subscription);
            sql.send(queue, "x");
            sample();
            assertThat(sql.value(TOTALS, subscription)).isEqualTo("0 0 0 0 1");
            open.connection().commit();
        }
        sample();
        assertThat(sql.value(TOTALS, subscription)).isEqualTo("7 0 0 0 8");
    }

    @Test
    void aSubscriptionWithoutASampleIsCounted() throws SQLException {
        sample();
        int fresh = sql.queue(queue + "fresh", "{}");
        sql.send(queue + "fresh", "x");
        assertThat(sql.value(COUNTS, fresh)).isEqualTo("1 0 0 0 0");
        assertThat(sql.number(
                        "select count(*) from pgqueue.metrics() where subscription in (?, ?)", queue, queue + "fresh"))
                .isEqualTo(2);
    }

    /** OBS-12. */
    @Test
    void theHolderOfOldRowsIsNamed(DataSource dataSource) throws SQLException {
        try (Sql holder = new Sql(dataSource)) {
            holder.run("set application_name = 'nightly report'");
            holder.connection().setAutoCommit(false);
            holder.run("set transaction isolation level repeatable read");
            holder.value("select 1");
            sql.send(queue, "x");
            sql.ackAllOf(sql.receive(subscription, 1));
            assertThat(sql.value(
                            "select concat_ws('|', kind, application, database_user = session_user, since < clock_timestamp(), "
                                    + "age > 0) from pgqueue.horizon() where name = ?",
                            "" + holder.backend()))
                    .isEqualTo("transaction|nightly report|t|t|t");
            String heldFrom = "select held_from from pgqueue.horizon() where name = ?";
            long from = sql.number(heldFrom, "" + holder.backend());
            sql.send(queue, "y");
            assertThat(sql.number(heldFrom, "" + holder.backend()))
                    .as("stays as long as the snapshot")
                    .isEqualTo(from);
            holder.connection().rollback();
            holder.run("set transaction isolation level repeatable read");
            holder.value("select 1");
            assertThat(sql.number(heldFrom, "" + holder.backend()))
                    .as("moves on with the next snapshot")
                    .isGreaterThan(from);
            holder.connection().rollback();
        }
        assertThat(sql.column("select name from pgqueue.horizon() where application = 'nightly report'"))
                .isEmpty();
    }

    private void sample() throws SQLException {
        // On a slow machine the next one is due late.
        sql.run("select setval('pgqueue.sample_due_ms', 1)");
        sql.run("select pgqueue.sample(0)");
    }

    private void die(Held held) throws SQLException {
        sql.run(
                "select pgqueue.nack(?, ?, ?::smallint, array[?::bigint], array[?::integer], p_reason => 'REJECTED')",
                held.slot(),
                held.subscription(),
                held.priority(),
                held.position(),
                held.epoch());
    }
}
