// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.sql;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * No savepoints of ours in a caller's transaction: each that writes takes a transaction id, and from the 65th on everybody's
 * snapshots become slower.
 */
@PostgresTest(template = MigratedSchema.class)
class SubtransactionIT {

    @ParameterizedTest
    @ValueSource(strings = {"delay => null", "dedup_key => '%1$d'", "replace_key => '%1$d'", "track => true"})
    void publishingWritesInTheCallersTransactionItself(String how, DataSource dataSource) throws SQLException {
        try (Sql sql = new Sql(dataSource)) {
            sql.run("select pgqueue.create_queue('q', declare_only => true)");
            sql.connection().setAutoCommit(false);
            for (int i = 0; i < 3; i++) {
                sql.run("select pgqueue.publish('q', 'x', " + how.formatted(i) + ")");
            }
            assertThat(sql.number("select count(*) from pgqueue.message where "
                            + "xmin::text::bigint = pg_current_xact_id()::text::bigint % 4294967296"))
                    .isEqualTo(3);
            sql.connection().rollback();
        }
    }

    /** The lock on the message that waits is the caller's own. */
    @ParameterizedTest
    @ValueSource(strings = {"delivery", "scheduled"})
    void whatWaitsIsLockedInTheCallersTransactionItself(String table, DataSource dataSource) throws SQLException {
        try (Sql sql = new Sql(dataSource)) {
            sql.run("select pgqueue.create_queue('kept', declare_only => true)");
            String publish = "select pgqueue.publish('kept', 'x', replace_key => 'k', replace_mode => 'skip'"
                    + (table.equals("scheduled") ? ", delay => interval '1 hour')" : ")");
            sql.run(publish);
            sql.connection().setAutoCommit(false);
            sql.run(publish);
            assertThat(sql.column("select xmax::text::bigint = pg_current_xact_id()::text::bigint % 4294967296 "
                            + "from pgqueue." + table + " where replace_key = 'k'"))
                    .containsExactly(true);
            sql.connection().rollback();
            sql.connection().setAutoCommit(true);
            sql.run("select pgqueue.purge(?)", sql.subscription("kept"));
        }
    }

    /** With a limit it may have to be undone. */
    @Test
    void whatAFullQueueRefusesLeavesItsKeysFree(DataSource dataSource) throws SQLException {
        try (Sql sql = new Sql(dataSource)) {
            int subscription = sql.queue("limited", "{\"max_depth\":2}");
            sql.connection().setAutoCommit(false);
            String batch = "select p_full from pgqueue.publish_with_keys(" + sql.destination("limited")
                    + ", array[gen_random_uuid(), gen_random_uuid(), gen_random_uuid()], array['a'::bytea, 'b', 'c'], "
                    + "array[null, null, null]::jsonb[], '{4,4,4}', array[null, null, null], array[null, null, null], "
                    + "array[null, null, null], array[null, null, null], array[null, null, null], "
                    + "array[null, null, null]::bigint[], array[null, null, null]::bigint[], "
                    + "array[null, null, null]::timestamptz[], '{1,2,3}', '{r1,r2,r3}', '{replace,replace,replace}')";
            assertThat(sql.value(batch)).isEqualTo("limited");
            assertThat(sql.number("select count(*) from pgqueue.dedup_key")).isZero();
            assertThat(sql.receive(subscription, 10)).isEmpty();
            sql.run("select pgqueue.alter_subscription(?, '{\"max_depth\":3}')", subscription);
            assertThat(sql.value(batch)).isNull();
            assertThat(sql.receive(subscription, 10)).hasSize(3);
            sql.connection().rollback();
        }
    }
}
