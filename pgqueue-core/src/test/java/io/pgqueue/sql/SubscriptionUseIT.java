// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.sql;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueue.sql.Sql.Held;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.UUID;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** TOP-15: what counts as use of a subscription, and what it costs to know. */
class SubscriptionUseIT extends IdleSubscription {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "select * from pgqueue.receive(?, 1)",
                "select * from pgqueue.receive(?, 1, p_floors => array_fill(0::bigint, array[10]))",
                "select * from pgqueue.pop(?, 1)",
                "select pgqueue.ready(array[?::integer])"
            })
    void whoLooksForMessagesKeepsItThoughThereAreNone(String look) throws SQLException {
        announced();
        sql.column(look, subscription);
        assertThat(idleSeconds()).isLessThan(60);
        announcedFor("2 days");
        assertThat(pass()).isEmpty();
        assertThat(exists()).isTrue();
    }

    @Test
    void aPausedOneIsKeptByItsConsumersToo() throws SQLException {
        sql.run("select pgqueue.set_paused(?, true)", subscription);
        announced();
        receive();
        assertThat(idleSeconds()).isLessThan(60);
    }

    @Test
    void anOpenConsumerKeepsItAndTheTimeBeginsWhenItIsClosed() throws SQLException {
        String node = UUID.randomUUID().toString();
        String client = UUID.randomUUID().toString();
        String consumer = UUID.randomUUID().toString();
        sql.run("select pgqueue.register_client(?::uuid, ?::uuid, null, 300000)", node, client);
        sql.run(
                "select pgqueue.subscribe(?::uuid, ?::uuid, ?, ?, true, true, false, '{}')",
                client,
                consumer,
                topic,
                name);
        announced();
        assertThat(pass()).isEmpty();
        assertThat(idleSeconds()).isLessThan(60);
        sql.run("select pgqueue.close_client(?::uuid)", client);
        end();
        assertThat(exists()).isFalse();
    }

    /** A handler that works longer than the limit, and asks for nothing meanwhile. */
    @Test
    void aHeldDeliveryKeepsIt() throws SQLException {
        sql.send(topic, "x");
        Held held = receive().get(0);
        end();
        assertThat(exists()).isTrue();
        assertThat(idleSeconds()).isLessThan(60);
        assertThat(sql.ack(held)).isTrue();
        end();
        assertThat(exists()).isFalse();
    }

    /** It stands behind more than is looked at, because a filter chose it; whoever works on it renews its lease. */
    @Test
    void aRenewedLeaseKeepsItWhereverItsDeliveryStands() throws SQLException {
        sql.run("select pgqueue.publish(?, 'x'::text) from generate_series(1, 1100)", topic);
        sql.run("select pgqueue.publish(?, 'x'::text, properties => '{\"n\":1}')", topic);
        Held held = sql.receive(subscription, 1, "$.n == 1", true).get(0);
        announced();
        assertThat(sql.extend(held, 60_000)).isTrue();
        assertThat(idleSeconds()).isLessThan(60);
        announcedFor("2 days");
        assertThat(pass()).isEmpty();
        assertThat(exists()).isTrue();
    }

    @Test
    void aHeldDeliveryIsNotAnnounced() throws SQLException {
        sql.send(topic, "x");
        Held held = receive().get(0);
        idleFor("31 minutes");
        assertThat(pass()).isEmpty();
        assertThat(idleSeconds()).isLessThan(60);
        sql.ack(held);
        idleFor("31 minutes");
        assertThat(pass()).hasSize(1);
    }

    @Test
    void aFetchWritesOnlyOncePerHundredthOfTheLimit() throws SQLException {
        idleFor("30 seconds");
        Object version = version();
        receive();
        assertThat(version()).isEqualTo(version);
        idleFor("40 seconds");
        receive();
        assertThat(version()).isNotEqualTo(version);
        version = version();
        receive();
        sql.column("select pgqueue.ready(array[?::integer])", subscription);
        assertThat(version()).isEqualTo(version);
    }

    @Test
    void movingTheTimeIsAHeapOnlyUpdate() throws SQLException {
        idleFor("1 minute");
        sql.connection().setAutoCommit(false);
        String updates = "select pg_stat_get_xact_tuples_updated('pgqueue.activity'::regclass)";
        String heapOnly = "select pg_stat_get_xact_tuples_hot_updated('pgqueue.activity'::regclass)";
        long updatesBefore = sql.number(updates);
        long heapOnlyBefore = sql.number(heapOnly);
        receive();
        assertThat(sql.number(updates) - updatesBefore).isEqualTo(1);
        assertThat(sql.number(heapOnly) - heapOnlyBefore).isEqualTo(1);
        sql.connection().rollback();
        sql.connection().setAutoCommit(true);
    }

    @Test
    void othersPayNothing() throws SQLException {
        int other = create(topic + ".b", "{}");
        receive();
        sql.receive(other, 1);
        assertThat(sql.number("select count(*) from pgqueue.activity where subscription_id = ?", other))
                .isZero();
    }

    @Test
    void fetchesDoNotWaitForOneAnother(DataSource dataSource) throws SQLException {
        sql.send(topic, "1");
        sql.send(topic, "2");
        announced();
        try (Sql other = new Sql(dataSource)) {
            other.connection().setAutoCommit(false);
            assertThat(other.receive(subscription, 1)).hasSize(1);
            sql.run("set lock_timeout = '1s'");
            assertThat(sql.receive(subscription, 1)).hasSize(1);
            sql.column("select pgqueue.ready(array[?::integer])", subscription);
            assertThat(pass()).as("somebody is just receiving").isEmpty();
            assertThat(exists()).isTrue();
            other.connection().rollback();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {Connection.TRANSACTION_REPEATABLE_READ, Connection.TRANSACTION_SERIALIZABLE})
    void readyIsAnsweredAtEveryIsolationLevel(int level, DataSource dataSource) throws SQLException {
        announced();
        try (Sql old = new Sql(dataSource)) {
            old.connection().setTransactionIsolation(level);
            old.connection().setAutoCommit(false);
            old.column("select 1 from pgqueue.activity");
            receive();
            idleFor("10 minutes");
            assertThat(old.column("select pgqueue.ready(array[?::integer])", subscription))
                    .hasSize(1);
            old.connection().rollback();
        }
    }

    @Test
    void readyIsAnsweredInAReadOnlyTransaction(DataSource dataSource) throws SQLException {
        announced();
        try (Sql reader = new Sql(dataSource)) {
            reader.connection().setReadOnly(true);
            assertThat(reader.column("select pgqueue.ready(array[?::integer])", subscription))
                    .hasSize(1);
        }
    }

    private Object version() throws SQLException {
        return sql.value("select ctid::text || xmin from pgqueue.activity where subscription_id = ?", subscription);
    }
}
