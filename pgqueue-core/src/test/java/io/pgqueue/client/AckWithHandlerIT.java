// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgqueue.Delivery;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.QueueSpec;
import io.pgqueue.sql.Sql;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.UUID;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * TX-2: a handler's effect and its ack are one transaction. The second test makes the mistake that the first one is there to
 * find.
 */
@PostgresTest(template = MigratedSchema.class)
class AckWithHandlerIT {

    private JoiningSource source;
    private PgQueue queue;
    private Sql sql;
    private String name;

    @BeforeEach
    void open(DataSource dataSource) throws SQLException {
        source = new JoiningSource(dataSource);
        queue = PgQueue.builder(source).maintenance(false).build();
        sql = new Sql(dataSource);
        name = "handled" + UUID.randomUUID();
        queue.admin().declareQueue(QueueSpec.of(name));
        sql.run("create table if not exists effect (message text)");
        sql.run("truncate effect");
    }

    @AfterEach
    void close() throws SQLException {
        queue.close();
        sql.close();
    }

    @Test
    void whatDiesBeforeItsCommitIsHandledAgain() throws SQLException {
        handleAndDie(queue);
        assertNothingIsLost();
    }

    @Test
    void anAckBeforeTheHandlersCommitWouldLoseTheMessage() throws SQLException {
        handleAndDie(queue.independent());
        assertThatThrownBy(this::assertNothingIsLost).isInstanceOf(AssertionError.class);
    }

    private void handleAndDie(PgQueue acking) throws SQLException {
        queue.publish(name, OutgoingMessage.text("x").build());
        Connection connection = source.begin();
        Delivery delivery = queue.receiver(name).receive(1).get(0);
        try (Statement statement = connection.createStatement()) {
            statement.executeUpdate("insert into effect values ('x')");
        }
        acking.ack(delivery);
        sql.column(
                "select pg_terminate_backend(?)",
                connection.unwrap(org.postgresql.PGConnection.class).getBackendPID());
        assertThatThrownBy(source::commit).isInstanceOf(SQLException.class);
    }

    /** Either it took effect, or it is still to be handled. */
    private void assertNothingIsLost() throws SQLException {
        assertThat(sql.number("select count(*) from effect")
                        + queue.admin().stats(name).unfinished())
                .as("effects and messages to be handled")
                .isEqualTo(1);
    }
}
