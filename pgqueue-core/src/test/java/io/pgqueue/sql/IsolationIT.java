// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.pgqueue.sql.Sql.Held;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@PostgresTest(template = MigratedSchema.class)
class IsolationIT {

    private static int names;

    private Sql sql;
    private Sql other;
    private String queue;
    private int subscription;

    @BeforeEach
    void open(DataSource dataSource) throws SQLException {
        sql = new Sql(dataSource);
        other = new Sql(dataSource);
        queue = "isolation" + names++;
        subscription = sql.queue(queue, "{}");
    }

    @AfterEach
    void close() throws SQLException {
        sql.close();
        other.close();
    }

    @ParameterizedTest
    @ValueSource(
            ints = {
                Connection.TRANSACTION_READ_COMMITTED,
                Connection.TRANSACTION_REPEATABLE_READ,
                Connection.TRANSACTION_SERIALIZABLE
            })
    void publishingWorksAtEveryLevelInSavepointsAndAfterRotations(int level) throws SQLException {
        sql.connection().setTransactionIsolation(level);
        sql.connection().setAutoCommit(false);
        sql.number("select count(*) from pgqueue.destination");
        other.send(queue, "other");
        other.rotate();
        other.rotate();
        sql.send(queue, "kept");
        Savepoint savepoint = sql.connection().setSavepoint();
        sql.send(queue, "undone");
        sql.connection().rollback(savepoint);
        sql.send(queue, "kept too");
        assertThat(sql.value(
                        "select slot from pgqueue.message where body = 'kept too'::bytea order by id desc limit 1"))
                .as("a sequence is read as it is now")
                .isEqualTo(other.currentSlot());
        assertThat(other.receive(subscription, 10))
                .extracting(h -> new String(h.body()))
                .containsExactly("other");
        sql.connection().commit();
        assertThat(other.receive(subscription, 10))
                .extracting(h -> new String(h.body()))
                .containsExactly("kept", "kept too");
    }

    @ParameterizedTest
    @ValueSource(ints = {Connection.TRANSACTION_REPEATABLE_READ, Connection.TRANSACTION_SERIALIZABLE})
    void concurrentPublishersNeverConflict(int level) throws SQLException {
        for (Sql each : new Sql[] {sql, other}) {
            each.connection().setTransactionIsolation(level);
            each.connection().setAutoCommit(false);
        }
        sql.send(queue, "a");
        other.send(queue, "b");
        sql.send(queue, "c");
        sql.connection().commit();
        other.send(queue, "d");
        other.connection().commit();
        other.connection().setAutoCommit(true);
        other.connection().setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
        assertThat(other.receive(subscription, 10)).hasSize(4);
    }

    @ParameterizedTest
    @ValueSource(ints = {Connection.TRANSACTION_REPEATABLE_READ, Connection.TRANSACTION_SERIALIZABLE})
    void receivingRefusesASnapshot(int level) throws SQLException {
        sql.connection().setTransactionIsolation(level);
        assertThatThrownBy(() -> sql.receive(subscription, 1))
                .hasMessageContaining("it needs read committed")
                .hasMessageContaining("transaction of its own");
    }

    @Test
    void aPreparedTransactionCarriesItsMessage() throws SQLException {
        assumeTrue(sql.number("select current_setting('max_prepared_transactions')::int") > 0);
        sql.connection().setAutoCommit(false);
        sql.send(queue, "prepared");
        sql.run("prepare transaction '" + queue + "'");
        sql.connection().commit();
        sql.connection().setAutoCommit(true);
        assertThat(other.receive(subscription, 1)).isEmpty();
        assertThat(other.rotate().leader()).isTrue();
        assertThat(other.tidy().reclaimed()).isEqualTo(-1);
        sql.run("commit prepared '" + queue + "'");
        assertThat(other.receive(subscription, 1)).hasSize(1);
    }

    @Test
    void anAckCanBePreparedToo() throws SQLException {
        assumeTrue(sql.number("select current_setting('max_prepared_transactions')::int") > 0);
        sql.send(queue, "x");
        Held held = sql.receive(subscription, 1).get(0);
        sql.connection().setAutoCommit(false);
        assertThat(sql.ack(held)).isTrue();
        sql.run("prepare transaction '" + queue + "'");
        sql.connection().commit();
        sql.connection().setAutoCommit(true);
        other.endLeases(subscription + 1);
        sql.run("rollback prepared '" + queue + "'");
        assertThat(sql.ack(held)).isTrue();
    }

    @Test
    void aReadOnlyTransactionFailsAtOnce() throws SQLException {
        sql.send(queue, "x");
        Held held = sql.receive(subscription, 1).get(0);
        sql.run("set session characteristics as transaction read only");
        assertThatThrownBy(() -> sql.send(queue, "y")).extracting("SQLState").isEqualTo("25006");
        assertThatThrownBy(() -> sql.receive(subscription, 1))
                .extracting("SQLState")
                .isEqualTo("25006");
        assertThatThrownBy(() -> sql.ack(held)).extracting("SQLState").isEqualTo("25006");
    }

    @Test
    void aRolledBackAckGivesTheDeliveryBackToItsHolder() throws SQLException {
        sql.send(queue, "x");
        Held held = sql.receive(subscription, 1).get(0);
        sql.connection().setAutoCommit(false);
        assertThat(sql.ack(held)).isTrue();
        assertThat(other.receive(subscription, 1)).isEmpty();
        sql.connection().rollback();
        assertThat(sql.ack(held)).isTrue();
        sql.connection().commit();
        other.endLeases(subscription);
        assertThat(other.receive(subscription, 1)).isEmpty();
    }
}
