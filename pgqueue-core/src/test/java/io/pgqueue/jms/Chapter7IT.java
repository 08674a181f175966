// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgqueue.client.JoiningSource;
import io.pgqueue.client.PgQueue;
import io.pgqueue.sql.Sql;
import jakarta.jms.BytesMessage;
import jakarta.jms.CompletionListener;
import jakarta.jms.Connection;
import jakarta.jms.DeliveryMode;
import jakarta.jms.Destination;
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
import jakarta.jms.Session;
import jakarta.jms.TextMessage;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/** Jakarta Messaging 3.1, chapter 7: sending. */
class Chapter7IT extends JmsIT {

    Chapter7IT(PGSimpleDataSource dataSource) {
        super(dataSource);
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
}
