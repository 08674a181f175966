// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import jakarta.jms.BytesMessage;
import jakarta.jms.Connection;
import jakarta.jms.ConnectionFactory;
import jakarta.jms.JMSConsumer;
import jakarta.jms.JMSContext;
import jakarta.jms.JMSException;
import jakarta.jms.MapMessage;
import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.MessageProducer;
import jakarta.jms.Queue;
import jakarta.jms.QueueBrowser;
import jakarta.jms.Session;
import jakarta.jms.StreamMessage;
import jakarta.jms.TemporaryQueue;
import jakarta.jms.TextMessage;
import jakarta.jms.Topic;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** An application that knows nothing but {@code jakarta.jms}: what it saw is the same on each provider. */
final class PortableApplication {

    private static final long PATIENCE = 20_000;
    private static final long BRIEFLY = 400;

    private final ConnectionFactory factory;
    private final List<String> seen = Collections.synchronizedList(new ArrayList<>());

    PortableApplication(ConnectionFactory factory) {
        this.factory = factory;
    }

    List<String> run() throws Exception {
        headersAndProperties();
        bodies();
        rollback();
        recover();
        order();
        expiry();
        selectors();
        browsing();
        requestAndReply();
        durable();
        shared();
        noLocal();
        listeners();
        errors();
        return List.copyOf(seen);
    }

    private void saw(String what, @Nullable Object value) {
        seen.add(what + ": " + value);
    }

    private void headersAndProperties() {
        try (JMSContext context = factory.createContext()) {
            Queue queue = context.createQueue("orders");
            context.createProducer()
                    .setJMSType("order")
                    .setJMSCorrelationID("c-1")
                    .setJMSReplyTo(context.createQueue("answers"))
                    .setProperty("amount", 20)
                    .setProperty("price", 1.5)
                    .setProperty("vip", true)
                    .setProperty("name", "Ada")
                    .send(queue, "the order");
            Message message = context.createConsumer(queue).receive(PATIENCE);
            try {
                saw("type", message.getJMSType());
                saw("correlation", message.getJMSCorrelationID());
                saw("reply to", ((Queue) message.getJMSReplyTo()).getQueueName());
                saw("destination", ((Queue) message.getJMSDestination()).getQueueName());
                saw("priority", message.getJMSPriority());
                saw("mode", message.getJMSDeliveryMode());
                saw("expiration", message.getJMSExpiration());
                saw("redelivered", message.getJMSRedelivered());
                saw("count", message.getIntProperty("JMSXDeliveryCount"));
                saw("id", message.getJMSMessageID().startsWith("ID:"));
                saw("amount", message.getObjectProperty("amount") + " " + message.getStringProperty("amount"));
                saw("price", message.getObjectProperty("price"));
                saw("vip", message.getBooleanProperty("vip"));
                saw("body", message.getBody(String.class));
                message.setStringProperty("name", "Eve");
            } catch (JMSException e) {
                saw("written when received", e.getClass().getSimpleName());
            }
        }
    }

    private void bodies() throws JMSException {
        try (Connection connection = started();
                Session session = connection.createSession()) {
            Queue queue = session.createQueue("bodies");
            MessageProducer producer = session.createProducer(queue);
            MapMessage map = session.createMapMessage();
            map.setInt("i", 7);
            map.setBytes("b", new byte[] {1, 2});
            producer.send(map);
            StreamMessage stream = session.createStreamMessage();
            stream.writeLong(5);
            stream.writeString("x");
            producer.send(stream);
            BytesMessage bytes = session.createBytesMessage();
            bytes.writeUTF("Grüße");
            bytes.writeDouble(2.5);
            producer.send(bytes);
            producer.send(session.createMessage());
            MessageConsumer consumer = session.createConsumer(queue);
            MapMessage gotMap = (MapMessage) consumer.receive(PATIENCE);
            saw("map", gotMap.getLong("i") + " " + gotMap.getBytes("b").length + " " + gotMap.itemExists("z"));
            StreamMessage gotStream = (StreamMessage) consumer.receive(PATIENCE);
            saw("stream", gotStream.readString() + gotStream.readString());
            try {
                gotStream.readInt();
            } catch (JMSException e) {
                saw("stream's end", e.getClass().getSimpleName());
            }
            BytesMessage gotBytes = (BytesMessage) consumer.receive(PATIENCE);
            saw("bytes", gotBytes.getBodyLength() + gotBytes.readUTF() + gotBytes.readDouble());
            saw("empty", consumer.receive(PATIENCE).isBodyAssignableTo(String.class));
        }
    }

    private void rollback() throws JMSException {
        try (Connection connection = started();
                Session session = connection.createSession(Session.SESSION_TRANSACTED)) {
            Queue queue = session.createQueue("rollback");
            MessageProducer producer = session.createProducer(queue);
            producer.send(session.createTextMessage("never"));
            session.rollback();
            producer.send(session.createTextMessage("a"));
            producer.send(session.createTextMessage("b"));
            session.commit();
            MessageConsumer consumer = session.createConsumer(queue);
            saw("first", told(consumer.receive(PATIENCE)));
            saw("second", told(consumer.receive(PATIENCE)));
            session.rollback();
            saw("first again", told(consumer.receive(PATIENCE)));
            saw("second again", told(consumer.receive(PATIENCE)));
            session.commit();
            saw("nothing more", consumer.receive(BRIEFLY));
        }
    }

    private void recover() throws JMSException {
        try (Connection connection = started();
                Session session = connection.createSession(Session.CLIENT_ACKNOWLEDGE)) {
            Queue queue = session.createQueue("recover");
            MessageProducer producer = session.createProducer(queue);
            for (String text : List.of("a", "b", "c")) {
                producer.send(session.createTextMessage(text));
            }
            MessageConsumer consumer = session.createConsumer(queue);
            consumer.receive(PATIENCE).acknowledge();
            saw("unacknowledged", told(consumer.receive(PATIENCE)));
            session.recover();
            saw("recovered", told(consumer.receive(PATIENCE)));
            Message last = consumer.receive(PATIENCE);
            saw("then", last.getBody(String.class));
            last.acknowledge();
            session.recover();
            saw("after recover", consumer.receive(BRIEFLY));
        }
    }

    private void order() {
        try (JMSContext context = factory.createContext()) {
            Queue queue = context.createQueue("order");
            for (int priority : new int[] {1, 9, 4}) {
                context.createProducer().setPriority(priority).send(queue, "p" + priority);
            }
            JMSConsumer consumer = context.createConsumer(queue);
            saw("priorities", List.of(body(consumer), body(consumer), body(consumer)));
        }
    }

    private void expiry() throws JMSException {
        try (Connection connection = started();
                Session session = connection.createSession()) {
            Queue queue = session.createQueue("expiry");
            MessageProducer producer = session.createProducer(queue);
            producer.setTimeToLive(1);
            producer.send(session.createTextMessage("gone"));
            producer.setTimeToLive(0);
            producer.setDeliveryDelay(300);
            producer.send(session.createTextMessage("later"));
            producer.setDeliveryDelay(0);
            producer.send(session.createTextMessage("now"));
            MessageConsumer consumer = session.createConsumer(queue);
            saw("not expired", List.of(told(consumer.receive(PATIENCE)), told(consumer.receive(PATIENCE))));
        }
    }

    private void selectors() throws JMSException {
        try (Connection connection = started();
                Session session = connection.createSession()) {
            Queue queue = session.createQueue("selectors");
            MessageProducer producer = session.createProducer(queue);
            for (int amount = 0; amount < 4; amount++) {
                TextMessage message = session.createTextMessage("m" + amount);
                message.setIntProperty("amount", amount);
                producer.send(message);
            }
            MessageConsumer large = session.createConsumer(queue, "amount BETWEEN 2 AND 3 AND missing IS NULL");
            saw("selected", List.of(told(large.receive(PATIENCE)), told(large.receive(PATIENCE))));
            saw("no more selected", large.receive(BRIEFLY));
            large.close();
            MessageConsumer all = session.createConsumer(queue);
            saw("others", List.of(told(all.receive(PATIENCE)), told(all.receive(PATIENCE))));
        }
    }

    private void browsing() throws JMSException {
        try (Connection connection = started();
                Session session = connection.createSession()) {
            Queue queue = session.createQueue("browsing");
            session.createProducer(queue).send(session.createTextMessage("waiting"));
            try (QueueBrowser browser = session.createBrowser(queue)) {
                saw("browsed", browser.getEnumeration().hasMoreElements());
            }
            saw("still there", told(session.createConsumer(queue).receive(PATIENCE)));
        }
    }

    private void requestAndReply() throws JMSException {
        try (Connection connection = started();
                Session asking = connection.createSession();
                Session answering = connection.createSession()) {
            Queue queue = asking.createQueue("questions");
            answering.createConsumer(queue).setMessageListener(question -> {
                try {
                    TextMessage answer = answering.createTextMessage("pong");
                    answer.setJMSCorrelationID(question.getJMSMessageID());
                    answering.createProducer(question.getJMSReplyTo()).send(answer);
                } catch (JMSException e) {
                    saw("answering failed", e);
                }
            });
            TemporaryQueue answers = asking.createTemporaryQueue();
            MessageConsumer consumer = asking.createConsumer(answers);
            TextMessage question = asking.createTextMessage("ping");
            question.setJMSReplyTo(answers);
            asking.createProducer(queue).send(question);
            Message answer = consumer.receive(PATIENCE);
            saw("answer", told(answer));
            saw("to the question", question.getJMSMessageID().equals(answer.getJMSCorrelationID()));
            consumer.close();
            answers.delete();
        }
    }

    private void durable() {
        try (JMSContext context = factory.createContext()) {
            context.setClientID("warehouse");
            Topic topic = context.createTopic("prices");
            context.createDurableConsumer(topic, "audit").close();
            context.createProducer().send(topic, "while away");
            try (JMSConsumer consumer = context.createDurableConsumer(topic, "audit")) {
                saw("kept", body(consumer));
            }
            context.unsubscribe("audit");
            context.createProducer().send(topic, "to nobody");
            try (JMSConsumer consumer = context.createDurableConsumer(topic, "audit")) {
                saw("after unsubscribe", consumer.receive(BRIEFLY));
            }
            context.unsubscribe("audit");
            try (JMSContext second = factory.createContext()) {
                second.setClientID("warehouse");
                saw("two of one client id", "allowed");
            } catch (RuntimeException e) {
                saw("two of one client id", e.getClass().getSimpleName());
            }
        }
    }

    private void shared() {
        try (JMSContext one = factory.createContext();
                JMSContext two = factory.createContext()) {
            Topic topic = one.createTopic("news");
            JMSConsumer first = one.createSharedConsumer(topic, "readers");
            JMSConsumer second = two.createSharedConsumer(topic, "readers");
            one.createProducer().send(topic, "only one gets it");
            long got = Stream.of(first.receive(BRIEFLY * 5), second.receive(BRIEFLY))
                    .filter(Objects::nonNull)
                    .count();
            saw("shared", got);
        }
    }

    private void noLocal() throws JMSException {
        try (Connection connection = started();
                Connection other = started();
                Session session = connection.createSession();
                Session others = other.createSession()) {
            Topic topic = session.createTopic("chat");
            MessageConsumer consumer = session.createConsumer(topic, null, true);
            session.createProducer(topic).send(session.createTextMessage("mine"));
            others.createProducer(topic).send(others.createTextMessage("theirs"));
            saw("not local", told(consumer.receive(PATIENCE)));
        }
    }

    /** Redelivered once, because the listener failed once. */
    private void listeners() throws JMSException, InterruptedException {
        try (Connection connection = factory.createConnection();
                Session session = connection.createSession()) {
            Queue queue = session.createQueue("listeners");
            session.createProducer(queue).send(session.createTextMessage("heard"));
            CountDownLatch done = new CountDownLatch(2);
            session.createConsumer(queue).setMessageListener(message -> {
                try {
                    saw("heard", told(message));
                } catch (JMSException e) {
                    saw("reading failed", e);
                }
                done.countDown();
                if (done.getCount() == 1) {
                    throw new IllegalStateException("not yet");
                }
            });
            connection.start();
            saw("twice", done.await(PATIENCE, TimeUnit.MILLISECONDS));
        }
    }

    private void errors() throws JMSException {
        Connection connection = started();
        Session session = connection.createSession();
        Queue queue = session.createQueue("errors");
        fails("bad selector", () -> session.createConsumer(queue, "amount = "));
        fails("commit of none", session::commit);
        fails("no destination", () -> session.createProducer(null).send(session.createMessage()));
        fails("priority 10", () -> session.createProducer(queue).setPriority(10));
        fails("property value", () -> session.createMessage().setObjectProperty("list", List.of()));
        fails("text as a number", () -> {
            Message message = session.createMessage();
            message.setStringProperty("n", "x");
            message.getIntProperty("n");
        });
        fails("absent as an int", () -> session.createMessage().getIntProperty("none"));
        fails("absent as a double", () -> session.createMessage().getDoubleProperty("none"));
        fails("null as a float", () -> {
            MapMessage map = session.createMapMessage();
            map.setString("none", null);
            map.getFloat("none");
        });
        saw("absent as a boolean", session.createMessage().getBooleanProperty("none"));
        fails("unsubscribe of none", () -> session.unsubscribe("no such"));
        connection.close();
        fails("closed", () -> session.createProducer(queue));
        fails("closed connection", connection::start);
    }

    private interface Call {
        void run() throws JMSException;
    }

    private void fails(String what, Call call) {
        try {
            call.run();
            saw(what, "allowed");
        } catch (JMSException | RuntimeException e) {
            saw(what, e.getClass().getSimpleName());
        }
    }

    private Connection started() throws JMSException {
        Connection connection = factory.createConnection();
        connection.start();
        return connection;
    }

    private static String body(JMSConsumer consumer) {
        return consumer.receiveBody(String.class, PATIENCE);
    }

    private static String told(Message message) throws JMSException {
        return message.getBody(String.class) + ", " + message.getJMSRedelivered() + ", "
                + message.getIntProperty("JMSXDeliveryCount");
    }
}
