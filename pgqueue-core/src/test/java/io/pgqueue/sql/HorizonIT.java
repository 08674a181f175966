// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.sql;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueue.testing.EmbeddedPostgresOptions;
import io.pgqueue.testing.EmbeddedPostgresServer;
import io.pgqueue.testing.MigratedSchema;
import java.nio.file.Path;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

/** OBS-12: what an open session is not behind. A server of its own, because logical slots are a setting of the server. */
class HorizonIT {

    @Test
    void aPreparedTransactionIsNamedAndALogicalSlotIsNot() throws SQLException {
        EmbeddedPostgresOptions options = EmbeddedPostgresOptions.temporary(
                        Path.of(System.getProperty("pgqueue.test.directory", "target/postgres")))
                .withSetting("wal_level", "logical")
                .withSetting("max_prepared_transactions", "2");
        try (EmbeddedPostgresServer server = EmbeddedPostgresServer.start(options)) {
            DataSource dataSource = server.dataSource("postgres");
            new MigratedSchema().accept(dataSource);
            try (Sql sql = new Sql(dataSource)) {
                sql.run("select pg_create_logical_replication_slot('downstream', 'pgoutput')");
                int subscription = sql.queue("q", "{}");
                sql.connection().setAutoCommit(false);
                sql.send("q", "prepared");
                sql.run("prepare transaction 'forgotten'");
                sql.connection().commit();
                sql.connection().setAutoCommit(true);
                sql.send("q", "x");
                sql.ackAllOf(sql.receive(subscription, 1));

                // The slot is older, but keeps rows of the catalogs only, and we make none of these.
                assertThat(sql.number("select count(*) from pg_replication_slots where catalog_xmin is not null"))
                        .isEqualTo(1);
                assertThat(sql.column("select concat_ws('|', kind, name, database_user = session_user, "
                                + "since < clock_timestamp(), age > 0) from pgqueue.horizon()"))
                        .containsExactly("prepared transaction|forgotten|t|t|t");
                sql.run("rollback prepared 'forgotten'");
                assertThat(sql.column("select name from pgqueue.horizon()")).isEmpty();
                sql.run("select pg_drop_replication_slot('downstream')");
            }
        }
    }
}
