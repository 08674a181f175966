// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.sql;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueue.sql.Sql.Held;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

/** Turns of groups while other sessions work on them and have not committed yet. */
class GroupRaceIT extends GroupQueue {

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
}
