// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgqueue.sql.Sql.Held;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** ORD-2 to ORD-5, one rule at a time. */
class GroupIT extends GroupQueue {

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
}
