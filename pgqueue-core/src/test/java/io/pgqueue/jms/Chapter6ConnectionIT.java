// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.pgqueue.client.JoiningSource;
import io.pgqueue.client.PgQueue;
import jakarta.jms.Connection;
import jakarta.jms.ConnectionMetaData;
import jakarta.jms.IllegalStateException;
import jakarta.jms.IllegalStateRuntimeException;
import jakarta.jms.InvalidClientIDException;
import jakarta.jms.InvalidClientIDRuntimeException;
import jakarta.jms.JMSConsumer;
import jakarta.jms.JMSContext;
import jakarta.jms.JMSException;
import jakarta.jms.JMSRuntimeException;
import jakarta.jms.JMSSecurityException;
import jakarta.jms.JMSSecurityRuntimeException;
import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.MessageProducer;
import jakarta.jms.Queue;
import jakarta.jms.QueueBrowser;
import jakarta.jms.Session;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/** Jakarta Messaging 3.1, section 6.1: connections; 2.8 and 8.4 where contexts are concerned. */
class Chapter6ConnectionIT extends JmsIT {

    Chapter6ConnectionIT(PGSimpleDataSource dataSource) {
        super(dataSource);
    }

    @Test
    void aNewConnectionIsStopped() throws Exception { // 6.1.4, 1
        Queue queue = queue();
        Connection connection = stopped();
        Session session = connection.createSession();
        send(session, queue, "a", "b");
        MessageConsumer consumer = session.createConsumer(queue);
        long start = System.nanoTime();
        assertThat(consumer.receive(300)).isNull();
        assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(TimeUnit.MILLISECONDS.toNanos(300));
        assertThat(consumer.receiveNoWait()).isNull();
        CompletableFuture<Message> blocked = CompletableFuture.supplyAsync(() -> {
            try {
                return consumer.receive();
            } catch (JMSException e) {
                throw new AssertionError(e);
            }
        });
        connection.start();
        connection.start();
        assertThat(text(blocked.get(PATIENCE, TimeUnit.MILLISECONDS))).isEqualTo("a");
        connection.stop();
        connection.stop();
        assertThat(consumer.receive(BRIEFLY)).isNull();
        connection.start();
        assertThat(text(receive(consumer))).isEqualTo("b");
    }

    @Test
    void stopWaitsForTheListenerAndKeepsServingIt() throws Exception { // 6.1.5, 2
        Queue queue = queue();
        Queue answers = queue();
        Connection connection = started();
        Session session = connection.createSession();
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        List<String> handled = Collections.synchronizedList(new ArrayList<>());
        session.createConsumer(queue).setMessageListener(m -> {
            inside.countDown();
            try {
                assertThat(goOn.await(PATIENCE, TimeUnit.MILLISECONDS)).isTrue();
                send(session, answers, "answer");
                handled.add(String.valueOf(text(m)));
            } catch (JMSException | InterruptedException e) {
                throw new AssertionError(e);
            }
        });
        send(queue, "a", "b", "c");
        assertThat(inside.await(PATIENCE, TimeUnit.MILLISECONDS)).isTrue();
        CompletableFuture<Void> stopping = CompletableFuture.runAsync(() -> PgJmsUnchecked.run(connection::stop));
        assertThat(stopping).isNotDone();
        goOn.countDown();
        stopping.get(PATIENCE, TimeUnit.MILLISECONDS);
        assertThat(handled).containsExactly("a");
        // What was fetched ahead is free for others at once (17).
        MessageConsumer other = session(Session.AUTO_ACKNOWLEDGE).createConsumer(queue);
        assertThat(receive(other, 2)).containsExactly("b", "c");
        assertThat(handled).containsExactly("a");
    }

    @Test
    void aListenerCannotStopOrCloseItsOwn() throws Exception { // 6.1.5, 6.1.8, 6.2.15, 3
        Queue queue = queue();
        Connection connection = started();
        Session session = connection.createSession();
        JMSContext context = closed(factory.createContext());
        List<Throwable> failures = Collections.synchronizedList(new ArrayList<>());
        AtomicBoolean closed = new AtomicBoolean();
        CountDownLatch done = new CountDownLatch(2);
        MessageConsumer consumer = session.createConsumer(queue);
        consumer.setMessageListener(m -> {
            for (ThrowingCallable call :
                    List.<ThrowingCallable>of(connection::stop, connection::close, session::close)) {
                try {
                    call.call();
                } catch (Throwable e) {
                    failures.add(e);
                }
            }
            try {
                consumer.close();
                closed.set(true);
            } catch (JMSException e) {
                failures.add(e);
            }
            done.countDown();
        });
        send(queue, "a");
        Queue queue2 = queue();
        context.createConsumer(queue2).setMessageListener(m -> {
            for (Runnable call : List.<Runnable>of(context::stop, context::close)) {
                try {
                    call.run();
                } catch (IllegalStateRuntimeException e) {
                    failures.add(e);
                }
            }
            done.countDown();
        });
        send(queue2, "a");
        assertThat(done.await(PATIENCE, TimeUnit.MILLISECONDS)).isTrue();
        assertThat(failures).hasSize(5);
        assertThat(failures)
                .allMatch(e -> e instanceof IllegalStateException || e instanceof IllegalStateRuntimeException);
        assertThat(closed).isTrue();
        session.close();
        assertThat(session(Session.AUTO_ACKNOWLEDGE).createConsumer(queue).receive(BRIEFLY))
                .as("acknowledged, since onMessage finished normally")
                .isNull();
    }

    @Test
    void closeEndsABlockedReceive() throws Exception { // 6.1.8, 5
        Queue queue = queue();
        for (int what = 0; what < 3; what++) {
            Connection connection = started();
            Session session = connection.createSession();
            MessageConsumer consumer = session.createConsumer(queue);
            Waiting<?> blocked = waitingReceive(consumer);
            AutoCloseable closing =
                    List.<AutoCloseable>of(connection, session, consumer).get(what);
            closing.close();
            assertThat(blocked.get()).isNull();
            closing.close();
        }
    }

    @Test
    void whatIsClosedSaysSo() throws JMSException { // 6.1.8, 6
        Queue queue = queue();
        Connection connection = started();
        Session session = connection.createSession(Session.CLIENT_ACKNOWLEDGE);
        MessageProducer producer = session.createProducer(queue);
        MessageConsumer consumer = session.createConsumer(queue);
        QueueBrowser browser = session.createBrowser(queue);
        Message sent = session.createTextMessage("x");
        producer.send(sent);
        Message received = receive(consumer);
        connection.close();
        connection.close();
        for (ThrowingCallable call : List.<ThrowingCallable>of(
                connection::getMetaData,
                connection::getClientID,
                () -> connection.setClientID("x"),
                connection::getExceptionListener,
                connection::createSession,
                connection::start,
                connection::stop,
                session::getTransacted,
                session::getAcknowledgeMode,
                session::commit,
                session::rollback,
                session::recover,
                session::createMessage,
                () -> session.createQueue("x"),
                () -> session.createConsumer(queue),
                () -> session.createProducer(queue),
                () -> session.createBrowser(queue),
                () -> session.unsubscribe("x"),
                session::createTemporaryQueue,
                session::getMessageListener,
                producer::getDeliveryMode,
                producer::getPriority,
                producer::getTimeToLive,
                producer::getDeliveryDelay,
                producer::getDisableMessageID,
                producer::getDisableMessageTimestamp,
                producer::getDestination,
                () -> producer.setPriority(1),
                () -> producer.send(sent),
                consumer::getMessageSelector,
                consumer::getMessageListener,
                consumer::receiveNoWait,
                () -> consumer.setMessageListener(null),
                browser::getEnumeration,
                browser::getQueue,
                browser::getMessageSelector,
                received::acknowledge)) {
            assertThatThrownBy(call).isInstanceOf(IllegalStateException.class);
        }
        session.close();
        producer.close();
        consumer.close();
        browser.close();
        assertThat(text(received)).isEqualTo("x");
    }

    @Test
    void aClosedContextSaysSoToo() throws JMSException { // 6.1.8, 10.2, 6
        Queue queue = queue();
        JMSContext context = factory.createContext();
        JMSConsumer consumer = context.createConsumer(queue);
        context.close();
        context.close();
        for (ThrowingCallable call : List.<ThrowingCallable>of(
                context::getClientID,
                context::getMetaData,
                context::getExceptionListener,
                context::getAutoStart,
                context::getSessionMode,
                context::getTransacted,
                context::start,
                context::stop,
                context::commit,
                context::rollback,
                context::recover,
                context::acknowledge,
                context::createProducer,
                context::createTextMessage,
                context::createTemporaryQueue,
                () -> context.createContext(JMSContext.AUTO_ACKNOWLEDGE),
                () -> context.createQueue("x"),
                () -> context.createConsumer(queue),
                () -> context.createBrowser(queue),
                () -> context.unsubscribe("x"),
                consumer::getMessageListener,
                consumer::getMessageSelector,
                consumer::receiveNoWait,
                () -> consumer.receiveBodyNoWait(String.class),
                () -> consumer.setMessageListener(null))) {
            assertThatThrownBy(call).isInstanceOf(IllegalStateRuntimeException.class);
        }
        consumer.close();
    }

    @Test
    void closingRollsATransactedSessionBack() throws JMSException { // 6.1.8, 6.2.15, 5
        Queue from = queue();
        Queue to = queue();
        MessageConsumer target = session(Session.AUTO_ACKNOWLEDGE).createConsumer(to);
        for (boolean wholeConnection : new boolean[] {false, true}) {
            send(from, "a");
            Connection connection = started();
            Session session = connection.createSession(Session.SESSION_TRANSACTED);
            receive(session.createConsumer(from));
            send(session, to, "never");
            if (wholeConnection) {
                connection.close();
            } else {
                session.close();
            }
            Message again =
                    session(Session.AUTO_ACKNOWLEDGE).createConsumer(from).receiveNoWait();
            assertThat(again).isNotNull();
            assertThat(again.getIntProperty("JMSXDeliveryCount")).isEqualTo(2);
            assertThat(target.receive(BRIEFLY)).isNull();
        }
    }

    @Test
    void aClientIdIsSetFirstOrNever() throws JMSException { // 6.1.2, 7
        Connection connection = stopped();
        connection.getMetaData();
        connection.stop();
        assertThatThrownBy(() -> connection.setClientID(null)).isInstanceOf(InvalidClientIDException.class);
        assertThatThrownBy(() -> connection.setClientID("")).isInstanceOf(InvalidClientIDException.class);
        connection.setClientID("first");
        assertThat(connection.getClientID()).isEqualTo("first");
        assertThatThrownBy(() -> connection.setClientID("second")).isInstanceOf(IllegalStateException.class);
        Connection used = stopped();
        used.createSession();
        assertThatThrownBy(() -> used.setClientID("third")).isInstanceOf(IllegalStateException.class);
        Connection running = started();
        assertThatThrownBy(() -> running.setClientID("fourth")).isInstanceOf(IllegalStateException.class);
        JMSContext context = closed(factory.createContext());
        context.setClientID("fifth");
        assertThat(context.getClientID()).isEqualTo("fifth");
        JMSContext usedContext = closed(factory.createContext());
        usedContext.createProducer();
        assertThatThrownBy(() -> usedContext.setClientID("sixth")).isInstanceOf(IllegalStateRuntimeException.class);
    }

    @Test
    void aClientIdBelongsToOneConnectionOfAllJvms() throws JMSException { // 6.1.2, 10.3, 7
        Connection connection = stopped();
        connection.setClientID("single");
        try (PgJmsConnectionFactory another = newFactory()) {
            try (Connection second = another.createConnection()) {
                assertThatThrownBy(() -> second.setClientID("single")).isInstanceOf(InvalidClientIDException.class);
            }
            another.setClientId("single");
            assertThatThrownBy(another::createConnection).isInstanceOf(InvalidClientIDException.class);
            assertThatThrownBy(another::createContext).isInstanceOf(InvalidClientIDRuntimeException.class);
            connection.close();
            try (Connection third = another.createConnection()) {
                assertThat(third.getClientID()).isEqualTo("single");
                assertThatThrownBy(() -> third.setClientID("other")).isInstanceOf(IllegalStateException.class);
            }
        }
    }

    @Test
    void credentialsAreCheckedAtOnce() throws Exception { // 6.1.1, 10.3, 8
        try (java.sql.Connection admin = dataSource.getConnection();
                var statement = admin.createStatement()) {
            statement.execute("create role messenger login password 'right' superuser");
        } catch (SQLException exists) {
            // Roles are the server's, which several classes share.
        }
        try (Connection connection = factory.createConnection("messenger", "right")) {
            connection.start();
        }
        factory.createConnection(null, null).close();
        assertThatThrownBy(() -> factory.createConnection("nobody-of-that-name", "x"))
                .isInstanceOf(JMSSecurityException.class);
        assertThatThrownBy(() -> factory.createContext("nobody-of-that-name", "x"))
                .isInstanceOf(JMSSecurityRuntimeException.class);
        try (PgJmsConnectionFactory unchecked = new PgJmsConnectionFactory(engine, new JoiningSource(dataSource))) {
            unchecked.createConnection().close();
            assertThatThrownBy(() -> unchecked.createConnection("messenger", "right"))
                    .as("nobody can check them")
                    .isInstanceOf(JMSSecurityException.class);
        }
    }

    @Test
    void metaDataSaysWhatThisIs() throws JMSException { // 6.1.6, 3.5.9, 9
        ConnectionMetaData data = stopped().getMetaData();
        assertThat(data.getJMSVersion()).isEqualTo("3.1");
        assertThat(data.getJMSMajorVersion()).isEqualTo(3);
        assertThat(data.getJMSMinorVersion()).isEqualTo(1);
        assertThat(data.getJMSProviderName()).isEqualTo("pgqueue");
        assertThat(data.getProviderVersion())
                .startsWith(data.getProviderMajorVersion() + "." + data.getProviderMinorVersion());
        List<Object> names = new ArrayList<>();
        for (Enumeration<?> next = data.getJMSXPropertyNames(); next.hasMoreElements(); ) {
            names.add(next.nextElement());
        }
        assertThat(names).containsExactly("JMSXGroupID", "JMSXGroupSeq", "JMSXDeliveryCount");
    }

    @Test
    void aContextStartsItsConnectionWithTheFirstConsumer() { // 6.1.4, 8.4, 12
        Queue queue = PgJmsUnchecked.get(this::queue);
        JMSContext context = closed(factory.createContext());
        context.createProducer().send(queue, "a").send(queue, "b");
        assertThat(context.createConsumer(queue).receiveBody(String.class, PATIENCE))
                .isEqualTo("a");
        JMSContext manual = closed(factory.createContext());
        manual.setAutoStart(false);
        JMSConsumer consumer = manual.createConsumer(queue);
        assertThat(consumer.receive(BRIEFLY)).isNull();
        manual.start();
        assertThat(consumer.receiveBody(String.class, PATIENCE)).isEqualTo("b");
    }

    @Test
    void contextsShareAConnectionUntilTheLastIsClosed() { // 2.8, 6.1.8, 12
        JMSContext first = closed(factory.createContext());
        first.setClientID("shared-by-contexts");
        JMSContext second = closed(first.createContext(JMSContext.SESSION_TRANSACTED));
        assertThat(second.getTransacted()).isTrue();
        first.close();
        assertThat(second.getClientID()).isEqualTo("shared-by-contexts");
        second.close();
        assertThatThrownBy(second::getClientID).isInstanceOf(IllegalStateRuntimeException.class);
        JMSContext third = closed(factory.createContext());
        third.setClientID("shared-by-contexts");
        assertThatThrownBy(() -> factory.createContext(-1)).isInstanceOf(JMSRuntimeException.class);
    }

    @Test
    void listenersSetOnARunningConnectionAreServedAtOnceAndCanBeReplaced() throws Exception { // 10
        Queue queue = queue();
        MessageConsumer consumer = session(Session.AUTO_ACKNOWLEDGE).createConsumer(queue);
        for (int i = 0; i < 2; i++) {
            CompletableFuture<String> seen = new CompletableFuture<>();
            consumer.setMessageListener(m -> seen.complete(PgJmsUnchecked.find(() -> text(m))));
            send(queue, "m" + i);
            assertThat(seen.get(PATIENCE, TimeUnit.MILLISECONDS)).isEqualTo("m" + i);
        }
        consumer.setMessageListener(null);
        assertThat(consumer.getMessageListener()).isNull();
        send(queue, "last");
        assertThat(text(receive(consumer))).isEqualTo("last");
    }

    /** Polls come and go, so what is counted must reach zero, whatever is going on. */
    @Test
    void anIdleConnectionHoldsNoConnectionOfTheDatabase() throws Exception {
        WatchedSource source = new WatchedSource(dataSource);
        try (PgQueue watched = PgQueue.builder(source).maintenance(false).build();
                PgJmsConnectionFactory plain = new PgJmsConnectionFactory(watched, source);
                Connection connection = plain.createConnection()) {
            await().until(() -> source.inUse() == 0);
            connection.start();
            await().until(() -> source.inUse() == 0);
            CountDownLatch inside = new CountDownLatch(1);
            CountDownLatch goOn = new CountDownLatch(1);
            Queue queue = queue();
            connection.createSession().createConsumer(queue).setMessageListener(m -> {
                inside.countDown();
                PgJmsUnchecked.get(() -> awaited(goOn));
            });
            Session transacted = connection.createSession(Session.SESSION_TRANSACTED);
            Queue held = queue();
            send(held, "b");
            receive(transacted.createConsumer(held));
            send(transacted, held, "to be committed");
            await().until(() -> source.inUse() == 0);
            Waiting<?> waiting = waitingReceive(connection.createSession().createConsumer(queue()));
            await().until(() -> source.inUse() == 0);
            send(queue, "a");
            assertThat(inside.await(PATIENCE, TimeUnit.MILLISECONDS)).isTrue();
            await().until(() -> source.inUse() == 0);
            assertThat(waiting.result()).isNotDone();
            goOn.countDown();
            transacted.rollback();
        }
    }

    private static boolean awaited(CountDownLatch latch) {
        try {
            return latch.await(PATIENCE, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
