// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.pgqueue.sql.Sql.Held;
import java.sql.SQLException;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Dead letters that come back. */
class RedriveIT extends DyingQueue {

    @Test
    void aRedriveGivesTheSameIdANewPlaceAndAFreshStart() throws SQLException {
        UUID id = sql.send(queue, "body");
        sql.run(
                "update pgqueue.message set properties = '{\"a\":1}', correlation_id = 'c', type = 't', group_key = 'g', "
                        + "reply_to = 'r', content_type = 'text/plain' where message_id = ?",
                id);
        Held first = die();
        long behind = sql.publish(sql.destination(queue), 4);
        assertThat(redrive(id)).containsExactly(id);
        assertThat(redrive(id)).isEmpty();
        List<Held> held = sql.receive(subscription, 10);
        assertThat(held).extracting(Held::position).hasSize(2).startsWith(behind);
        Held again = held.get(1);
        assertThat(again.id()).isEqualTo(id);
        assertThat(again.body()).isEqualTo("body".getBytes());
        assertThat(again.attempts()).isEqualTo(1);
        assertThat(again.replays()).isEqualTo(1);
        assertThat(again.epoch()).isGreaterThan(first.epoch() + 1);
        assertThat(again.position()).isGreaterThan(behind);
        assertThat(sql.ack(first)).isFalse();
        assertThat(sql.value(
                        "select properties || jsonb_build_array(correlation_id, type, group_key, reply_to, content_type) "
                                + "from pgqueue.receive(?, 1)",
                        subscription))
                .isNull();
        assertThat(sql.value(
                        "select concat_ws(',', properties->>'a', correlation_id, type, group_key, reply_to, content_type) "
                                + "from pgqueue.message where id = ?",
                        again.position()))
                .isEqualTo("1,c,t,g,r,text/plain");
    }

    @Test
    void anEpochIsNeverReusedOverManyDeaths() throws SQLException {
        UUID id = sql.send(queue, "x");
        int last = 0;
        for (int replay = 0; replay < 4; replay++) {
            Held held = die();
            assertThat(held.replays()).isEqualTo(replay);
            assertThat(held.epoch()).isGreaterThan(last);
            last = held.epoch();
            assertThat(redrive(id)).containsExactly(id);
        }
    }

    @Test
    void theOldestGoFirstAndOnlySoMany() throws SQLException {
        UUID one = sql.send(queue, "1");
        UUID two = sql.send(queue, "2");
        sql.send(queue, "3");
        sql.receive(subscription, 3).forEach(this::nack);
        assertThat(sql.value("select redriven from pgqueue.redrive(?, null, 2)", subscription))
                .satisfies(array ->
                        assertThat((UUID[]) ((java.sql.Array) array).getArray()).containsExactly(one, two));
        assertThat(sql.number("select pgqueue.discard(?, null, 10)", subscription))
                .isEqualTo(1);
        assertThat(sql.receive(subscription, 10)).extracting(Held::id).containsExactly(one, two);
    }

    @Test
    void aRolledBackRedriveLeavesTheDeadLetter() throws SQLException {
        UUID id = sql.send(queue, "x");
        die();
        sql.connection().setAutoCommit(false);
        assertThat(redrive(id)).hasSize(1);
        sql.connection().rollback();
        sql.connection().setAutoCommit(true);
        assertThat(sql.receive(subscription, 1)).isEmpty();
        assertThat(redrive(id)).hasSize(1);
    }

    /** SCH-2. */
    @Test
    void aRedriveDoesNotWaitForTheDelayOfItsQueue() throws SQLException {
        UUID id = sql.send(queue, "x");
        die();
        sql.run("select pgqueue.alter_subscription(?, '{\"delay_ms\":60000}')", subscription);
        assertThat(redrive(id)).containsExactly(id);
        assertThat(sql.receive(subscription, 1)).extracting(Held::id).containsExactly(id);
    }

    /** DLQ-5: to another queue, whose consumers see a fresh message. */
    @Test
    void aRedriveCanGoToAnotherQueue() throws SQLException {
        UUID id = sql.send(queue, "x");
        die();
        int other = sql.queue(queue + "other", "{}");
        assertThat(sql.number(
                        "select cardinality(redriven) from pgqueue.redrive(?, p_to => ?)",
                        subscription,
                        queue + "other"))
                .isEqualTo(1);
        assertThat(sql.receive(subscription, 1)).isEmpty();
        assertThat(sql.receive(other, 1)).extracting(Held::id).containsExactly(id);
    }

    /** DLQ-5: one every half second. */
    @Test
    void aRateSpreadsARedriveOverTime() throws SQLException {
        for (int i = 0; i < 3; i++) {
            sql.send(queue, "" + i);
        }
        sql.receive(subscription, 3).forEach(this::nack);
        sql.run("select pgqueue.redrive(?, p_per_second => 2, p_start_ms => 60000)", subscription);
        assertThat(sql.column(
                        "select round(1000 * extract(epoch from due_at - min(due_at) over ()))::int from pgqueue.scheduled "
                                + "where subscription_id = ? order by position",
                        subscription))
                .containsExactly(0, 500, 1000);
        assertThat(sql.number(
                        "select round(extract(epoch from min(due_at) - clock_timestamp())) from pgqueue.scheduled "
                                + "where subscription_id = ?",
                        subscription))
                .isBetween(55L, 60L);
        assertThat(sql.number("select delayed from pgqueue.stats(?)", subscription))
                .isEqualTo(3);
        assertThatThrownBy(() -> sql.run("select pgqueue.redrive(?, p_per_second => 0)", subscription))
                .hasMessageContaining("per_second is 0");
        sql.makeDue(subscription);
        assertThat(sql.receive(subscription, 3))
                .as("as fresh as those that come back at once")
                .extracting(Held::attempts, Held::replays)
                .containsOnly(tuple(1, 1));
    }

    /** DLQ-11. */
    @Test
    void afterSoManyReplaysOnlyItsNameBringsItBack() throws SQLException {
        sql.run("select pgqueue.alter_subscription(?, '{\"park_after\":1}')", subscription);
        UUID id = sql.send(queue, "x");
        die();
        assertThat(sql.number("select cardinality(redriven) from pgqueue.redrive(?)", subscription))
                .isEqualTo(1);
        die();
        assertThat(sql.value("select parked from pgqueue.dead_letters(?)", subscription))
                .isEqualTo(true);
        assertThat(sql.number("select cardinality(redriven) from pgqueue.redrive(?)", subscription))
                .isZero();
        assertThat(redrive(id)).containsExactly(id);
    }

    /** DLQ-11: what one redrive counted the next one goes on from. */
    @Test
    void threeReplaysAreTheDefault() throws SQLException {
        sql.send(queue, "x");
        for (int replay = 0; replay < 3; replay++) {
            die();
            assertThat(sql.number("select cardinality(redriven) from pgqueue.redrive(?)", subscription))
                    .isEqualTo(1);
        }
        die();
        assertThat(sql.number("select cardinality(redriven) from pgqueue.redrive(?)", subscription))
                .isZero();
        assertThat(sql.number("select replays from pgqueue.dead_letters(?)", subscription))
                .isEqualTo(3);
    }

    /** DLQ-5: what two administrators redrive at once comes back once. */
    @Test
    void twoRedrivesAtOnceBringEachBackOnce(DataSource dataSource) throws Exception {
        int count = 4000;
        sql.run(
                "insert into pgqueue.dead_letter (subscription_id, position, dead_at, reason, epoch, attempts, replays, sent_at, "
                        + "message_id, destination_id, priority) select ?, nextval('pgqueue.position'), clock_timestamp(), 'R', 1, 1, 0, "
                        + "clock_timestamp(), gen_random_uuid(), ?, 4 from generate_series(1, ?)",
                subscription,
                sql.destination(queue),
                count);
        Callable<Long> all = () -> {
            try (Sql mine = new Sql(dataSource)) {
                long redriven = 0;
                long page;
                do {
                    page = mine.number(
                            "select cardinality(redriven) from pgqueue.redrive(?, p_limit => 500)", subscription);
                    redriven += page;
                } while (page > 0);
                return redriven;
            }
        };
        ExecutorService two = Executors.newFixedThreadPool(2);
        try {
            long sum = 0;
            for (Future<Long> future : two.invokeAll(List.of(all, all))) {
                sum += future.get();
            }
            assertThat(sum).isEqualTo(count);
        } finally {
            two.shutdown();
        }
        assertThat(sql.number(
                        "select count(distinct position) from pgqueue.delivery where subscription_id = ?",
                        subscription))
                .isEqualTo(count);
        assertThat(sql.number(
                        "select count(distinct m.message_id) from pgqueue.message m join pgqueue.delivery d on d.position = m.id "
                                + "where d.subscription_id = ?",
                        subscription))
                .isEqualTo(count);
    }

    /** DLQ-5: who asks while somebody else has the oldest gets the next ones, and nothing means that nothing is left. */
    @ParameterizedTest
    @ValueSource(strings = {"cardinality(redriven) from pgqueue.redrive", "n from pgqueue.discard"})
    void whoComesSecondTakesThoseBehind(String take, DataSource dataSource) throws SQLException {
        for (int i = 0; i < 5; i++) {
            sql.send(queue, "x");
        }
        sql.receive(subscription, 5).forEach(this::nack);
        try (Sql first = new Sql(dataSource)) {
            first.connection().setAutoCommit(false);
            assertThat(first.number("select " + take + "(?, p_limit => 2) n", subscription))
                    .isEqualTo(2);
            assertThat(sql.number("select " + take + "(?, p_limit => 2) n", subscription))
                    .isEqualTo(2);
            assertThat(sql.number("select " + take + "(?, p_limit => 2) n", subscription))
                    .isEqualTo(1);
            assertThat(sql.number("select " + take + "(?, p_limit => 2) n", subscription))
                    .isZero();
            first.connection().rollback();
        }
        assertThat(sql.number("select " + take + "(?, p_limit => 1000) n", subscription))
                .isEqualTo(2);
    }
}
