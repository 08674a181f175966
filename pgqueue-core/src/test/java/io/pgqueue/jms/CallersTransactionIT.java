// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueue.client.JoiningSource;
import io.pgqueue.client.PgQueue;
import jakarta.jms.Connection;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.Queue;
import jakarta.jms.Session;
import java.sql.SQLException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.ds.PGSimpleDataSource;

/** TX-1, design.md § 7: inside a transaction of the caller on the same database, sends and acknowledgements join it. */
class CallersTransactionIT extends JmsIT {

    private final JoiningSource transaction;
    private final PgQueue shared;
    private final PgJmsConnectionFactory joining;

    CallersTransactionIT(PGSimpleDataSource dataSource) {
        super(dataSource);
        transaction = new JoiningSource(dataSource);
        shared = PgQueue.builder(transaction).maintenance(false).build();
        joining = new PgJmsConnectionFactory(shared, transaction);
    }

    @BeforeEach
    void createTable() throws SQLException {
        try (var connection = dataSource.getConnection();
                var statement = connection.createStatement()) {
            statement.execute("create table if not exists work (text text)");
            statement.execute("truncate work");
        }
    }

    @AfterEach
    void closeQueue() {
        joining.close();
        shared.close();
    }

    private int rows() throws SQLException {
        try (var connection = dataSource.getConnection();
                var statement = connection.createStatement();
                var rows = statement.executeQuery("select count(*) from work")) {
            rows.next();
            return rows.getInt(1);
        }
    }

    private static void work(java.sql.Connection connection) throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.execute("insert into work values ('done')");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {Session.AUTO_ACKNOWLEDGE, Session.CLIENT_ACKNOWLEDGE, Session.SESSION_TRANSACTED})
    void sendsJoin(int mode) throws JMSException, SQLException {
        Queue queue = queue();
        MessageConsumer consumer = session(Session.AUTO_ACKNOWLEDGE).createConsumer(queue);
        try (Connection connection = joining.createConnection()) {
            Session session = connection.createSession(mode);
            work(transaction.begin());
            send(session, queue, "rolled back");
            transaction.rollback();
            assertThat(consumer.receive(BRIEFLY)).isNull();
            work(transaction.begin());
            send(session, queue, "committed");
            assertThat(consumer.receive(BRIEFLY)).isNull();
            transaction.commit();
            if (session.getTransacted()) {
                session.commit();
            }
            assertThat(receive(consumer, 1)).containsExactly("committed");
            assertThat(rows()).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @ValueSource(
            ints = {
                Session.AUTO_ACKNOWLEDGE,
                Session.DUPS_OK_ACKNOWLEDGE,
                Session.CLIENT_ACKNOWLEDGE,
                Session.SESSION_TRANSACTED
            })
    void acknowledgementsJoin(int mode) throws JMSException, SQLException {
        Queue queue = queue();
        send(queue, "a");
        try (Connection connection = joining.createConnection()) {
            connection.start();
            Session session = connection.createSession(mode);
            MessageConsumer consumer = session.createConsumer(queue);
            work(transaction.begin());
            receive(consumer).acknowledge();
            transaction.rollback();
            if (session.getTransacted()) {
                session.rollback();
            }
            work(transaction.begin());
            // At once, not when the lease ends.
            Message again = consumer.receive(PATIENCE);
            assertThat(again.getIntProperty("JMSXDeliveryCount")).isEqualTo(2);
            again.acknowledge();
            transaction.commit();
            if (session.getTransacted()) {
                session.commit();
            }
            assertThat(rows()).isEqualTo(1);
        }
        assertThat(session(Session.AUTO_ACKNOWLEDGE).createConsumer(queue).receive(BRIEFLY))
                .isNull();
    }
}
