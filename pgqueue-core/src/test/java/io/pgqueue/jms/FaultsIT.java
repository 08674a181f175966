// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgqueue.client.PgQueue;
import io.pgqueue.sql.Sql;
import jakarta.jms.Connection;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.Queue;
import jakarta.jms.Session;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/** What goes wrong around the provider must not stop it: interrupts, exceptions of the application's pool, lock timeouts. */
class FaultsIT extends JmsIT {

    private final WatchedSource source;
    private final PgQueue refusing;
    private final PgJmsConnectionFactory disturbed;

    FaultsIT(PGSimpleDataSource dataSource) {
        super(dataSource);
        source = new WatchedSource(dataSource);
        refusing = PgQueue.builder(source).maintenance(false).build();
        disturbed = new PgJmsConnectionFactory(refusing, source);
    }

    @AfterEach
    void closeQueue() {
        disturbed.close();
        refusing.close();
    }

    @Test
    void aListenerThatInterruptsItsThreadGoesOnHearing() throws Exception {
        Queue queue = queue();
        BlockingQueue<String> heard = new LinkedBlockingQueue<>();
        session(Session.AUTO_ACKNOWLEDGE).createConsumer(queue).setMessageListener(m -> {
            heard.add(String.valueOf(PgJmsUnchecked.<String>find(() -> text(m))));
            // As code does that caught an InterruptedException.
            Thread.currentThread().interrupt();
        });
        send(queue, "1", "2");
        assertThat(heard.poll(PATIENCE, TimeUnit.MILLISECONDS)).isEqualTo("1");
        assertThat(heard.poll(PATIENCE, TimeUnit.MILLISECONDS)).isEqualTo("2");
    }

    /** Properties that nobody can have sent, changed in the table: the message comes, and those behind it. */
    @Test
    void aDamagedMessageStopsNoOther() throws Exception {
        Queue queue = queue();
        send(queue, "damaged", "next");
        try (Sql sql = new Sql(dataSource)) {
            sql.run("update pgqueue.message set properties = '{\"p\": [1], \"\": {}, \"#t\": {\"p\": 1}}' "
                    + "where body = 'damaged'");
        }
        try (MessageConsumer consumer = session(Session.AUTO_ACKNOWLEDGE).createConsumer(queue)) {
            Message damaged = consumer.receive(PATIENCE);
            assertThat(text(damaged)).isEqualTo("damaged");
            assertThat(damaged.getStringProperty("p")).isEqualTo("[1]");
            assertThat(text(consumer.receive(PATIENCE))).isEqualTo("next");
        }
    }

    @Test
    void aWaitingListenerThreadCannotBeInterrupted() throws Exception {
        Queue queue = queue();
        BlockingQueue<Thread> threads = new LinkedBlockingQueue<>();
        session(Session.AUTO_ACKNOWLEDGE)
                .createConsumer(queue)
                .setMessageListener(m -> threads.add(Thread.currentThread()));
        send(queue, "1");
        Thread thread = threads.poll(PATIENCE, TimeUnit.MILLISECONDS);
        assertThat(thread).isNotNull();
        thread.interrupt();
        send(queue, "2");
        assertThat(threads.poll(PATIENCE, TimeUnit.MILLISECONDS)).isSameAs(thread);
    }

    @Test
    void anExceptionOfTheApplicationsPoolEndsNoListenerAndIsReported() throws Exception {
        Queue queue = queue();
        Connection connection = closed(disturbed.createConnection());
        CompletableFuture<JMSException> told = new CompletableFuture<>();
        connection.setExceptionListener(told::complete);
        connection.start();
        BlockingQueue<String> heard = new LinkedBlockingQueue<>();
        connection
                .createSession()
                .createConsumer(queue)
                .setMessageListener(m -> heard.add(String.valueOf(PgJmsUnchecked.<String>find(() -> text(m)))));
        CountDownLatch refused = source.refuse("pgqueue-jms-session", 2);
        send(queue, "1");
        assertThat(refused.await(PATIENCE, TimeUnit.MILLISECONDS)).isTrue();
        assertThat(heard.poll(PATIENCE, TimeUnit.MILLISECONDS)).isEqualTo("1");
        assertThat(told.get(PATIENCE, TimeUnit.MILLISECONDS)).hasMessageContaining("No connection for this thread");
    }

    @Test
    void anExceptionOfTheApplicationsPoolDoesNotEndTheRenewalOfLeases() throws Exception {
        Queue queue = queue();
        disturbed.setLease(Duration.ofSeconds(1));
        Connection connection = closed(disturbed.createConnection());
        // Only for these is the database asked when nothing else is to be done.
        connection.setExceptionListener(e -> {});
        connection.start();
        assertThat(source.refuse("pgqueue-jms-keeper", 1).await(PATIENCE, TimeUnit.MILLISECONDS))
                .isTrue();
        send(queue, "a");
        Session session = connection.createSession(Session.CLIENT_ACKNOWLEDGE);
        Message message = receive(session.createConsumer(queue));
        assertThat(session(Session.AUTO_ACKNOWLEDGE).createConsumer(queue).receive(2500))
                .isNull();
        message.acknowledge();
    }

    @Test
    void aSessionThatCannotGiveBackDoesNotKeepTheConnectionFromClosing() throws Exception {
        Queue queue = queue();
        send(queue, "a");
        Connection connection = disturbed.createConnection();
        connection.setClientID("closed-in-spite");
        connection.start();
        receive(connection.createSession(Session.CLIENT_ACKNOWLEDGE).createConsumer(queue));
        CountDownLatch refused = source.refuse(Thread.currentThread().getName(), 1);
        connection.close();
        assertThat(refused.getCount()).isZero();
        Connection next = stopped();
        next.setClientID("closed-in-spite");
    }

    /** A lock timeout of the application's DataSource, for example: neither an outage nor a lost lease. */
    @Test
    void whatCouldNotBeAcknowledgedCanBeGivenBack() throws Exception { // 6.2.10, 16
        Queue queue = queue();
        send(queue, "a");
        PGSimpleDataSource impatient = new PGSimpleDataSource();
        impatient.setURL(dataSource.getURL());
        impatient.setUser(dataSource.getUser());
        impatient.setPassword(dataSource.getPassword());
        impatient.setOptions("-c lock_timeout=200ms");
        try (PgJmsConnectionFactory own = new PgJmsConnectionFactory(impatient);
                Connection connection = own.createConnection()) {
            connection.start();
            Session session = connection.createSession(Session.CLIENT_ACKNOWLEDGE);
            MessageConsumer consumer = session.createConsumer(queue);
            Message message = receive(consumer);
            try (java.sql.Connection locking = lockDeliveries()) {
                assertThatThrownBy(message::acknowledge).isInstanceOf(JMSException.class);
                locking.rollback();
            }
            session.recover();
            Message again = receive(consumer);
            assertThat(again.getIntProperty("JMSXDeliveryCount")).isEqualTo(2);
            again.acknowledge();
        }
        assertThat(session(Session.AUTO_ACKNOWLEDGE).createConsumer(queue).receive(BRIEFLY))
                .isNull();
    }

    private java.sql.Connection lockDeliveries() throws SQLException {
        java.sql.Connection connection = dataSource.getConnection();
        connection.setAutoCommit(false);
        try (var statement = connection.createStatement()) {
            statement.execute("select 1 from pgqueue.delivery for update");
        }
        return connection;
    }

    @Test
    void anExceptionOfTheApplicationsPoolIsToldToACompletionListener() throws Exception { // 7.3
        Queue queue = queue();
        Connection connection = closed(disturbed.createConnection());
        Session session = connection.createSession();
        CompletableFuture<@Nullable Exception> told = new CompletableFuture<>();
        source.refuse("pgqueue-jms-completions", 1);
        session.createProducer(queue).send(session.createTextMessage("x"), new jakarta.jms.CompletionListener() {
            @Override
            public void onCompletion(Message message) {
                told.complete(null);
            }

            @Override
            public void onException(Message message, Exception exception) {
                told.complete(exception);
            }
        });
        assertThat(told.get(PATIENCE, TimeUnit.MILLISECONDS))
                .isInstanceOf(JMSException.class)
                .hasMessageContaining("No connection for this thread");
    }
}
