// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.sql;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueue.sql.Sql.Held;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * No hot statement reads a whole leaf, whatever the statistics say. The server counts the scans of the running
 * transaction, also those of plans inside functions.
 */
@PostgresTest(template = MigratedSchema.class)
class PlansIT {

    private static final String SCANNED =
            "select relname || ' ' || seq_scan from pg_stat_xact_all_tables where schemaname = 'pgqueue' "
                    + "and relname ~ '^(message|delivery|scheduled|dead_letter)' and seq_scan > 0";

    private static final String READ = "select coalesce(sum(idx_tup_fetch), 0) from pg_stat_xact_all_tables "
            + "where schemaname = 'pgqueue' and relname ~ '^(message|delivery)'";

    private static int names;

    private Sql sql;
    private int subscription;
    private int destination;

    @BeforeEach
    void open(DataSource dataSource) throws SQLException {
        sql = new Sql(dataSource);
        sql.run("truncate pgqueue.message, pgqueue.delivery");
        for (int slot = 0; slot < 16; slot++) {
            sql.run("alter table pgqueue.message_" + slot + " set (autovacuum_enabled = off)");
            sql.run("alter table pgqueue.delivery_" + slot + " set (autovacuum_enabled = off)");
        }
        String queue = "plans" + names++;
        subscription = sql.queue(queue, "{}");
        destination = sql.destination(queue);
    }

    @AfterEach
    void close() throws SQLException {
        sql.close();
    }

    @Test
    void onEmptyLeaves() throws SQLException {
        assertIndexesOnly();
    }

    @Test
    void onFullLeavesThatWereNeverAnalysed() throws SQLException {
        fill();
        assertIndexesOnly();
    }

    @Test
    void onLeavesAnalysedWhileEmptyWithPlansMadeThen() throws SQLException {
        sql.run("analyze pgqueue.message");
        sql.run("analyze pgqueue.delivery");
        assertIndexesOnly();
        fill();
        assertIndexesOnly();
    }

    @Test
    void onAnalysedFullLeaves() throws SQLException {
        fill();
        sql.run("analyze pgqueue.message");
        sql.run("analyze pgqueue.delivery");
        assertIndexesOnly();
    }

    /** The message is found by block ranges, its deliveries by the index: a backlog of the subscription is not read. */
    @Test
    void cancellingReadsNoOtherDeliveries() throws SQLException {
        fill();
        sql.run("select pg_stat_force_next_flush()");
        sql.connection().setAutoCommit(false);
        assertThat(sql.column(
                        "select outcome from pgqueue.cancel((select message_id from pgqueue.message "
                                + "where destination_id = ? order by id desc limit 1))",
                        destination))
                .containsExactly("cancelled");
        assertThat(sql.number("select sum(idx_tup_fetch + seq_tup_read) from pg_stat_xact_all_tables "
                        + "where schemaname = 'pgqueue' and relname ~ '^delivery'"))
                .isLessThan(50);
        sql.connection().rollback();
        sql.connection().setAutoCommit(true);
    }

    /** What has expired is found page by page, its deliveries by the index. */
    @Test
    void sweepingReadsOnlyTheDeliveriesOfWhatHasExpired() throws SQLException {
        fill();
        sql.run("update pgqueue.message set expires_at = now() where destination_id = ?", destination);
        sql.run("select pg_stat_force_next_flush()");
        sql.connection().setAutoCommit(false);
        sql.run("set local search_path = pgqueue");
        // The table was written anew by the update, so the first pages are empty.
        long removed = sql.number("select sum((sweep_slot((pg_sequence_last_value('ring_state') & 15)::integer, "
                + "pg_relation_size('message_' || (pg_sequence_last_value('ring_state') & 15)) / 8192 - n, 1)).removed) "
                + "from generate_series(1, 3) n");
        assertThat(removed).isGreaterThan(50);
        assertThat(sql.number("select sum(idx_tup_fetch) from pg_stat_xact_all_tables "
                        + "where schemaname = 'pgqueue' and relname ~ '^delivery'"))
                .isLessThan(10 * removed);
        sql.connection().rollback();
        sql.connection().setAutoCommit(true);
    }

    private void fill() throws SQLException {
        sql.run(
                "insert into pgqueue.message (id, sent_at, message_id, destination_id, slot, priority) "
                        + "select nextval('pgqueue.position'), now(), gen_random_uuid(), ?, pg_sequence_last_value("
                        + "'pgqueue.ring_state') & 15, 4 from generate_series(1, 50000)",
                destination);
        sql.run(
                "insert into pgqueue.delivery (position, subscription_id, body_bytes, slot, priority) "
                        + "select id, ?, 0, slot, 4 from pgqueue.message where destination_id = ?",
                subscription,
                destination);
    }

    /** Seven times, in transactions that are rolled back: beyond five a generic plan may be chosen. */
    private void assertIndexesOnly() throws SQLException {
        Long[] floors = new Long[10];
        Arrays.fill(floors, 0L);
        for (int i = 0; i < 7; i++) {
            // What was counted before goes to the shared statistics with the end of this statement.
            sql.connection().setAutoCommit(true);
            sql.run("select pg_stat_force_next_flush()");
            sql.connection().setAutoCommit(false);
            publishExpiring();
            for (int n = 0; n < 60; n++) {
                sql.publish(destination, 4);
            }
            sql.run(
                    "select pgqueue.publish_messages(?, array[gen_random_uuid(), gen_random_uuid()], array['a', 'b']::bytea[], "
                            + "null, '{4,4}', null, null, null, null, null, null, null, null)",
                    destination);
            List<Held> held = sql.receive(subscription, 20);
            assertThat(held).hasSize(20);
            assertThat(sql.receive(subscription, 20, 1 << 20, floors)).hasSize(20);
            sql.ack(held.get(0));
            assertThat(sql.ackAll(held.subList(1, 10))).hasSize(9);
            sql.nack(held.get(10), 0L);
            sql.nack(held.get(11), 60_000L);
            sql.extend(held.get(12), 60_000);
            sql.release(held.get(13));
            bury(held.get(14));
            sql.run("select pgqueue.ready(array[?::integer])", subscription);
            assertThat(sql.column(SCANNED)).as("round %d", i).isEmpty();
            assertThat(sql.number(READ)).as("round %d", i).isLessThan(400);
            sql.connection().rollback();
        }
        sql.connection().setAutoCommit(true);
    }

    /** Ahead of all others and expired when the first fetch comes to it, which puts it away. */
    private void publishExpiring() throws SQLException {
        sql.run(
                "select pgqueue.publish_message(?, gen_random_uuid(), 'late', null, 5::smallint, null, null, null, null, "
                        + "null, 1, null, null)",
                destination);
    }

    private void bury(Held held) throws SQLException {
        sql.run(
                "select pgqueue.nack(?, ?, 4::smallint, array[?], array[?], null, 'REJECTED')",
                held.slot(),
                subscription,
                held.position(),
                held.epoch());
    }
}
