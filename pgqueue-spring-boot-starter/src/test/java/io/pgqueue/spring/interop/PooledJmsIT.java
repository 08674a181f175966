// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueue.jms.PgJmsConnectionFactory;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import jakarta.jms.Connection;
import jakarta.jms.JMSConsumer;
import jakarta.jms.JMSContext;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.Session;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.messaginghub.pooled.jms.JmsPoolConnectionFactory;
import org.postgresql.ds.PGSimpleDataSource;

/** A pool of connections and sessions between the application and us. */
@PostgresTest(template = MigratedSchema.class)
class PooledJmsIT {

    @Test
    void pooledSessionsSendReceiveAndRollBack(PGSimpleDataSource database) throws Exception {
        PgJmsConnectionFactory factory = new PgJmsConnectionFactory(database);
        factory.setAutoCreate(true);
        JmsPoolConnectionFactory pool = new JmsPoolConnectionFactory();
        pool.setConnectionFactory(factory);
        pool.setMaxConnections(1);
        pool.start();
        for (int round = 0; round < 20; round++) {
            try (Connection connection = pool.createConnection();
                    Session session = connection.createSession(true, Session.SESSION_TRANSACTED)) {
                session.createProducer(session.createQueue("pooled")).send(session.createTextMessage("kept"));
                session.commit();
                session.createProducer(session.createQueue("pooled")).send(session.createTextMessage("rolled back"));
            }
        }
        assertThat(pool.getNumConnections()).isEqualTo(1);
        try (JMSContext context = pool.createContext()) {
            int received = 0;
            for (String text = receive(context); text != null; text = receive(context)) {
                assertThat(text).isEqualTo("kept");
                received++;
            }
            assertThat(received).isEqualTo(20);
        }
        pool.stop();
        factory.close();
    }

    @Test
    void whatAPooledSessionLeavesUnacknowledgedComesAgain(PGSimpleDataSource database) throws Exception {
        PgJmsConnectionFactory factory = new PgJmsConnectionFactory(database);
        factory.setAutoCreate(true);
        JmsPoolConnectionFactory pool = new JmsPoolConnectionFactory();
        pool.setConnectionFactory(factory);
        pool.start();
        try (JMSContext context = pool.createContext()) {
            context.createProducer().send(context.createQueue("again"), "x");
        }
        for (int attempt = 1; attempt <= 2; attempt++) {
            try (Connection connection = pool.createConnection();
                    Session session = connection.createSession(true, Session.SESSION_TRANSACTED);
                    MessageConsumer consumer = session.createConsumer(session.createQueue("again"))) {
                connection.start();
                assertThat(consumer.receive(20_000).getIntProperty("JMSXDeliveryCount"))
                        .isEqualTo(attempt);
            }
        }
        pool.stop();
        factory.close();
    }

    private static @Nullable String receive(JMSContext context) throws JMSException {
        try (JMSConsumer consumer = context.createConsumer(context.createQueue("pooled"))) {
            Message message = consumer.receive(500);
            return message == null ? null : message.getBody(String.class);
        }
    }
}
