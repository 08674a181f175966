// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueue.Failure;
import io.pgqueue.OutcomeUnknownException;
import io.pgqueue.client.JoiningSource;
import jakarta.jms.Connection;
import jakarta.jms.JMSContext;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.MessageProducer;
import jakarta.jms.Queue;
import jakarta.jms.QueueBrowser;
import jakarta.jms.Session;
import jakarta.jms.TransactionRolledBackException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.List;
import java.util.Properties;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/** The examples of docs/jms.md. */
class JmsDocumentIT extends JmsIT {

    JmsDocumentIT(PGSimpleDataSource dataSource) {
        super(dataSource);
    }

    @Test
    void aContextSendsAndReceives() throws JMSException {
        String name = queue().getQueueName();
        String url = dataSource.getURL();
        String user = String.valueOf(dataSource.getUser());
        String password = String.valueOf(dataSource.getPassword());
        String text;
        // snippet: jms-context
        PgJmsConnectionFactory factory = new PgJmsConnectionFactory(url);
        factory.setUser(user);
        factory.setPassword(password);
        try (factory;
                JMSContext context = factory.createContext()) {
            Queue orders = context.createQueue(name);
            context.createProducer().setPriority(7).send(orders, "order 1");
            text = context.createConsumer(orders).receiveBody(String.class, 5_000);
        }
        // end snippet
        assertThat(text).isEqualTo("order 1");
    }

    @Test
    void settingsComeAsProperties() throws JMSException {
        Properties login = new Properties();
        login.setProperty("user", String.valueOf(dataSource.getUser()));
        login.setProperty("password", String.valueOf(dataSource.getPassword()));
        String url = dataSource.getURL();
        // snippet: jms-properties
        Properties properties = new Properties();
        properties.putAll(login);
        properties.setProperty("pgqueue.prefetch", "1");
        properties.setProperty("pgqueue.redeliveryDelay", "policy");
        properties.setProperty("ApplicationName", "billing"); // the driver's
        PgJmsConnectionFactory factory = new PgJmsConnectionFactory(url, properties);
        // end snippet
        try (factory) {
            factory.createConnection().close();
        }
    }

    @Test
    void aTransactedSessionMovesOrders() throws JMSException {
        Queue orders = queue();
        Queue invoices = queue();
        send(orders, "order 1");
        Connection connection = started();
        // snippet: jms-transacted
        Session session = connection.createSession(Session.SESSION_TRANSACTED);
        MessageConsumer consumer = session.createConsumer(orders);
        MessageProducer producer = session.createProducer(invoices);
        Message order = consumer.receive(5_000);
        producer.send(session.createTextMessage("invoice for " + order.getBody(String.class)));
        try {
            session.commit();
        } catch (TransactionRolledBackException e) {
            // Nothing was sent. The order comes again.
        } catch (JMSException e) {
            if (e.getLinkedException() instanceof OutcomeUnknownException unknown) {
                List<UUID> ids = unknown.messageIds(); // look for them before sending again
            }
            throw e;
        }
        // end snippet
        assertThat(receive(session(Session.AUTO_ACKNOWLEDGE).createConsumer(invoices), 1))
                .containsExactly("invoice for order 1");
    }

    @Test
    void workAndMessagesInOneTransaction() throws JMSException, SQLException {
        Queue orders = queue();
        JoiningSource transactions = new JoiningSource(dataSource);
        try (var pgqueue = io.pgqueue.client.PgQueue.builder(transactions)
                .maintenance(false)
                .build()) {
            // snippet: jms-joining
            PgJmsConnectionFactory factory = new PgJmsConnectionFactory(pgqueue, transactions);
            factory.setLease(Duration.ofMinutes(1));
            // end snippet
            try (factory;
                    JMSContext context = factory.createContext()) {
                transactions.begin();
                context.createProducer().send(orders, "never");
                transactions.rollback();
            }
        }
        assertThat(session(Session.AUTO_ACKNOWLEDGE).createConsumer(orders).receive(BRIEFLY))
                .isNull();
    }

    @Test
    void deadLettersCanBeBrowsed() throws JMSException {
        String name = queue().getQueueName();
        Session session = session(Session.AUTO_ACKNOWLEDGE);
        send(session, session.createQueue(name), "order 1");
        engine.deadLetter(engine.receiver(name).receive(1).get(0), "UNREADABLE", Failure.NONE);
        List<String> log = new ArrayList<>();
        // snippet: jms-dead-letters
        Queue dead = session.createQueue("dlq@" + name);
        try (QueueBrowser browser = session.createBrowser(dead, "JMS_PGQ_DeadReason = 'UNREADABLE'")) {
            for (Enumeration<?> letters = browser.getEnumeration(); letters.hasMoreElements(); ) {
                Message letter = (Message) letters.nextElement();
                log.add(letter.getBody(String.class) + ": " + letter.getStringProperty("JMS_PGQ_DeadReason"));
            }
        }
        // end snippet
        assertThat(log).containsExactly("order 1: UNREADABLE");
    }
}
