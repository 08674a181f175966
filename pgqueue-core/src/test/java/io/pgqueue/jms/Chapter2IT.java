// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueue.Delivery;
import io.pgqueue.OutgoingMessage;
import jakarta.jms.Connection;
import jakarta.jms.ConnectionFactory;
import jakarta.jms.Destination;
import jakarta.jms.JMSConsumer;
import jakarta.jms.JMSContext;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.MessageProducer;
import jakarta.jms.Queue;
import jakarta.jms.QueueConnection;
import jakarta.jms.QueueReceiver;
import jakarta.jms.QueueRequestor;
import jakarta.jms.QueueSession;
import jakarta.jms.Session;
import jakarta.jms.TemporaryQueue;
import jakarta.jms.TextMessage;
import jakarta.jms.Topic;
import jakarta.jms.TopicConnection;
import jakarta.jms.TopicRequestor;
import jakarta.jms.TopicSession;
import jakarta.jms.TopicSubscriber;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * Jakarta Messaging 3.1, chapter 2, as far as it promises something: clients with and without Jakarta Messaging, administered
 * objects, the four APIs, what several threads may share, request and reply.
 */
class Chapter2IT extends JmsIT {

    private static final int THREADS = 6;
    private static final int EACH = 25;

    Chapter2IT(PGSimpleDataSource dataSource) {
        super(dataSource);
    }

    @Test
    void clientsWithoutJakartaMessagingTakePart() throws JMSException { // 2.2, 2.12
        Queue queue = queue();
        String name = queue.getQueueName();
        Session session = session(Session.AUTO_ACKNOWLEDGE);
        send(session, queue, "to others");
        Delivery delivery = engine.receiver(name).receive(1).get(0);
        assertThat(delivery.text()).isEqualTo("to others");
        engine.ack(delivery);
        engine.publish(
                name, OutgoingMessage.text("from others").property("n", 7).build());
        Message message = receive(session.createConsumer(queue));
        assertThat(text(message)).isEqualTo("from others");
        assertThat(message.getObjectProperty("n")).isEqualTo(7);
    }

    /** The steps of 2.12.1, with objects an administrator has stored somewhere. */
    @Test
    void administeredObjectsAreAllAClientNeeds() throws Exception { // 2.3, 2.12.1
        ConnectionFactory found = stored(factory);
        Queue queue = stored(queue());
        Topic topic = stored(topic());
        try (Connection connection = found.createConnection()) {
            Session session = connection.createSession();
            MessageProducer toQueue = session.createProducer(queue);
            MessageProducer toTopic = session.createProducer(topic);
            MessageConsumer fromQueue = session.createConsumer(queue);
            MessageConsumer fromTopic = session.createConsumer(topic);
            toQueue.send(session.createTextMessage("to one"));
            toTopic.send(session.createTextMessage("to all"));
            assertThat(fromQueue.receive(BRIEFLY)).as("delivery is inhibited").isNull();
            connection.start();
            assertThat(receive(fromQueue, 1)).containsExactly("to one");
            assertThat(receive(fromTopic, 1)).containsExactly("to all");
        }
        try (JMSContext context = found.createContext()) {
            JMSConsumer consumer = context.createConsumer(queue);
            context.createProducer().send(queue, "delivered without start");
            assertThat(consumer.receiveBody(String.class, PATIENCE)).isEqualTo("delivered without start");
        } finally {
            ((PgJmsConnectionFactory) found).close();
        }
    }

    @SuppressWarnings("unchecked")
    private static <T> T stored(T administered) throws IOException, ClassNotFoundException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(administered);
        }
        try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
            return (T) in.readObject();
        }
    }

    /** Whichever of the three APIs for queues sends, each of them receives. */
    @Test
    void theApisForQueuesUnderstandEachOther() throws JMSException { // 2.4 to 2.10, table 2-1
        Queue queue = queue();
        JMSContext context = closed(factory.createContext());
        Session classic = session(Session.AUTO_ACKNOWLEDGE);
        QueueConnection connection = closed(factory.createQueueConnection());
        connection.start();
        QueueSession domain = connection.createQueueSession(false, Session.AUTO_ACKNOWLEDGE);
        Runnable sendAll = () -> PgJmsUnchecked.run(() -> {
            send(classic, queue, "classic");
            context.createProducer().send(queue, "simplified");
            domain.createSender(queue).send(domain.createTextMessage("domain-specific"));
        });
        String[] all = {"classic", "simplified", "domain-specific"};

        sendAll.run();
        try (MessageConsumer consumer = classic.createConsumer(queue)) {
            assertThat(receive(consumer, 3)).containsExactly(all);
        }
        sendAll.run();
        try (JMSConsumer consumer = context.createConsumer(queue)) {
            List<String> bodies = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                bodies.add(consumer.receiveBody(String.class, PATIENCE));
            }
            assertThat(bodies).containsExactly(all);
        }
        sendAll.run();
        try (QueueReceiver receiver = domain.createReceiver(queue)) {
            assertThat(receive(receiver, 3)).containsExactly(all);
        }
    }

    /** Every subscriber gets what each of the three APIs for topics sends. */
    @Test
    void theApisForTopicsUnderstandEachOther() throws JMSException { // 2.4 to 2.10, table 2-1
        Topic topic = topic();
        Session classic = session(Session.AUTO_ACKNOWLEDGE);
        MessageConsumer classicConsumer = classic.createConsumer(topic);
        JMSContext context = closed(factory.createContext());
        JMSConsumer simplifiedConsumer = context.createConsumer(topic);
        TopicConnection connection = closed(factory.createTopicConnection());
        connection.start();
        TopicSession domain = connection.createTopicSession(false, Session.AUTO_ACKNOWLEDGE);
        TopicSubscriber subscriber = domain.createSubscriber(topic);

        send(classic, topic, "classic");
        context.createProducer().send(topic, "simplified");
        domain.createPublisher(topic).publish(domain.createTextMessage("domain-specific"));

        String[] all = {"classic", "simplified", "domain-specific"};
        assertThat(receive(classicConsumer, 3)).containsExactly(all);
        assertThat(receive(subscriber, 3)).containsExactly(all);
        for (String each : all) {
            assertThat(simplifiedConsumer.receiveBody(String.class, PATIENCE)).isEqualTo(each);
        }
    }

    /** Threads share a factory, a connection and the destinations; each has sessions and contexts of its own. */
    @Test
    void threadsShareWhatTheyMay() throws Exception { // 2.14, tables 2-2 and 2-3
        Connection connection = started();
        Queue queue = queue();
        Topic topic = topic();
        Session session = connection.createSession();
        MessageConsumer everything = session.createConsumer(topic);
        ExecutorService threads = Executors.newFixedThreadPool(2 * THREADS);
        try {
            List<Future<Integer>> senders = new ArrayList<>();
            List<Future<List<String>>> receivers = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                int thread = i;
                senders.add(threads.submit(() -> sendMany(connection, queue, topic, thread)));
                receivers.add(threads.submit(() -> receiveMany(connection, queue)));
            }
            for (Future<Integer> sender : senders) {
                assertThat(sender.get(2 * PATIENCE, TimeUnit.MILLISECONDS)).isEqualTo(EACH);
            }
            List<String> received = new ArrayList<>();
            for (Future<List<String>> receiver : receivers) {
                received.addAll(receiver.get(2 * PATIENCE, TimeUnit.MILLISECONDS));
            }
            assertThat(received).hasSize(THREADS * EACH);
            assertThat(new TreeSet<>(received)).as("each once").hasSize(THREADS * EACH);
            assertThat(new TreeSet<>(receive(everything, THREADS * EACH))).isEqualTo(new TreeSet<>(received));
        } finally {
            threads.shutdownNow();
        }
    }

    private int sendMany(Connection connection, Queue queue, Topic topic, int thread) throws JMSException {
        try (Session session = connection.createSession();
                JMSContext context = factory.createContext()) {
            MessageProducer producer = session.createProducer(queue);
            for (int i = 0; i < EACH; i++) {
                producer.send(session.createTextMessage(thread + "-" + i));
                context.createProducer().send(topic, thread + "-" + i);
            }
        }
        return EACH;
    }

    private static List<String> receiveMany(Connection connection, Queue queue) throws JMSException {
        List<String> texts = new ArrayList<>();
        try (Session session = connection.createSession();
                MessageConsumer consumer = session.createConsumer(queue)) {
            while (texts.size() < EACH) {
                texts.add(String.valueOf(text(receive(consumer))));
            }
        }
        return texts;
    }

    @Test
    void anAnswerComesToTheDestinationItWasAskedFor() throws JMSException { // 2.16, 3.4.5, 3.4.6
        Queue queue = queue();
        answer(queue);
        Session session = session(Session.AUTO_ACKNOWLEDGE);
        TemporaryQueue answers = session.createTemporaryQueue();
        TextMessage request = session.createTextMessage("2 + 2");
        request.setJMSReplyTo(answers);
        session.createProducer(queue).send(request);
        Message answer = receive(session.createConsumer(answers));
        assertThat(text(answer)).isEqualTo("answer to 2 + 2");
        assertThat(answer.getJMSCorrelationID()).isEqualTo(request.getJMSMessageID());
    }

    @Test
    void theRequestorsOfTheApiWork() throws JMSException { // 2.16, 4.1.7, 4.2.10
        Queue queue = queue();
        Topic topic = topic();
        answer(queue);
        answer(topic);
        QueueConnection queues = closed(factory.createQueueConnection());
        queues.start();
        QueueSession queueSession = queues.createQueueSession(false, Session.AUTO_ACKNOWLEDGE);
        QueueRequestor asking = new QueueRequestor(queueSession, queue);
        assertThat(text(asking.request(queueSession.createTextMessage("one")))).isEqualTo("answer to one");
        assertThat(text(asking.request(queueSession.createTextMessage("two")))).isEqualTo("answer to two");
        asking.close();
        TopicConnection topics = closed(factory.createTopicConnection());
        topics.start();
        TopicSession topicSession = topics.createTopicSession(false, Session.AUTO_ACKNOWLEDGE);
        TopicRequestor publishing = new TopicRequestor(topicSession, topic);
        assertThat(text(publishing.request(topicSession.createTextMessage("three"))))
                .isEqualTo("answer to three");
        publishing.close();
    }

    /** A service on a connection of its own. */
    private void answer(Destination requests) throws JMSException {
        Session service = session(Session.AUTO_ACKNOWLEDGE);
        MessageProducer producer = service.createProducer(null);
        service.createConsumer(requests)
                .setMessageListener(request -> PgJmsUnchecked.run(() -> {
                    TextMessage answer = service.createTextMessage("answer to " + text(request));
                    answer.setJMSCorrelationID(request.getJMSMessageID());
                    producer.send(request.getJMSReplyTo(), answer);
                }));
    }
}
