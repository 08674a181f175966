// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgqueue.sql.Sql.Held;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.sql.SQLException;
import java.util.UUID;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** SCH-3, SCH-4, SCH-6, SCH-7 for callers of the functions. */
@PostgresTest(template = MigratedSchema.class)
class ScheduleIT {

    private static final String CANCEL =
            "select string_agg(subscription || ' ' || outcome, ', ' order by subscription) from pgqueue.cancel(?)";
    private static final String RESCHEDULE =
            "select string_agg(subscription || ' ' || outcome, ', ' order by subscription) "
                    + "from pgqueue.reschedule(?, clock_timestamp() + interval '1 hour')";
    private static int names;

    private Sql sql;
    private String topic;
    private int a;
    private int b;

    @BeforeEach
    void open(DataSource dataSource) throws SQLException {
        sql = new Sql(dataSource);
        topic = "schedule" + names++;
        sql.run("select pgqueue.create_topic(?)", topic);
        sql.run("select pgqueue.create_subscription(?, ?, '{\"max_attempts\":1}')", topic, topic + "a");
        sql.run("select pgqueue.create_subscription(?, ?)", topic, topic + "b");
        a = sql.subscription(topic + "a");
        b = sql.subscription(topic + "b");
    }

    @AfterEach
    void close() throws SQLException {
        sql.close();
    }

    @Test
    void aCancelSaysForEachSubscriptionWhatItDid() throws SQLException {
        UUID id = sql.send(topic, "x");
        Held held = sql.receive(a, 1).get(0);
        assertThat(sql.value(CANCEL, id)).isEqualTo(topic + "a was_leased, " + topic + "b cancelled");
        assertThat(sql.ack(held)).as("stale").isFalse();
        assertThat(sql.receive(b, 10)).isEmpty();
        assertThat(sql.value(CANCEL, id)).as("nothing is left of it").isNull();

        UUID dead = sql.send(topic, "x");
        sql.nack(sql.receive(a, 1).get(0), 0L);
        assertThat(sql.column("select outcome from pgqueue.cancel(?, ?)", dead, b))
                .containsExactly("cancelled");
        assertThat(sql.value(CANCEL, dead)).isEqualTo(topic + "a finished");
        assertThat(sql.number("select count(*) from pgqueue.dead_letters(?)", a))
                .isEqualTo(1);
    }

    @Test
    void manyAreCancelledByWhatTheyHaveInCommonUpToALimit() throws SQLException {
        for (int i = 0; i < 6; i++) {
            sql.run(
                    "select pgqueue.publish(?, 'x', jsonb_build_object('n', ?::integer), correlation_id => ?, group_key => ?)",
                    topic,
                    i,
                    "order-" + i % 2,
                    "customer-" + i % 3);
        }
        int destination = sql.destination(topic);
        assertThat(cancelled("?, 'order-0', p_limit => 2", destination))
                .as("deliveries")
                .isEqualTo(2);
        assertThat(cancelled("?, 'order-0'", destination)).isEqualTo(4);
        assertThat(cancelled("?, p_group_key => 'customer-1'", destination))
                .as("1, since 4 is gone")
                .isEqualTo(2);
        assertThat(cancelled("?, 'order-1', 'customer-0', '$.n == 5'", destination))
                .as("all must be true")
                .isZero();
        assertThat(cancelled("?, p_filter => '$.n > 4'", destination)).isEqualTo(2);
        assertThat(sql.number("select ready from pgqueue.stats(?)", a)).as("3").isEqualTo(1);
        refused("PQ002", "purge() removes everything", "select pgqueue.cancel_matching(?)", destination);
        assertThat(sql.value("select cancelled from pgqueue.cancel_matching(4711, 'c')"))
                .as("no such destination, which is no error here")
                .isNull();
    }

    @Test
    void aRescheduleMovesAllThatWaitsOrNothing() throws SQLException {
        UUID id = sql.send(topic, "x");
        Held held = sql.receive(a, 1).get(0);
        assertThat(sql.value(RESCHEDULE, id)).as("nothing was moved").isEqualTo(topic + "a leased");
        assertThat(sql.number("select ready from pgqueue.stats(?)", b)).isEqualTo(1);
        sql.release(held);
        assertThat(sql.value(RESCHEDULE, id)).isEqualTo(topic + "a rescheduled, " + topic + "b rescheduled");
        assertThat(sql.receive(a, 1)).isEmpty();
        assertThat(sql.receive(b, 1)).isEmpty();
        sql.run("select pgqueue.reschedule(?, '1970-01-01Z', ?)", id, b);
        assertThat(sql.receive(b, 1)).extracting(Held::attempts).containsExactly(1);
        assertThat(sql.number("select delayed from pgqueue.stats(?)", a)).isEqualTo(1);
        assertThat(sql.value(RESCHEDULE, UUID.randomUUID())).as("nothing waits").isNull();
    }

    @Test
    void aTimeAfterTheMessageHasExpiredIsRefused() throws SQLException {
        UUID id = (UUID) sql.value(
                "select published_id from pgqueue.publish(?, 'x', time_to_live => interval '1 minute')", topic);
        refused("PQ002", "when the message expires", RESCHEDULE, id);
        assertThat(sql.receive(a, 1)).hasSize(1);
    }

    @Test
    void bothShareTheFateOfTheTransaction() throws SQLException {
        UUID cancelled = sql.send(topic, "1");
        UUID moved = sql.send(topic, "2");
        sql.connection().setAutoCommit(false);
        sql.value(CANCEL, cancelled);
        sql.value(RESCHEDULE, moved);
        sql.connection().rollback();
        sql.connection().setAutoCommit(true);
        assertThat(sql.receive(a, 10)).extracting(Held::id).containsExactly(cancelled, moved);
    }

    private long cancelled(String arguments, int destination) throws SQLException {
        return sql.number("select cancelled from pgqueue.cancel_matching(" + arguments + ")", destination);
    }

    private void refused(String state, String message, String call, Object argument) {
        assertThatThrownBy(() -> sql.run(call, argument))
                .hasMessageContaining(message)
                .extracting("SQLState")
                .isEqualTo(state);
    }
}
