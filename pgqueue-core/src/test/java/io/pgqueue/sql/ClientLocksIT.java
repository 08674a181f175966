// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.sql.SQLException;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Clients that come and go at the same moment: one lock order, and nothing outlives its owner. */
@PostgresTest(template = MigratedSchema.class)
class ClientLocksIT {

    private final UUID node = UUID.randomUUID();
    private final UUID otherNode = UUID.randomUUID();
    private final UUID client = UUID.randomUUID();
    private final UUID otherClient = UUID.randomUUID();

    private Sql sql;
    private Sql first;
    private Race second;

    @BeforeEach
    void open(DataSource dataSource) throws SQLException {
        sql = new Sql(dataSource);
        first = new Sql(dataSource);
        Sql racing = new Sql(dataSource);
        for (Sql each : new Sql[] {sql, first, racing}) {
            each.run("set search_path = pgqueue");
        }
        second = new Race(racing, sql);
    }

    @AfterEach
    void close() throws SQLException {
        sql.close();
        first.close();
        second.close();
    }

    /** As after an outage longer than the lease: each ends the other's node and comes back with its own. */
    @Test
    void twoJvmsThatComeBackLateDoNotWaitForEachOther() throws Exception {
        register(sql, node, client, "a");
        register(sql, otherNode, otherClient, "b");
        sql.run("update node set lease_until = clock_timestamp() - interval '1 minute'");
        first.connection().setAutoCommit(false);
        first.run("select end_nodes(clock_timestamp(), ?)", node);
        CompletableFuture<Void> other = second.untilItWaits(session -> {
            session.connection().setAutoCommit(false);
            session.run("select end_nodes(clock_timestamp(), ?)", otherNode);
            register(session, otherNode, otherClient, "b");
            session.connection().commit();
            return null;
        });
        register(first, node, client, "a");
        first.connection().commit();
        other.get(10, TimeUnit.SECONDS);
        assertThat(sql.column("select client_id from client order by client_id"))
                .containsExactly("a", "b");
    }

    /** The node's row first, whoever closes and whoever opens. */
    @Test
    void closingAndOpeningWithOneClientIdDoNotDeadlock() throws Exception {
        register(sql, node, client, "id");
        first.connection().setAutoCommit(false);
        first.column("select heartbeat(?, 10000)", node);
        CompletableFuture<Integer> closing =
                second.untilItWaits(session -> session.run("select close_client(?)", client));
        assertThatThrownBy(() -> register(first, node, otherClient, "id"))
                .extracting("SQLState")
                .isEqualTo("PQ009");
        first.connection().rollback();
        closing.get(10, TimeUnit.SECONDS);
        register(sql, node, otherClient, "id");
    }

    @Test
    void aTemporaryQueueMadeDuringTheCloseEndsWithItsClient() throws Exception {
        register(sql, node, client, null);
        first.connection().setAutoCommit(false);
        first.run("select create_temporary(?, 'queue')", client);
        CompletableFuture<Integer> closing =
                second.untilItWaits(session -> session.run("select close_client(?)", client));
        first.connection().commit();
        closing.get(10, TimeUnit.SECONDS);
        assertThat(sql.number("select count(*) from destination where owner = ?", client))
                .isZero();
    }

    @Test
    void aSubscriptionOpenedDuringTheCloseEndsWithItsClient() throws Exception {
        sql.run("select create_topic('news')");
        register(sql, node, client, null);
        first.connection().setAutoCommit(false);
        first.run("select subscribe(?, gen_random_uuid(), 'news', 'volatile', false, true, false, '{}')", client);
        CompletableFuture<Integer> closing =
                second.untilItWaits(session -> session.run("select close_client(?)", client));
        first.connection().commit();
        closing.get(10, TimeUnit.SECONDS);
        assertThat(sql.number("select count(*) from subscription where name = 'volatile'"))
                .isZero();
        assertThat(sql.number("select count(*) from client where id = ?", client))
                .isZero();
    }

    /** Both find it; the second one must not fail because it is gone by then. */
    @Test
    void aTemporaryQueueDroppedDuringTheCloseIsNoErrorOfTheClose() throws Exception {
        register(sql, node, client, null);
        Object name = sql.value("select create_temporary(?, 'queue')", client);
        first.connection().setAutoCommit(false);
        first.run("select drop_temporary(?, ?)", client, name);
        CompletableFuture<Integer> closing =
                second.untilItWaits(session -> session.run("select close_client(?)", client));
        first.connection().commit();
        closing.get(10, TimeUnit.SECONDS);
    }

    private static void register(Sql session, UUID node, UUID client, String clientId) throws SQLException {
        session.run("select register_client(?, ?, ?, 10000)", node, client, clientId);
    }
}
