// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.sql;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueue.sql.Sql.Held;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.sql.SQLException;
import java.util.List;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What runs in a user's transaction holds one leaf, or a long handler would stop the reclaim of all sixteen. */
@PostgresTest(template = MigratedSchema.class)
class LocksIT {

    private static final String LEAVES =
            "select distinct c.relname::text from pg_locks l join pg_class c on c.oid = l.relation where l.pid = pg_backend_pid() "
                    + "and c.relkind = 'r' and c.relname ~ '^(delivery|message)_[0-9]+$' order by 1";

    private static int names;

    private Sql sql;
    private Sql consumer;
    private int subscription;
    private int destination;

    @BeforeEach
    void open(DataSource dataSource) throws SQLException {
        sql = new Sql(dataSource);
        consumer = new Sql(dataSource);
        String queue = "locks" + names++;
        subscription = sql.queue(queue, "{}");
        destination = sql.destination(queue);
    }

    @AfterEach
    void close() throws SQLException {
        sql.close();
        consumer.close();
    }

    private interface Call {
        void run(Held held) throws SQLException;
    }

    @ParameterizedTest
    @ValueSource(strings = {"auto", "force_generic_plan", "force_custom_plan"})
    void settlingHoldsOneLeaf(String mode) throws SQLException {
        sql.run("set plan_cache_mode = " + mode);
        assertLeaves("delivery", held -> assertThat(sql.ack(held)).isTrue());
        assertLeaves("delivery", held -> assertThat(sql.ackAll(List.of(held))).hasSize(1));
        assertLeaves("delivery", held -> assertThat(sql.extend(held, 60_000)).isTrue());
        assertLeaves("delivery", held -> assertThat(sql.release(held)).isTrue());
        assertLeaves("delivery", held -> assertThat(sql.nack(held, 0L)).isEqualTo("retry"));
        assertLeaves(
                "delivery message", held -> assertThat(sql.nack(held, 60_000L)).isEqualTo("retry"));
    }

    /** The search looks into all slots, but gives those locks back. */
    @ParameterizedTest
    @ValueSource(strings = {"auto", "force_generic_plan", "force_custom_plan"})
    void cancellingAndReschedulingHoldOneLeaf(String mode) throws SQLException {
        sql.run("set plan_cache_mode = " + mode);
        assertLeaves("delivery", held -> sql.run("select pgqueue.cancel(?)", held.id()));
        assertLeaves("delivery", held -> {
            sql.run("select pgqueue.cancel_matching(?, p_filter => '$.none == 1')", destination);
            sql.run("select pgqueue.cancel_matching(?, p_filter => '1 == 1')", destination);
        });
        assertLeaves("delivery message", held -> {
            consumer.release(held);
            sql.run("select pgqueue.reschedule(?, clock_timestamp() + interval '1 hour')", held.id());
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"auto", "force_generic_plan", "force_custom_plan"})
    void publishingHoldsOneLeafOfEach(String mode) throws SQLException {
        sql.run("set plan_cache_mode = " + mode);
        sql.connection().setAutoCommit(false);
        for (int i = 0; i < 8; i++) {
            sql.publish(destination, 4);
        }
        int slot = sql.currentSlot();
        assertThat(sql.column(LEAVES)).containsExactly("delivery_" + slot, "message_" + slot);
    }

    /** And what publishers share they do not wait for. */
    @ParameterizedTest
    @ValueSource(strings = {"auto", "force_generic_plan", "force_custom_plan"})
    void publishingWithHistoryHoldsOneLeafOfEach(String mode) throws SQLException {
        sql.run(
                "select pgqueue.alter_destination((select name from pgqueue.destination where id = ?), '{\"retain_ms\":60000}')",
                destination);
        for (Sql each : List.of(sql, consumer)) {
            each.run("set plan_cache_mode = " + mode);
            each.run("set lock_timeout = '1s'");
            each.connection().setAutoCommit(false);
            for (int i = 0; i < 8; i++) {
                each.publish(destination, 4);
                each.run(
                        "select pgqueue.publish_messages(?, array[gen_random_uuid()], array['a'::bytea], null, '{4}', null, "
                                + "null, null, null, null, null, null, null)",
                        destination);
            }
        }
        int slot = sql.currentSlot();
        for (Sql each : List.of(sql, consumer)) {
            assertThat(each.column(LEAVES)).containsExactly("delivery_" + slot, "message_" + slot);
            assertThat(each.column(
                            "select distinct c.relname::text from pg_locks l join pg_class c on c.oid = l.relation "
                                    + "where l.pid = pg_backend_pid() and c.relname ~ '^history_[0-9]+$'"))
                    .hasSizeBetween(1, 2);
            each.connection().rollback();
            each.connection().setAutoCommit(true);
        }
    }

    /** More than five times, so that a generic plan would have been chosen. */
    private void assertLeaves(String tables, Call call) throws SQLException {
        for (int i = 0; i < 7; i++) {
            sql.connection().setAutoCommit(true);
            sql.publish(destination, 4);
            Held held = consumer.receive(subscription, 1).get(0);
            sql.connection().setAutoCommit(false);
            call.run(held);
            List<Object> expected = List.of(tables.split(" ")).stream()
                    .map(t -> (Object) (t + "_" + held.slot()))
                    .toList();
            assertThat(sql.column(LEAVES)).isEqualTo(expected);
            sql.connection().commit();
            consumer.run("delete from pgqueue.delivery where subscription_id = ?", subscription);
        }
    }
}
