// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgqueue.sql.Sql.Held;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** ORD-2 to ORD-5, one rule at a time. Bodies are the group, a number and sometimes more. */
@PostgresTest(template = MigratedSchema.class)
class GroupIT {

    private static int names;

    private Sql sql;
    private String queue;
    private int subscription;

    @BeforeEach
    void open(DataSource dataSource) throws SQLException {
        sql = new Sql(dataSource);
        queue = "group" + names++;
        subscription = sql.queue(queue, "{\"jitter_percent\":0}");
    }

    @AfterEach
    void close() throws SQLException {
        sql.close();
    }

    /**
     * Maintenance has the turns, and wants a slot that this fetch has read: the fetch goes without new turns. With the
     * default deadlock_timeout it is the lock timeout of a second that ends it, at about the same moment.
     */
    @Test
    void aFetchThatWaitsForTurnsIsNoVictimOfADeadlock(DataSource dataSource) throws Exception {
        send("a1", "b1");
        try (Sql other = new Sql(dataSource);
                Race fetch = new Race(new Sql(dataSource), sql)) {
            other.run("set search_path = pgqueue");
            other.connection().setAutoCommit(false);
            assertThat(other.value("select pgqueue.lock_turns(?, false)", subscription))
                    .isEqualTo(true);
            CompletableFuture<List<Held>> fetched = fetch.untilItWaits(session -> {
                session.run("set deadlock_timeout = '300ms'");
                return session.receive(subscription, 10);
            });
            other.run("set local deadlock_timeout = '1min'");
            other.run("lock table pgqueue.delivery_" + sql.currentSlot() + " in access exclusive mode");
            assertThat(fetched.get(20, TimeUnit.SECONDS)).isEmpty();
            other.connection().rollback();
        }
        assertThat(bodies(sql.receive(subscription, 10))).containsExactly("a1", "b1");
    }

    @Test
    void aBatchHoldsOneOfEachGroupAndWhateverHasNone() throws SQLException {
        send("a1", "a2", "b1", "-1", "a3", "-2", "b2");
        List<Held> first = sql.receive(subscription, 100);
        assertThat(bodies(first)).containsExactly("a1", "b1", "-1", "-2");
        assertThat(bodies(sql.receive(subscription, 100))).isEmpty();
        sql.ackAllOf(first);
        List<Held> second = sql.receive(subscription, 100);
        assertThat(bodies(second)).containsExactly("a2", "b2");
        sql.ackAllOf(second);
        assertThat(bodies(sql.receive(subscription, 100))).containsExactly("a3");
    }

    @Test
    void inAGroupPriorityIsIgnoredBetweenGroupsTheHeadsCounts() throws SQLException {
        send("a1", 1);
        send("a2", 9);
        send("b1", 5);
        send("c1", 5);
        send("-1", 3);
        List<String> order = new ArrayList<>();
        for (List<Held> one = sql.receive(subscription, 1); !one.isEmpty(); one = sql.receive(subscription, 1)) {
            order.addAll(bodies(one));
            sql.ackAllOf(one);
        }
        assertThat(order).containsExactly("b1", "c1", "-1", "a1", "a2");
    }

    /** CON-14, ORD-3: through backoff, retry at once, snooze, release and the end of a lease. */
    @Test
    void theHeadKeepsItsTurnUntilItIsAckedOrDead() throws SQLException {
        send("a1", "a2");
        Held head = only("a1");
        assertThat(sql.nack(head, 60_000L)).isEqualTo("retry");
        send("b1");
        sql.ack(only("b1"));
        sql.makeDue(subscription);
        head = only("a1");
        assertThat(sql.nack(head, 0L)).isEqualTo("retry");
        head = only("a1");
        assertThat(sql.snooze(head, 60_000)).isTrue();
        assertThat(sql.receive(subscription, 10)).isEmpty();
        sql.makeDue(subscription);
        head = only("a1");
        assertThat(head.attempts()).isEqualTo(3);
        assertThat(sql.release(head)).isTrue();
        only("a1");
        sql.endLeases(subscription);
        head = only("a1");
        sql.run("select pgqueue.release_subscription(?)", subscription);
        assertThat(sql.ack(head)).isFalse();
        head = sql.receive(subscription, 1).get(0);
        assertThat(body(head)).isEqualTo("a1");
        assertThat(sql.nack(head, 0L)).isEqualTo("dead");
        assertThat(bodies(sql.receive(subscription, 10))).contains("a2");
    }

    @Test
    void skipSendsTheFirstFailureToTheDeadLettersAndGoesOn() throws SQLException {
        sql.run("select pgqueue.alter_subscription(?, '{\"group_policy\":\"skip\"}')", subscription);
        send("a1", "a2", "-1");
        List<Held> held = sql.receive(subscription, 10);
        assertThat(bodies(held)).containsExactly("a1", "-1");
        assertThat(sql.nack(held.get(0), 0L)).isEqualTo("dead");
        assertThat(sql.nack(held.get(1), 60_000L)).isEqualTo("retry");
        only("a2");
        assertThat(sql.value("select reason from pgqueue.dead_letters(?)", subscription))
                .isEqualTo("MAX_ATTEMPTS");
    }

    @Test
    void aMessageThatItsSenderDelayedBlocksNobodyUntilItIsDue() throws SQLException {
        sql.value("select pgqueue.publish(?, 'a1'::text, delay => '1 hour', group_key => 'a')", queue);
        send("a2", "a3");
        sql.ack(only("a2"));
        sql.makeDue(subscription);
        only("a1");
    }

    /** SCH-6, SCH-3: a new time is a delay by the sender; a cancelled head leaves its turn to the next. */
    @Test
    void aRescheduledMessageStandsInLineAgainWhenItIsDue() throws SQLException {
        UUID first = send(sql, "a1");
        UUID second = send(sql, "a2");
        UUID third = send(sql, "a3");
        Held head = only("a1");
        sql.run("select pgqueue.reschedule(?, clock_timestamp() + interval '1 hour')", second);
        sql.makeDue(subscription);
        assertThat(sql.receive(subscription, 10)).isEmpty();
        sql.release(head);
        assertThat(sql.value("select outcome from pgqueue.reschedule(?, clock_timestamp() + interval '1 hour')", first))
                .isEqualTo("rescheduled");
        sql.nack(only("a2"), 60_000L);
        sql.makeDue(subscription);
        assertThat(sql.value("select outcome from pgqueue.cancel(?)", second)).isEqualTo("cancelled");
        only("a1");
        assertThat(sql.value("select outcome from pgqueue.cancel(?)", first)).isEqualTo("was_leased");
        only("a3");
        assertThat(sql.value("select outcome from pgqueue.cancel(?)", third)).isEqualTo("was_leased");
    }

    @Test
    void aRedriveGoesToTheEndOfItsGroup() throws SQLException {
        send("a1", "a2", "a3");
        sql.run("update pgqueue.subscription set max_attempts = 1 where id = ?", subscription);
        assertThat(sql.nack(only("a1"), 0L)).isEqualTo("dead");
        Held second = only("a2");
        sql.run("select pgqueue.redrive(?)", subscription);
        assertThat(sql.receive(subscription, 10)).isEmpty();
        sql.ack(second);
        sql.ack(only("a3"));
        only("a1");
    }

    @Test
    void headsAreFoundInWhateverSlotTheyAre() throws SQLException {
        send("a1", "b1");
        sql.rotate();
        send("a2", "c1");
        sql.rotate();
        send("a3", "b2");
        assertThat(bodies(sql.receive(subscription, 10))).containsExactly("a1", "b1", "c1");
        sql.endLeases(subscription);
        sql.ageRotation();
        for (int i = 0; i < 4; i++) {
            sql.tidy();
            sql.rotate();
        }
        List<Held> held = sql.receive(subscription, 10);
        assertThat(bodies(held)).containsExactly("a1", "b1", "c1");
        sql.ackAllOf(held);
        held = sql.receive(subscription, 10);
        assertThat(bodies(held)).containsExactly("a2", "b2");
        sql.ackAllOf(held);
        only("a3");
    }

    /** Positions taken early and committed late: behind the head that has the turn, but never beside it. */
    @Test
    void aLateCommitWithALowerPositionWaitsForTheTurnTaken(DataSource dataSource) throws SQLException {
        try (Sql late = new Sql(dataSource)) {
            late.connection().setAutoCommit(false);
            send(late, "a1");
            send("a2", "a3");
            Held turn = only("a2");
            late.connection().commit();
            assertThat(sql.receive(subscription, 10)).isEmpty();
            sql.ack(turn);
            sql.ack(only("a1"));
            only("a3");
        }
    }

    /** Both see a head of their own, and neither sees what the other gives its turn. */
    @Test
    void twoReceiversAtOnceDoNotGiveTwoTurns(DataSource dataSource) throws SQLException {
        try (Sql late = new Sql(dataSource);
                Sql first = new Sql(dataSource)) {
            late.connection().setAutoCommit(false);
            send(late, "a1");
            send("a2");
            first.connection().setAutoCommit(false);
            List<Held> turn = first.receive(subscription, 10);
            assertThat(bodies(turn)).containsExactly("a2");
            late.connection().commit();
            assertThat(sql.receive(subscription, 10)).isEmpty();
            first.connection().commit();
            assertThat(sql.receive(subscription, 10)).isEmpty();
            sql.ackAllOf(turn);
            only("a1");
        }
    }

    @Test
    void anAckThatIsNotCommittedKeepsTheTurn(DataSource dataSource) throws SQLException {
        send("a1", "a2");
        Held head = only("a1");
        try (Sql handler = new Sql(dataSource)) {
            handler.connection().setAutoCommit(false);
            assertThat(handler.ack(head)).isTrue();
            assertThat(sql.receive(subscription, 10)).isEmpty();
            handler.connection().rollback();
            assertThat(sql.ack(head)).isTrue();
            only("a2");
        }
    }

    @Test
    void aCancelledHeadThatIsNotCommittedHoldsUpItsGroupOnly(DataSource dataSource) throws SQLException {
        send("a1", "a2", "b1");
        try (Sql other = new Sql(dataSource)) {
            other.connection().setAutoCommit(false);
            other.run(
                    "delete from pgqueue.delivery where subscription_id = ? and position = (select min(position) from "
                            + "pgqueue.delivery where subscription_id = ?)",
                    subscription,
                    subscription);
            assertThat(bodies(sql.receive(subscription, 10))).containsExactly("b1");
            other.connection().commit();
            only("a2");
        }
    }

    /** ORD-4: everybody has a turn before the busy one has its second. */
    @Test
    void aBusyGroupStarvesNobody() throws SQLException {
        for (int i = 0; i < 50; i++) {
            send("busy" + i);
        }
        for (int i = 0; i < 3; i++) {
            send("x" + i, "y" + i);
        }
        Map<String, Integer> done = new TreeMap<>();
        String after = "";
        for (int i = 0; i < 9; i++) {
            List<Object> group = sql.column(
                    "select group_key from pgqueue.pop(?, 1, p_floors => array_fill(0, array[10])::bigint[], "
                            + "p_after_group => ?)",
                    subscription,
                    after);
            after = (String) group.get(0);
            done.merge(after, 1, Integer::sum);
        }
        assertThat(done).isEqualTo(Map.of("b", 3, "x", 3, "y", 3));
    }

    /** Two receivers each take some of what became due at the same time, and the one with the later member commits first. */
    @Test
    void membersThatBecomeDueTogetherAreDeliveredInOrder(DataSource dataSource) throws Exception {
        for (int i = 1; i <= 2; i++) {
            sql.run("select pgqueue.publish(?, ?::text, delay => '1 hour', group_key => 'a')", queue, "a" + i);
        }
        sql.makeDue(subscription);
        sql.run(
                "update pgqueue.scheduled set due_at = now() - interval '1 second' where subscription_id = ?",
                subscription);
        try (Sql first = new Sql(dataSource);
                Race race = new Race(new Sql(dataSource), sql)) {
            first.connection().setAutoCommit(false);
            first.run("set search_path = pgqueue");
            first.run("select promote_in_turn(?, clock_timestamp(), 1, true)", subscription);
            CompletableFuture<List<Held>> second = race.untilItWaits(session -> session.receive(subscription, 1));
            first.connection().commit();
            assertThat(bodies(second.get(10, TimeUnit.SECONDS))).containsExactly("a1");
        }
    }

    /** Between two looks of admitting an earlier head is committed, in a lane that was empty at the first one. */
    @Test
    void aHeadCommittedBetweenTwoLooksIsNotOvertaken(DataSource dataSource) throws Exception {
        try (Sql late = new Sql(dataSource);
                Race race = new Race(new Sql(dataSource), sql)) {
            late.connection().setAutoCommit(false);
            // The second look reads `scheduled`, the first one does not.
            late.run("lock table pgqueue.scheduled in access exclusive mode");
            late.value("select pgqueue.publish(?, 'a1'::text, priority => 9, group_key => 'a')", queue);
            send("a2");
            CompletableFuture<Integer> admitting = race.untilItWaits(session -> {
                session.run("set search_path = pgqueue");
                return session.run("select admit_heads(?, clock_timestamp(), 10, '', null)", subscription);
            });
            assertThat(admitting).isNotDone();
            late.connection().commit();
            admitting.get(10, TimeUnit.SECONDS);
        }
        only("a1");
    }

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

    /** ORD-5. */
    @Test
    void blockedGroupsAreListed() throws SQLException {
        send("a1", "a2", "a3", "b1", "b2");
        List<Held> held = sql.receive(subscription, 10);
        assertThat(sql.column("select group_key from pgqueue.blocked_groups(?)", subscription))
                .isEmpty();
        sql.nack(held.get(0), 60_000L);
        assertThat(sql.value(
                        "select concat_ws(' ', group_key, position = ?, attempts, backlog, blocked_since <= clock_timestamp(), "
                                + "available_at > clock_timestamp()) from pgqueue.blocked_groups(?)",
                        held.get(0).position(),
                        subscription))
                .isEqualTo("a t 1 2 t t");
        sql.nack(held.get(1), 0L);
        assertThat(sql.column("select group_key || backlog from pgqueue.blocked_groups(?, 10, 'a')", subscription))
                .as("a head that may be tried again at once is not behind itself")
                .containsExactly("b1");
        assertThatThrownBy(() -> sql.run("select pgqueue.blocked_groups(?, 0)", subscription))
                .hasMessageContaining("limit is 0");
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

    private Held only(String body) throws SQLException {
        List<Held> held = sql.receive(subscription, 10);
        assertThat(bodies(held)).containsExactly(body);
        return held.get(0);
    }

    private void send(String... bodies) throws SQLException {
        for (String body : bodies) {
            send(sql, body);
        }
    }

    private UUID send(Sql session, String body) throws SQLException {
        return (UUID) session.value(
                "select published_id from pgqueue.publish(?, ?::text, group_key => ?)", queue, body, group(body));
    }

    private void send(String body, int priority) throws SQLException {
        sql.value(
                "select pgqueue.publish(?, ?::text, priority => ?, group_key => ?)",
                queue,
                body,
                priority,
                group(body));
    }

    private static String group(String body) {
        return body.startsWith("-") ? null : body.substring(0, 1);
    }

    private static List<String> bodies(List<Held> held) {
        return held.stream().map(GroupIT::body).toList();
    }

    private static String body(Held held) {
        return new String(held.body(), StandardCharsets.UTF_8);
    }
}
