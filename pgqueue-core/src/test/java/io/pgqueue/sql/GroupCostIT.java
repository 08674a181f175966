// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.sql;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a fetch reads of groups that wait, of a group with a backlog, and where there are no groups. */
class GroupCostIT extends GroupQueue {

    /** ORD-4: thousands of groups wait for retries; a call looks at some of them, and who is behind them gets its turn. */
    @Test
    void groupsBehindThousandsThatWaitForARetryAreReached() throws SQLException {
        int blocked = 7_000;
        blockGroups(blocked);
        send("z1");
        Long[] floors = new Long[10];
        Arrays.fill(floors, 0L);
        String after = "";
        int calls = 0;
        List<Object> got = List.of();
        while (got.isEmpty()) {
            assertThat(calls++).isLessThan(10);
            sql.run("select pg_stat_force_next_flush()");
            sql.connection().setAutoCommit(false);
            List<Object> rows = sql.column(
                    "select coalesce(message_id::text, 'after ' || group_key) from pgqueue.receive(?, 10, p_floors => ?, "
                            + "p_after_group => ?)",
                    subscription,
                    sql.connection().createArrayOf("bigint", floors),
                    after);
            assertThat(sql.number(
                            "select sum(idx_tup_fetch) from pg_stat_xact_all_tables where schemaname = 'pgqueue'"))
                    .as("rows read by one call")
                    .isLessThan(12_000);
            sql.connection().commit();
            sql.connection().setAutoCommit(true);
            String row = (String) rows.get(0);
            if (row.startsWith("after ")) {
                assertThat(row.substring(6)).isGreaterThan(after);
                after = row.substring(6);
            } else {
                got = rows;
            }
        }
        assertThat(calls).as("more than one look was necessary").isBetween(3, 5);
        assertThat(sql.column("select message_id from pgqueue.receive(?, 10)", subscription))
                .as("a caller that says nothing of groups sees no more than messages")
                .isEmpty();
    }

    /** As many groups, each with a head that failed and one message behind it. */
    private void blockGroups(int groups) throws SQLException {
        sql.run(
                "insert into pgqueue.scheduled (subscription_id, position, due_at, retrying, epoch, attempts, replays, has_turn, "
                        + "sent_at, message_id, destination_id, priority, group_key) select ?, nextval('pgqueue.position'), "
                        + "now() + interval '1 hour', true, 1, 1, 0, true, now(), gen_random_uuid(), ?, 4, 'g' || lpad(i::text, 6, '0') "
                        + "from generate_series(1, ?) i",
                subscription,
                sql.destination(queue),
                groups);
        sql.run(
                "with m as (insert into pgqueue.message (id, sent_at, message_id, destination_id, slot, priority, group_key) "
                        + "select nextval('pgqueue.position'), now(), gen_random_uuid(), destination_id, "
                        + "pg_sequence_last_value('pgqueue.ring_state') & 15, 4, group_key from pgqueue.scheduled "
                        + "where subscription_id = ? returning *) "
                        + "insert into pgqueue.delivery (position, subscription_id, body_bytes, slot, priority, group_key) "
                        + "select id, ?, 0, slot, 14, group_key from m",
                subscription,
                subscription);
    }

    /** A fetch reads as much behind twenty thousand of one group as behind ten. */
    @Test
    void aBacklogOfOneGroupIsNotWalkedOver() throws SQLException {
        send("b1", "b2");
        sql.run("insert into pgqueue.message (id, sent_at, message_id, destination_id, slot, priority, group_key) "
                + "select nextval('pgqueue.position'), now(), gen_random_uuid(), " + sql.destination(queue)
                + ", pg_sequence_last_value('pgqueue.ring_state') & 15, 4, 'a' from generate_series(1, 20000)");
        sql.run(
                "insert into pgqueue.delivery (position, subscription_id, body_bytes, slot, priority, group_key) "
                        + "select id, ?, 0, slot, 14, 'a' from pgqueue.message where group_key = 'a' and destination_id = ?",
                subscription,
                sql.destination(queue));
        send("c1", "-1");
        for (int i = 0; i < 7; i++) {
            sql.connection().setAutoCommit(true);
            sql.run("select pg_stat_force_next_flush()");
            sql.connection().setAutoCommit(false);
            assertThat(sql.receive(subscription, 10)).hasSize(4);
            assertThat(sql.column("select relname || ' ' || seq_scan from pg_stat_xact_all_tables where "
                            + "schemaname = 'pgqueue' and relname ~ '^(message|delivery|scheduled)' and seq_scan > 0"))
                    .isEmpty();
            assertThat(sql.number("select sum(idx_tup_fetch) from pg_stat_xact_all_tables "
                            + "where schemaname = 'pgqueue' and relname ~ '^(message|delivery)'"))
                    .isLessThan(120);
            sql.connection().rollback();
        }
        sql.connection().setAutoCommit(true);
    }

    /** What a subscription without groups does not use it does not pay for. */
    @Test
    void withoutGroupsNobodyAsksForTurns() throws SQLException {
        sql.run("set track_functions = 'all'");
        String calls = "select coalesce(sum(calls), 0) from pg_stat_xact_user_functions where funcname = 'admit_heads'";
        sql.connection().setAutoCommit(false);
        send("-1", "-2");
        assertThat(sql.receive(subscription, 1)).hasSize(1);
        Long[] floors = new Long[10];
        Arrays.fill(floors, 0L);
        assertThat(sql.receive(subscription, 1, 1 << 20, floors)).hasSize(1);
        assertThat(sql.number(calls)).isZero();
        send("a1");
        assertThat(sql.receive(subscription, 1)).hasSize(1);
        assertThat(sql.number(calls)).isEqualTo(1);
        sql.connection().rollback();
        sql.connection().setAutoCommit(true);
    }
}
