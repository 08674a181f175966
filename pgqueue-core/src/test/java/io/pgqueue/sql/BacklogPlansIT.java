// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.sql;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What works on a backlog reads what it works on, whatever the statistics say: neither the rest of a long backlog, nor what
 * others have in the same leaves. Rows are those that scans of tables and indexes gave; blocks are those of tables and
 * indexes, because an entry that an index filters out is no row.
 */
@PostgresTest(template = MigratedSchema.class)
class BacklogPlansIT {

    /** What the planner knows of the leaves. */
    enum Statistics {
        NEVER_ANALYSED,
        ANALYSED_EMPTY_WITH_PLANS_OF_THEN,
        ANALYSED_FULL
    }

    private static final int MANY = 30_000;

    private static final String ROWS = "select coalesce(sum(idx_tup_fetch + seq_tup_read), 0) from "
            + "pg_stat_xact_all_tables where schemaname = 'pgqueue' and relname ~ '^(message|delivery|scheduled)'";

    private static final String BLOCKS =
            "select coalesce(sum(pg_stat_get_xact_blocks_fetched(c.oid)), 0) from pg_class c "
                    + "where c.relnamespace = 'pgqueue'::regnamespace and c.relname ~ '^(message|delivery|scheduled)'";

    private static int names;

    private Sql sql;
    private String queue;
    private int ours;
    private int others;

    @BeforeEach
    void open(DataSource dataSource) throws SQLException {
        sql = new Sql(dataSource);
        sql.run("truncate pgqueue.message, pgqueue.delivery, pgqueue.scheduled");
        // Slots 0 to 2 hold rows.
        sql.run("select setval('pgqueue.ring_state', 7 << 4)");
        for (int slot = 0; slot < 16; slot++) {
            sql.run("alter table pgqueue.message_" + slot + " set (autovacuum_enabled = off)");
            sql.run("alter table pgqueue.delivery_" + slot + " set (autovacuum_enabled = off)");
        }
        queue = "plans" + names++;
        sql.run("select pgqueue.create_topic(?)", queue + "topic");
        sql.run("select pgqueue.create_subscription(?, ?)", queue + "topic", queue);
        ours = sql.subscription(queue);
        others = sql.queue(queue + "others", "{}");
        sql.queue(queue + "to", "{}");
    }

    @AfterEach
    void close() throws SQLException {
        sql.close();
    }

    @ParameterizedTest
    @EnumSource
    void aPurgeReadsNothingOfOthers(Statistics statistics) throws SQLException {
        Work all = new Work(300, "select pgqueue.purge(?)", ours);
        Work some = new Work(30, "select pgqueue.purge(?, p_filter => '{\"filter\":\"$.n == 7\"}')", ours);
        Work aged = new Work(300, "select pgqueue.purge(?, p_filter => '{\"min_age_ms\":60000}')", ours);
        know(statistics, () -> fillBoth(200, 100), all, some, aged);
        assertReads(all, 1000, 3000);
        assertReads(some, 1000, 3000);
        assertReads(aged, 1000, 3000);
    }

    @ParameterizedTest
    @EnumSource
    void aNewFilterReadsNothingOfOthers(Statistics statistics) throws SQLException {
        Work keep = changingFilter(300, "keep");
        Work refilter = changingFilter(300, "refilter");
        Work drop = changingFilter(300, "drop");
        know(statistics, () -> fillBoth(200, 100), keep, refilter, drop);
        assertReads(keep, 1000, 3000);
        assertReads(refilter, 1000, 3000);
        assertReads(drop, 1000, 3000);
    }

    /** Each delivery and its message once, however many there are. */
    @ParameterizedTest
    @EnumSource
    void aNewFilterReadsABacklogOnce(Statistics statistics) throws SQLException {
        Work refilter = changingFilter(5000, "refilter");
        know(statistics, () -> fill(ours, 5000, "3 + n % 3", "null"), refilter);
        assertReads(refilter, 15_000, 60_000);
    }

    @ParameterizedTest
    @EnumSource
    void aMoveReadsWhatItMoves(Statistics statistics) throws SQLException {
        Work move = new Work(50, "select moved from pgqueue.move_backlog(?, ?, 50)", ours, queue + "to");
        know(statistics, () -> fill(ours, MANY, "3 + n % 3", "null"), move);
        assertReads(move, 500, 2500);
    }

    @ParameterizedTest
    @EnumSource
    void makingRoomReadsWhatItDrops(Statistics statistics) throws SQLException {
        Work drop = new Work(
                20, "select (pgqueue.drop_oldest(s, 20)).dropped from pgqueue.subscription s where s.id = ?", ours);
        know(statistics, () -> fill(ours, MANY, "3 + n % 3", "null"), drop);
        assertReads(drop, 300, 2000);
    }

    /** Three groups, each with 2000 behind its head in every one of five lanes. */
    @ParameterizedTest
    @EnumSource
    void turnsAreGivenWithoutReadingWhatWaitsBehindTheHeads(Statistics statistics) throws SQLException {
        Work receive = new Work(3, "select count(*) from pgqueue.receive(?, 10) where message_id is not null", ours);
        know(statistics, () -> fill(ours, MANY, "13 + n % 5", "'g' || n % 3"), receive);
        assertReads(receive, 1000, 4000);
    }

    /** What belongs to no group is not read for the turns either. */
    @ParameterizedTest
    @EnumSource
    void turnsAreGivenWithoutReadingWhatHasNoGroup(Statistics statistics) throws SQLException {
        Work receive = new Work(13, "select count(*) from pgqueue.receive(?, 13) where message_id is not null", ours);
        know(
                statistics,
                () -> {
                    fill(ours, MANY, "3 + n % 3", "null");
                    fill(ours, 100, "14", "'g' || n % 3");
                },
                receive);
        assertReads(receive, 1000, 4000);
    }

    /** What nobody receives from any more may be long, and is looked at before it ends. */
    @ParameterizedTest
    @EnumSource
    void whetherSomethingIsHeldIsSeenAtTheHeads(Statistics statistics) throws SQLException {
        Work look = new Work(0, "select is_held(?)::integer", ours);
        know(statistics, () -> fill(ours, MANY, "3 + n % 3", "null"), look);
        assertReads(look, 4000, 6000);
    }

    private Work changingFilter(long result, String backlog) {
        return new Work(
                result,
                "select kept + discarded from pgqueue.change_filter(?, '{\"filter\":\"$.n == 7\"}', ?)",
                ours,
                backlog);
    }

    private interface Filling {
        void fill() throws SQLException;
    }

    private record Work(long result, String call, Object... arguments) {}

    private void know(Statistics statistics, Filling filling, Work... works) throws SQLException {
        // Functions that clients do not call pin no search path.
        sql.run("set search_path = pgqueue");
        if (statistics == Statistics.ANALYSED_EMPTY_WITH_PLANS_OF_THEN) {
            sql.run("analyze message, delivery, scheduled");
            for (Work work : works) {
                // Beyond five a generic plan may be chosen.
                for (int i = 0; i < 7; i++) {
                    sql.connection().setAutoCommit(false);
                    sql.run(work.call, work.arguments);
                    rollBack();
                }
            }
        }
        filling.fill();
        if (statistics == Statistics.ANALYSED_FULL) {
            sql.run("analyze message, delivery, scheduled");
        }
    }

    private void assertReads(Work work, long rows, long blocks) throws SQLException {
        for (int i = 0; i < 7; i++) {
            // What was counted before goes to the shared statistics with the end of this statement.
            sql.run("select pg_stat_force_next_flush()");
            sql.connection().setAutoCommit(false);
            assertThat(sql.number(work.call, work.arguments)).isEqualTo(work.result);
            assertThat(sql.number(ROWS))
                    .as("rows that %s reads at call %d", work.call, i)
                    .isBetween(work.result, rows);
            assertThat(sql.number(BLOCKS))
                    .as("blocks that %s reads at call %d", work.call, i)
                    .isLessThan(blocks);
            rollBack();
        }
    }

    private void rollBack() throws SQLException {
        sql.connection().rollback();
        sql.connection().setAutoCommit(true);
    }

    private void fillBoth(int waiting, int delayed) throws SQLException {
        fill(others, MANY, "4", "null");
        later(others, MANY);
        fill(ours, waiting, "3 + n % 3", "null");
        later(ours, delayed);
    }

    private void fill(int subscription, int count, String priority, String group) throws SQLException {
        sql.run(
                "with stored as ("
                        + "  insert into pgqueue.message (id, sent_at, message_id, destination_id, slot, priority, properties, group_key)"
                        + "  select nextval('pgqueue.position'), now() - interval '1 hour', gen_random_uuid(), s.destination_id,"
                        + "         n % 3, 4, jsonb_build_object('n', n % 10), " + group
                        + "    from pgqueue.subscription s, generate_series(1, ?) n where s.id = ? returning *)"
                        + "insert into pgqueue.delivery (position, subscription_id, body_bytes, slot, priority, group_key) "
                        + "select id, ?, 0, slot, " + priority.replace("n", "id") + ", group_key from stored",
                count,
                subscription,
                subscription);
    }

    private void later(int subscription, int count) throws SQLException {
        sql.run(
                "insert into pgqueue.scheduled (subscription_id, position, due_at, retrying, epoch, attempts, replays, sent_at,"
                        + "  message_id, destination_id, priority, properties)"
                        + "select s.id, nextval('pgqueue.position'), now() + interval '1 hour', false, 0, 0, 0::smallint,"
                        + "       now() - interval '1 hour', gen_random_uuid(), s.destination_id, 4::smallint,"
                        + "       jsonb_build_object('n', n % 10)"
                        + "  from pgqueue.subscription s, generate_series(1, ?) n where s.id = ?",
                count, subscription);
    }
}
