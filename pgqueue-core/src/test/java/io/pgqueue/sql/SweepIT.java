// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.sql;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueue.sql.Sql.Held;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.sql.SQLException;
import java.util.UUID;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** RET-1, RET-2, RET-5, RET-6: what maintenance does where nobody receives. */
@PostgresTest(template = MigratedSchema.class)
class SweepIT {

    private static int names;

    private Sql sql;
    private String queue;

    @BeforeEach
    void open(DataSource dataSource) throws SQLException {
        sql = new Sql(dataSource);
        sql.run("set search_path = pgqueue");
        queue = "swept" + names++;
    }

    @AfterEach
    void close() throws SQLException {
        sql.close();
    }

    @Test
    void whatExpiredGoesAsItsSubscriptionSays() throws SQLException {
        int dropped = sql.queue(queue + "drop", "{}");
        int buried = sql.queue(queue + "bury", "{\"on_expiry\":\"dead_letter\"}");
        int kept = sql.queue(queue + "keep", "{}");
        for (String each : new String[] {"drop", "bury", "keep"}) {
            sql.run("select pgqueue.publish(?, ''::bytea, time_to_live => interval '1 hour')", queue + each);
        }
        Held leased = sql.receive(kept, 1).get(0);
        sql.run("update pgqueue.message set expires_at = clock_timestamp() where expires_at is not null");
        assertThat(sweep()).isEqualTo(2);
        assertThat(rows("delivery", dropped)).isZero();
        assertThat(rows("delivery", buried)).isZero();
        assertThat(sql.value("select reason from pgqueue.dead_letter where subscription_id = ?", buried))
                .isEqualTo("EXPIRED");
        assertThat(sql.ack(leased)).isTrue();
    }

    /** By an hour: nothing would be swept for that hour. */
    @Test
    void theSweepGoesOnAfterTheClockWasSetBack() throws SQLException {
        int subscription = sql.queue(queue, "{}");
        sql.run("select pgqueue.publish(?, ''::bytea, time_to_live => interval '1 hour')", queue);
        sql.run("update pgqueue.message set expires_at = clock_timestamp() where expires_at is not null");
        sql.run("select setval('swept_ms', floor(extract(epoch from clock_timestamp()) * 1000)::bigint + 3600000)");
        sql.run("select sweep(5000, 100000)");
        assertThat(rows("delivery", subscription)).isZero();
    }

    @Test
    void retentionCountsToo() throws SQLException {
        int subscription = sql.queue(queue, "{\"retention_ms\":600000}");
        sql.send(queue, "old");
        sql.send(queue, "new");
        sql.send(queue, "sent long ago, due a moment ago");
        sql.run(
                "update pgqueue.message set sent_at = sent_at - interval '1 hour' where destination_id = ? "
                        + "and convert_from(body, 'UTF8') like 'sent%'",
                sql.destination(queue));
        sql.run(
                "update pgqueue.delivery set ready_at = now() where subscription_id = ? and position = "
                        + "(select max(id) from pgqueue.message)",
                subscription);
        sql.run(
                "update pgqueue.message set sent_at = sent_at - interval '11 minutes' where destination_id = ? "
                        + "and convert_from(body, 'UTF8') = 'old'",
                sql.destination(queue));
        assertThat(sweep()).isEqualTo(1);
        assertThat(rows("delivery", subscription)).isEqualTo(2);
    }

    /** A subscription nobody receives from, whose retries are long due and expired. */
    @Test
    void whatIsLongDueIsPromotedAndExpiresThere() throws SQLException {
        int subscription = sql.queue(queue, "{}");
        sql.run(
                "select pgqueue.publish(?, ''::bytea, delay => interval '1 hour', time_to_live => interval '2 h')",
                queue);
        sql.run(
                "update pgqueue.scheduled set due_at = due_at - interval '2 hours', expires_at = clock_timestamp() "
                        + "where subscription_id = ?",
                subscription);
        sweep();
        sweep();
        assertThat(rows("scheduled", subscription) + rows("delivery", subscription))
                .isZero();
    }

    /** TOP-2: a publish under way while the subscription is dropped leaves nothing for ever. */
    @Test
    void whatADroppedSubscriptionLeftBehindIsRemoved(DataSource dataSource) throws SQLException {
        sql.run("select pgqueue.create_topic(?)", queue);
        sql.run("select pgqueue.create_subscription(?, ?)", queue, queue + "a");
        sql.run("select pgqueue.create_subscription(?, ?)", queue, queue + "b");
        int gone = sql.subscription(queue + "a");
        try (Sql publisher = new Sql(dataSource)) {
            publisher.connection().setAutoCommit(false);
            publisher.send(queue, "x");
            publisher.run("select pgqueue.publish(?, ''::bytea, delay => interval '1 hour')", queue);
            sql.run("select pgqueue.drop_subscription(?)", gone);
            publisher.connection().commit();
        }
        assertThat(rows("delivery", gone) + rows("scheduled", gone)).isEqualTo(2);
        assertThat(sweep()).isEqualTo(2);
        assertThat(rows("delivery", gone) + rows("scheduled", gone)).isZero();
        assertThat(rows("delivery", sql.subscription(queue + "b"))).isEqualTo(1);
    }

    /** A handler that never ends must not stop what the sweep does for everybody else. */
    @Test
    void whatAHandlerStillHoldsOfADroppedSubscriptionIsPassedBy(DataSource dataSource) throws SQLException {
        int dropped = sql.queue(queue + "dropped", "{}");
        int kept = sql.queue(queue + "kept", "{}");
        sql.send(queue + "dropped", "x");
        Held held = sql.receive(dropped, 1).get(0);
        try (Sql handler = new Sql(dataSource)) {
            handler.connection().setAutoCommit(false);
            assertThat(handler.ack(held)).isTrue();
            sql.run("select pgqueue.drop_destination(?, true)", queue + "dropped");
            sql.run("select pgqueue.publish(?, ''::bytea, time_to_live => interval '1 hour')", queue + "kept");
            sql.run("update pgqueue.message set expires_at = clock_timestamp() where expires_at is not null");
            sql.run("set lock_timeout = '50ms'");
            sweep();
            assertThat(rows("delivery", kept)).isZero();
            sql.run("select carry_over(?)", held.slot());
            handler.connection().rollback();
        }
        sweep();
        assertThat(rows("delivery", dropped)).isZero();
    }

    /** RET-5. */
    @Test
    void deadLettersMayHaveAMaximumAge() throws SQLException {
        int aged = sql.queue(queue + "aged", "{\"dead_letter_max_age_ms\":3600000}");
        int kept = sql.queue(queue + "kept", "{}");
        for (int subscription : new int[] {aged, aged, kept}) {
            sql.run(
                    "insert into pgqueue.dead_letter (subscription_id, position, dead_at, reason, epoch, attempts, replays, "
                            + "sent_at, message_id, destination_id, priority) select ?, nextval('pgqueue.position'), "
                            + "clock_timestamp() - case when (select count(*) from pgqueue.dead_letter) % 2 = 0 then interval '61 min' "
                            + "else interval '59 min' end, 'R', 1, 1, 0, clock_timestamp(), gen_random_uuid(), 1, 4",
                    subscription);
        }
        sweep();
        assertThat(rows("dead_letter", aged)).isEqualTo(1);
        assertThat(rows("dead_letter", kept)).isEqualTo(1);
    }

    /** A large backlog is swept in bites that go on where the last one ended. */
    @Test
    void aBacklogIsSweptInBites() throws SQLException {
        int subscription = sql.queue(queue, "{}");
        UUID last = null;
        sql.connection().setAutoCommit(false);
        for (int i = 0; i < 3000; i++) {
            last = sql.send(queue, "x".repeat(500));
        }
        sql.connection().commit();
        sql.connection().setAutoCommit(true);
        sql.run(
                "update pgqueue.message set expires_at = clock_timestamp() where destination_id = ? and message_id <> ?",
                sql.destination(queue),
                last);
        int passes = 0;
        while (rows("delivery", subscription) > 1 && passes++ < 200) {
            assertThat(sql.number("select pgqueue.sweep(0, 64)")).isLessThanOrEqualTo(500);
        }
        assertThat(rows("delivery", subscription)).isEqualTo(1);
        assertThat(passes).isGreaterThan(5);
    }

    @Test
    void itRunsWithMaintenanceAndNotTooOften() throws SQLException {
        int subscription = sql.queue(queue, "{}");
        sql.run("select setval('pgqueue.swept_ms', 1)");
        sql.run("select pgqueue.publish(?, ''::bytea, time_to_live => interval '1 hour')", queue);
        sql.run("update pgqueue.message set expires_at = clock_timestamp() where expires_at is not null");
        assertThat(sql.number("select swept from pgqueue.maintain()")).isEqualTo(1);
        sql.run("select pgqueue.publish(?, ''::bytea, time_to_live => interval '1 hour')", queue);
        sql.run("update pgqueue.message set expires_at = clock_timestamp() where expires_at is not null");
        assertThat(sql.number("select swept from pgqueue.maintain()")).isZero();
        assertThat(rows("delivery", subscription)).isEqualTo(1);
    }

    private long sweep() throws SQLException {
        return sql.number("select pgqueue.sweep(0, 100000)");
    }

    private long rows(String table, int subscription) throws SQLException {
        return sql.number("select count(*) from pgqueue." + table + " where subscription_id = ?", subscription);
    }
}
