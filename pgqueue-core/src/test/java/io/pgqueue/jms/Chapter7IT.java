// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgqueue.DepthLimit;
import io.pgqueue.SubscriptionSettings;
import io.pgqueue.WhenFull;
import io.pgqueue.client.AsyncSends;
import io.pgqueue.client.JoiningSource;
import io.pgqueue.client.PgQueue;
import io.pgqueue.jdbc.DataSourceConnectionSource;
import io.pgqueue.sql.Sql;
import jakarta.jms.BytesMessage;
import jakarta.jms.CompletionListener;
import jakarta.jms.Connection;
import jakarta.jms.DeliveryMode;
import jakarta.jms.Destination;
import jakarta.jms.IllegalStateException;
import jakarta.jms.IllegalStateRuntimeException;
import jakarta.jms.InvalidDestinationException;
import jakarta.jms.InvalidDestinationRuntimeException;
import jakarta.jms.JMSConsumer;
import jakarta.jms.JMSContext;
import jakarta.jms.JMSException;
import jakarta.jms.JMSProducer;
import jakarta.jms.JMSRuntimeException;
import jakarta.jms.MapMessage;
import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.MessageFormatException;
import jakarta.jms.MessageFormatRuntimeException;
import jakarta.jms.MessageProducer;
import jakarta.jms.Queue;
import jakarta.jms.ResourceAllocationException;
import jakarta.jms.Session;
import jakarta.jms.TextMessage;
import java.io.Serializable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/** Jakarta Messaging 3.1, chapter 7: sending, also asynchronously. */
class Chapter7IT extends JmsIT {

    Chapter7IT(PGSimpleDataSource dataSource) {
        super(dataSource);
    }

    /** Collects what the provider calls. */
    private static final class Completions implements CompletionListener {

        final List<String> completed = Collections.synchronizedList(new ArrayList<>());
        final List<Exception> failed = Collections.synchronizedList(new ArrayList<>());
        final List<Thread> threads = Collections.synchronizedList(new ArrayList<>());
        private final CountDownLatch calls;

        Completions(int calls) {
            this.calls = new CountDownLatch(calls);
        }

        @Override
        public void onCompletion(Message message) {
            threads.add(Thread.currentThread());
            completed.add(String.valueOf(PgJmsUnchecked.<String>find(() -> text(message))));
            calls.countDown();
        }

        @Override
        public void onException(Message message, Exception exception) {
            threads.add(Thread.currentThread());
            failed.add(exception);
            calls.countDown();
        }

        void await() throws InterruptedException {
            assertThat(calls.await(PATIENCE, TimeUnit.MILLISECONDS)).isTrue();
        }
    }

    private interface ForeignDestination extends Destination {}

    @Test
    void aProducerIsWithOrWithoutDestination() throws JMSException { // 7.2, 32, 33
        Queue queue = queue();
        Session session = session(Session.AUTO_ACKNOWLEDGE);
        Message message = session.createTextMessage("a");
        MessageProducer own = session.createProducer(queue);
        assertThat(own.getDestination()).isEqualTo(queue);
        assertThatThrownBy(() -> own.send(queue, message)).isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> own.send((Destination) null, message))
                .isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> own.send(null)).isInstanceOf(MessageFormatException.class);
        MessageProducer any = session.createProducer(null);
        assertThat(any.getDestination()).isNull();
        assertThatThrownBy(() -> any.send(message)).isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> any.send((Destination) null, message)).isInstanceOf(InvalidDestinationException.class);
        ForeignDestination foreign = new ForeignDestination() {};
        assertThatThrownBy(() -> any.send(foreign, message)).isInstanceOf(InvalidDestinationException.class);
        assertThatThrownBy(() -> session.createProducer(foreign)).isInstanceOf(InvalidDestinationException.class);
        assertThatThrownBy(() -> session.createConsumer(foreign)).isInstanceOf(InvalidDestinationException.class);
        assertThatThrownBy(() -> session.createConsumer(null)).isInstanceOf(InvalidDestinationException.class);
        any.send(queue, message);
    }

    @Test
    void settingsAreCheckedAndSeenByTheReceiver() throws JMSException { // 3.4, 7.7, 23, 24
        Queue queue = queue();
        Session session = session(Session.AUTO_ACKNOWLEDGE);
        MessageProducer producer = session.createProducer(queue);
        assertThat(producer.getDeliveryMode()).isEqualTo(DeliveryMode.PERSISTENT);
        assertThat(producer.getPriority()).isEqualTo(4);
        for (ThrowingCallable wrong : List.<ThrowingCallable>of(
                () -> producer.setDeliveryMode(-1),
                () -> producer.setPriority(-1),
                () -> producer.setPriority(10),
                () -> producer.send(session.createMessage(), 3, 4, 0),
                () -> producer.send(session.createMessage(), DeliveryMode.PERSISTENT, 10, 0))) {
            assertThatThrownBy(wrong).isInstanceOf(JMSException.class);
        }
        Message message = session.createTextMessage("x");
        message.setJMSPriority(1);
        producer.setDisableMessageID(true);
        producer.setDisableMessageTimestamp(true);
        producer.send(message, DeliveryMode.NON_PERSISTENT, 7, 60_000);
        Message received = receive(session.createConsumer(queue));
        for (Message each : List.of(message, received)) {
            assertThat(each.getJMSPriority()).isEqualTo(7);
            assertThat(each.getJMSDeliveryMode()).isEqualTo(DeliveryMode.NON_PERSISTENT);
            assertThat(each.getJMSExpiration()).isPositive();
            assertThat(each.getJMSMessageID()).isNull();
            assertThat(each.getJMSTimestamp()).isZero();
        }
        assertThat(received.getJMSExpiration()).isEqualTo(message.getJMSExpiration());
    }

    @Test
    void nonPersistentMessagesDoNotWaitForTheDisk() throws Exception { // 7.7, JMS-3
        Queue queue = queue();
        PGSimpleDataSource durable = new PGSimpleDataSource();
        durable.setURL(dataSource.getURL());
        durable.setUser(dataSource.getUser());
        durable.setPassword(dataSource.getPassword());
        durable.setOptions("-c synchronous_commit=on");
        JoiningSource source = new JoiningSource(durable);
        try (Sql sql = new Sql(dataSource);
                PgQueue shared = PgQueue.builder(source).maintenance(false).build();
                PgJmsConnectionFactory joining = new PgJmsConnectionFactory(shared, source);
                Connection connection = joining.createConnection()) {
            sql.run("create table commits (id bigint generated always as identity, waits text)");
            sql.run(
                    "create function note_commit() returns trigger language plpgsql as "
                            + "'begin insert into commits (waits) values (current_setting(''synchronous_commit'')); return null; end'");
            sql.run("create constraint trigger note_commit after insert on pgqueue.delivery_" + sql.currentSlot()
                    + " deferrable initially deferred for each row when (new.subscription_id = "
                    + sql.subscription(queue.getQueueName()) + ") execute function note_commit()");
            Session session = connection.createSession();
            MessageProducer producer = session.createProducer(queue);
            producer.send(session.createTextMessage("persistent"));
            producer.setDeliveryMode(DeliveryMode.NON_PERSISTENT);
            producer.send(session.createTextMessage("not persistent"));
            Message once = session.createTextMessage("not persistent, but once");
            once.setStringProperty("JMS_PGQ_DedupId", "once");
            producer.send(once);
            source.begin();
            producer.send(session.createTextMessage("in the caller's transaction"));
            source.commit();
            Session transacted = connection.createSession(Session.SESSION_TRANSACTED);
            MessageProducer together = transacted.createProducer(queue);
            together.setDeliveryMode(DeliveryMode.NON_PERSISTENT);
            together.send(transacted.createTextMessage("in the session's transaction"));
            transacted.commit();
            together.send(transacted.createTextMessage("beside a persistent one"));
            together.setDeliveryMode(DeliveryMode.PERSISTENT);
            together.send(transacted.createTextMessage("persistent"));
            transacted.commit();
            source.begin();
            together.setDeliveryMode(DeliveryMode.NON_PERSISTENT);
            together.send(transacted.createTextMessage("in both"));
            transacted.commit();
            source.commit();
            assertThat(sql.column("select waits from commits order by id"))
                    .containsExactly("on", "off", "on", "on", "off", "on", "on", "on");
            sql.run("truncate commits");
            sendTwoAtOnce(session, producer, DeliveryMode.NON_PERSISTENT);
            assertThat(sql.column("select waits from commits order by id")).containsExactly("off", "off", "off");
            sql.run("truncate commits");
            sendTwoAtOnce(session, producer, DeliveryMode.PERSISTENT);
            assertThat(sql.column("select waits from commits order by id")).containsExactly("off", "on", "on");
            sql.run("truncate commits");
            connection.start();
            Session both = connection.createSession(Session.SESSION_TRANSACTED);
            MessageProducer forward = both.createProducer(queue);
            forward.setDeliveryMode(DeliveryMode.NON_PERSISTENT);
            MessageConsumer taking = both.createConsumer(queue);
            receive(taking);
            forward.send(both.createTextMessage("beside an acknowledgement"));
            both.commit();
            taking.close();
            assertThat(sql.column("select waits from commits order by id")).containsExactly("on");
            sql.run("drop function note_commit cascade");
            sql.run("drop table commits");
            assertThat(receive(session.createConsumer(queue), 14)).hasSize(14);
        }
    }

    /**
     * One alone that is not persistent, whose callback holds the sending thread until two others are there: another one that
     * is not, and one of that mode.
     */
    private static void sendTwoAtOnce(Session session, MessageProducer producer, int mode) throws Exception {
        CountDownLatch both = new CountDownLatch(1);
        CountDownLatch called = new CountDownLatch(1);
        producer.setDeliveryMode(DeliveryMode.NON_PERSISTENT);
        producer.send(session.createTextMessage("alone"), new CompletionListener() {
            @Override
            public void onCompletion(Message message) {
                called.countDown();
                try {
                    assertThat(both.await(PATIENCE, TimeUnit.MILLISECONDS)).isTrue();
                } catch (InterruptedException e) {
                    throw new IllegalArgumentException(e);
                }
            }

            @Override
            public void onException(Message message, Exception exception) {
                throw new IllegalArgumentException(exception);
            }
        });
        assertThat(called.await(PATIENCE, TimeUnit.MILLISECONDS)).isTrue();
        Completions completions = new Completions(2);
        producer.send(session.createTextMessage("not persistent"), completions);
        producer.setDeliveryMode(mode);
        producer.send(session.createTextMessage("the other"), completions);
        both.countDown();
        completions.await();
        assertThat(completions.failed).isEmpty();
    }

    @Test
    void aDelayedMessageComesInItsTimeAndIsOvertaken() throws JMSException { // 7.9, 3.4.13, 52
        Queue queue = queue();
        Session session = session(Session.AUTO_ACKNOWLEDGE);
        MessageProducer producer = session.createProducer(queue);
        producer.setDeliveryDelay(1000);
        Message message = session.createTextMessage("later");
        producer.send(message);
        producer.setDeliveryDelay(0);
        producer.send(session.createTextMessage("now"));
        MessageConsumer consumer = session.createConsumer(queue);
        assertThat(text(receive(consumer))).isEqualTo("now");
        Message received = receive(consumer);
        assertThat(text(received)).isEqualTo("later");
        assertThat(System.currentTimeMillis()).isGreaterThanOrEqualTo(message.getJMSDeliveryTime() - 5);
        assertThat(received.getJMSDeliveryTime()).isEqualTo(message.getJMSDeliveryTime());
    }

    @Test
    void timesCountFromTheSendNotFromTheCommit() throws Exception { // 3.4.9, 3.4.13, 20
        Queue queue = queue();
        Session session = session(Session.SESSION_TRANSACTED);
        MessageProducer producer = session.createProducer(queue);
        producer.setTimeToLive(300);
        producer.send(session.createTextMessage("expired before the commit"));
        producer.setTimeToLive(0);
        producer.setDeliveryDelay(300);
        Message due = session.createTextMessage("due at the commit");
        producer.send(due);
        awaitAfter(due.getJMSDeliveryTime());
        session.commit();
        MessageConsumer consumer = session(Session.AUTO_ACKNOWLEDGE).createConsumer(queue);
        assertThat(text(consumer.receiveNoWait())).isEqualTo("due at the commit");
        assertThat(consumer.receiveNoWait()).isNull();
    }

    @Test
    void asynchronousSendsCompleteInOrderAndElsewhere() throws Exception { // 7.3, 55
        Queue queue = queue();
        Session session = session(Session.AUTO_ACKNOWLEDGE);
        MessageProducer producer = session.createProducer(queue);
        int count = 3000;
        Completions completions = new Completions(count);
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            producer.send(session.createTextMessage("" + i), completions);
            expected.add("" + i);
            if (i == 1500) {
                // A synchronous one keeps its place (7.3.3).
                producer.send(session.createTextMessage("synchronous"));
            }
        }
        completions.await();
        assertThat(completions.failed).isEmpty();
        assertThat(completions.completed).containsExactlyElementsOf(expected);
        assertThat(completions.threads).containsOnly(completions.threads.get(0)).doesNotContain(Thread.currentThread());
        expected.add(1501, "synchronous");
        assertThat(receive(session(Session.DUPS_OK_ACKNOWLEDGE).createConsumer(queue), count + 1))
                .containsExactlyElementsOf(expected);
    }

    @Test
    void anAsynchronousSendThatFailsHarmsNoOther() throws Exception { // 7.3.2, 7.3.9, 55
        Queue queue = queue();
        Session session = session(Session.AUTO_ACKNOWLEDGE);
        MessageProducer producer = session.createProducer(queue);
        Completions completions = new Completions(3);
        BytesMessage large = session.createBytesMessage();
        large.writeBytes(new byte[5 * 1024 * 1024]);
        producer.send(session.createTextMessage("before"), completions);
        producer.send(large, completions);
        producer.send(session.createTextMessage("after"), completions);
        completions.await();
        assertThat(completions.completed).containsExactly("before", "after");
        assertThat(completions.failed).singleElement().isInstanceOf(MessageFormatException.class);
        // What is wrong at the call is told there, and not called back.
        Completions none = new Completions(1);
        assertThatThrownBy(() -> producer.send(null, none)).isInstanceOf(MessageFormatException.class);
        assertThatThrownBy(() -> producer.send(session.createMessage(), (CompletionListener) null))
                .isInstanceOf(IllegalArgumentException.class);
        producer.close();
        assertThat(none.threads).isEmpty();
    }

    @Test
    void closeWaitsForCallbacks() throws Exception { // 7.3.4, 55
        Queue queue = queue();
        Connection connection = started();
        Session session = connection.createSession();
        MessageProducer producer = session.createProducer(queue);
        AtomicInteger called = new AtomicInteger();
        CountDownLatch goOn = new CountDownLatch(1);
        CompletionListener slow = new CompletionListener() {
            @Override
            public void onCompletion(Message message) {
                try {
                    assertThat(goOn.await(PATIENCE, TimeUnit.MILLISECONDS)).isTrue();
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
                called.incrementAndGet();
            }

            @Override
            public void onException(Message message, Exception exception) {}
        };
        for (int i = 0; i < 20; i++) {
            producer.send(session.createTextMessage("x"), slow);
        }
        Waiting<Boolean> closing = waitingClose(connection);
        assertThat(called).hasValue(0);
        goOn.countDown();
        assertThat(closing.get()).isTrue();
        assertThat(called).hasValue(20);
    }

    @Test
    void aSenderThatIsTooFastWaits() throws Exception { // 7.3
        Queue queue = queue();
        Connection connection = started();
        Session session = connection.createSession();
        MessageProducer producer = session.createProducer(queue);
        int count = 2 * AsyncSends.MOST_OPEN;
        CountDownLatch goOn = new CountDownLatch(1);
        CountDownLatch called = new CountDownLatch(count);
        AtomicInteger sent = new AtomicInteger();
        CompletionListener slow = new CompletionListener() {
            @Override
            public void onCompletion(Message message) {
                try {
                    assertThat(goOn.await(PATIENCE, TimeUnit.MILLISECONDS)).isTrue();
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
                called.countDown();
            }

            @Override
            public void onException(Message message, Exception exception) {}
        };
        Waiting<Boolean> sending = waiting(AsyncSends.class, "awaitRoom", () -> {
            while (sent.get() < count) {
                producer.send(session.createTextMessage("x"), slow);
                sent.incrementAndGet();
            }
            return true;
        });
        // One is being called back.
        assertThat(sent).hasValueLessThanOrEqualTo(AsyncSends.MOST_OPEN + 1);
        goOn.countDown();
        assertThat(sending.get()).isTrue();
        assertThat(called.await(PATIENCE, TimeUnit.MILLISECONDS)).isTrue();
    }

    @Test
    void aCompletionListenerThatSendsNeverWaitsForItself() throws Exception { // 7.3
        Queue queue = queue();
        Session session = session(Session.AUTO_ACKNOWLEDGE);
        MessageProducer producer = session.createProducer(queue);
        int count = AsyncSends.MOST_OPEN + 10;
        Completions completions = new Completions(count);
        producer.send(session.createTextMessage("first"), new CompletionListener() {
            @Override
            public void onCompletion(Message message) {
                PgJmsUnchecked.run(() -> {
                    for (int i = 0; i < count; i++) {
                        producer.send(session.createTextMessage("" + i), completions);
                    }
                });
            }

            @Override
            public void onException(Message message, Exception exception) {}
        });
        completions.await();
        assertThat(completions.completed).hasSize(count);
    }

    @Test
    void aFullQueueIsWaitedForOnceNotByEachMessage() throws Exception { // 7.3
        String name = queue().getQueueName();
        engine.admin().alterQueue(name, SubscriptionSettings.DEFAULT.withDepthLimit(new DepthLimit(1, WhenFull.BLOCK)));
        Queue queue = new PgJmsQueue(name);
        send(queue, "fills it");
        try (PgQueue patient = PgQueue.builder(dataSource)
                        .maintenance(false)
                        .sendTimeout(Duration.ofMillis(700))
                        .build();
                PgJmsConnectionFactory own =
                        new PgJmsConnectionFactory(patient, new DataSourceConnectionSource(dataSource));
                Connection connection = own.createConnection()) {
            Session session = connection.createSession();
            MessageProducer producer = session.createProducer(queue);
            Completions completions = new Completions(100);
            long start = System.nanoTime();
            for (int i = 0; i < 100; i++) {
                producer.send(session.createTextMessage("x"), completions);
            }
            completions.await();
            assertThat(completions.failed).hasSize(100).hasOnlyElementsOfType(ResourceAllocationException.class);
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(15));
        }
    }

    @Test
    void aCompletionListenerCannotEndItsOwn() throws Exception { // 7.3.4, 4
        Queue queue = queue();
        Connection connection = started();
        Session session = connection.createSession(Session.SESSION_TRANSACTED);
        MessageProducer producer = session.createProducer(queue);
        CompletableFuture<List<Throwable>> done = new CompletableFuture<>();
        producer.send(session.createTextMessage("x"), new CompletionListener() {
            @Override
            public void onCompletion(Message message) {
                List<Throwable> failures = new ArrayList<>();
                for (ThrowingCallable call : List.<ThrowingCallable>of(
                        producer::close, session::close, connection::close, session::commit, session::rollback)) {
                    try {
                        call.call();
                    } catch (Throwable e) {
                        failures.add(e);
                    }
                }
                done.complete(failures);
            }

            @Override
            public void onException(Message message, Exception exception) {
                done.completeExceptionally(exception);
            }
        });
        assertThat(done.get(PATIENCE, TimeUnit.MILLISECONDS))
                .hasSize(5)
                .allMatch(e -> e instanceof IllegalStateException);
        session.commit();
        assertThat(text(receive(session.createConsumer(queue)))).isEqualTo("x");
    }

    @Test
    void aCompletionListenerCannotEndItsOwnContext() throws Exception { // 7.3.4, 4
        Queue queue = queue();
        JMSContext context = closed(factory.createContext(JMSContext.SESSION_TRANSACTED));
        CompletableFuture<List<Throwable>> done = new CompletableFuture<>();
        JMSProducer producer = context.createProducer().setAsync(new CompletionListener() {
            @Override
            public void onCompletion(Message message) {
                List<Throwable> failures = new ArrayList<>();
                for (Runnable call : List.<Runnable>of(context::close, context::commit, context::rollback)) {
                    try {
                        call.run();
                    } catch (RuntimeException e) {
                        failures.add(e);
                    }
                }
                done.complete(failures);
            }

            @Override
            public void onException(Message message, Exception exception) {
                done.completeExceptionally(exception);
            }
        });
        producer.send(queue, "x");
        assertThat(done.get(PATIENCE, TimeUnit.MILLISECONDS))
                .hasSize(3)
                .allMatch(e -> e instanceof IllegalStateRuntimeException);
        context.commit();
        assertThat(context.createConsumer(queue).receiveBody(String.class, PATIENCE))
                .isEqualTo("x");
    }

    @Test
    void aCompletionListenerMaySend() throws Exception { // 7.3.4
        Queue queue = queue();
        Session session = session(Session.AUTO_ACKNOWLEDGE);
        MessageProducer producer = session.createProducer(queue);
        CompletableFuture<Void> done = new CompletableFuture<>();
        producer.send(session.createTextMessage("first"), new CompletionListener() {
            @Override
            public void onCompletion(Message message) {
                PgJmsUnchecked.run(() -> producer.send(session.createTextMessage("second")));
                done.complete(null);
            }

            @Override
            public void onException(Message message, Exception exception) {
                done.completeExceptionally(exception);
            }
        });
        done.get(PATIENCE, TimeUnit.MILLISECONDS);
        assertThat(receive(session.createConsumer(queue), 2)).containsExactly("first", "second");
    }

    @Test
    void whatIsSetOnAJmsProducerGoesOverTheMessage() throws JMSException { // 7.4-7.6, 7.10, 37
        Queue queue = queue();
        Queue replies = queue();
        JMSContext context = closed(factory.createContext());
        JMSProducer producer = context.createProducer();
        assertThat(producer.getDeliveryMode()).isEqualTo(DeliveryMode.PERSISTENT);
        assertThat(producer.getPriority()).isEqualTo(4);
        assertThat(producer.getTimeToLive()).isZero();
        assertThat(producer.getDeliveryDelay()).isZero();
        assertThat(producer.getAsync()).isNull();
        assertThat(producer.setProperty("n", 5)
                        .setProperty("s", "producer")
                        .setJMSType("type")
                        .setJMSReplyTo(replies)
                        .setJMSCorrelationID("corr"))
                .isSameAs(producer);
        assertThat(producer.getStringProperty("n")).isEqualTo("5");
        assertThat(producer.getPropertyNames()).containsExactlyInAnyOrder("n", "s");
        assertThatThrownBy(() -> producer.getPropertyNames().clear()).isInstanceOf(UnsupportedOperationException.class);
        for (ThrowingCallable wrong :
                List.<ThrowingCallable>of(() -> producer.setProperty(null, 1), () -> producer.setProperty("", 1))) {
            assertThatThrownBy(wrong).isInstanceOf(IllegalArgumentException.class);
        }
        for (ThrowingCallable wrong : List.<ThrowingCallable>of(
                () -> producer.setDeliveryMode(-1),
                () -> producer.setPriority(-1),
                () -> producer.setPriority(10),
                () -> producer.setDeliveryDelay(-1))) {
            assertThatThrownBy(wrong).isInstanceOf(JMSRuntimeException.class);
        }
        TextMessage message = context.createTextMessage("x");
        message.setStringProperty("s", "message");
        message.setStringProperty("own", "message");
        producer.send(queue, message);
        JMSConsumer consumer = context.createConsumer(queue);
        Message received = consumer.receive(PATIENCE);
        assertThat(received.getStringProperty("s")).isEqualTo("producer");
        assertThat(received.getStringProperty("own")).isEqualTo("message");
        assertThat(received.getIntProperty("n")).isEqualTo(5);
        assertThat(received.getJMSType()).isEqualTo("type");
        assertThat(received.getJMSReplyTo()).isEqualTo(replies);
        assertThat(received.getJMSCorrelationID()).isEqualTo("corr");
        assertThat(producer.clearProperties().getPropertyNames()).isEmpty();
        assertThatThrownBy(() -> producer.send(queue, (Message) null))
                .isInstanceOf(MessageFormatRuntimeException.class);
        assertThatThrownBy(() -> producer.send(null, "x")).isInstanceOf(InvalidDestinationRuntimeException.class);
        context.close();
        for (ThrowingCallable ended : List.<ThrowingCallable>of(
                producer::getPriority,
                producer::getPropertyNames,
                producer::getAsync,
                producer::getJMSType,
                () -> producer.setTimeToLive(1),
                () -> producer.setProperty("n", 1),
                () -> producer.send(queue, "x"))) {
            assertThatThrownBy(ended).isInstanceOf(IllegalStateRuntimeException.class);
        }
    }

    @Test
    void aJmsProducerSendsBodies() throws JMSException { // 7.4, 37
        Queue queue = queue();
        factory.setObjectClasses(List.of("java.util.ArrayList", "java.lang.Integer"));
        JMSContext context = closed(factory.createContext());
        context.createProducer()
                .send(queue, "text")
                .send(queue, Map.of("k", 7))
                .send(queue, new byte[] {1, 2})
                .send(queue, new ArrayList<>(List.of(1, 2)))
                .send(queue, (String) null)
                .send(queue, (Map<String, Object>) null)
                .send(queue, (byte[]) null)
                .send(queue, (Serializable) null);
        JMSConsumer consumer = context.createConsumer(queue);
        assertThat(consumer.receiveBody(String.class, PATIENCE)).isEqualTo("text");
        assertThat((Object) consumer.receiveBody(Map.class, PATIENCE)).isEqualTo(Map.of("k", 7));
        assertThat(consumer.receiveBody(byte[].class, PATIENCE)).containsExactly(1, 2);
        assertThat((Object) consumer.receiveBody(List.class, PATIENCE)).isEqualTo(List.of(1, 2));
        assertThat(((TextMessage) consumer.receive(PATIENCE)).getText()).isNull();
        assertThat(((MapMessage) consumer.receive(PATIENCE)).getMapNames().hasMoreElements())
                .isFalse();
        assertThat(((BytesMessage) consumer.receive(PATIENCE)).getBodyLength()).isZero();
        assertThat(consumer.receive(PATIENCE)).isInstanceOf(jakarta.jms.ObjectMessage.class);
    }

    @Test
    void aJmsProducerSendsAsynchronously() throws Exception { // 7.3, 55
        Queue queue = queue();
        JMSContext context = closed(factory.createContext());
        Completions completions = new Completions(10);
        JMSProducer producer = context.createProducer().setAsync(completions);
        for (int i = 0; i < 10; i++) {
            producer.send(queue, "" + i);
        }
        completions.await();
        assertThat(completions.completed).containsExactly("0", "1", "2", "3", "4", "5", "6", "7", "8", "9");
        producer.setAsync(null).send(queue, "synchronous");
        assertThat(completions.completed).hasSize(10);
    }
}
