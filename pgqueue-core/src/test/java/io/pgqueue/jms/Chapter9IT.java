// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.jms.IllegalStateException;
import jakarta.jms.JMSException;
import jakarta.jms.Queue;
import jakarta.jms.QueueConnection;
import jakarta.jms.QueueConnectionFactory;
import jakarta.jms.QueueReceiver;
import jakarta.jms.QueueSender;
import jakarta.jms.QueueSession;
import jakarta.jms.Session;
import jakarta.jms.Topic;
import jakarta.jms.TopicConnection;
import jakarta.jms.TopicConnectionFactory;
import jakarta.jms.TopicPublisher;
import jakarta.jms.TopicSession;
import jakarta.jms.TopicSubscriber;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/** Jakarta Messaging 3.1, chapter 9: the interfaces for queues and for topics. */
class Chapter9IT extends JmsIT {

    Chapter9IT(PGSimpleDataSource dataSource) {
        super(dataSource);
    }

    @Test
    void queuesHaveInterfacesOfTheirOwn() throws JMSException { // 9.2, table 9-1, 13
        Queue queue = queue();
        Topic topic = topic();
        QueueConnection connection = closed(((QueueConnectionFactory) factory).createQueueConnection());
        connection.start();
        QueueSession session = connection.createQueueSession(false, Session.AUTO_ACKNOWLEDGE);
        QueueSender sender = session.createSender(queue);
        assertThat(sender.getQueue()).isEqualTo(queue);
        sender.send(session.createTextMessage("a"));
        session.createSender(null).send(queue, session.createTextMessage("b"));
        QueueReceiver receiver = session.createReceiver(queue);
        assertThat(receiver.getQueue()).isEqualTo(queue);
        assertThat(receive(receiver, 2)).containsExactly("a", "b");
        assertThat(connection.createSession(false, Session.AUTO_ACKNOWLEDGE)).isInstanceOf(QueueSession.class);
        for (ThrowingCallable call : List.<ThrowingCallable>of(
                () -> session.createTopic("x"),
                session::createTemporaryTopic,
                () -> session.createDurableSubscriber(topic, "x"),
                () -> session.createDurableSubscriber(topic, "x", null, false),
                () -> session.createDurableConsumer(topic, "x"),
                () -> session.createDurableConsumer(topic, "x", null, false),
                () -> session.createSharedConsumer(topic, "x"),
                () -> session.createSharedConsumer(topic, "x", null),
                () -> session.createSharedDurableConsumer(topic, "x"),
                () -> session.createSharedDurableConsumer(topic, "x", null),
                () -> session.unsubscribe("x"),
                () -> connection.createDurableConnectionConsumer(topic, "x", null, null, 1),
                () -> connection.createSharedConnectionConsumer(topic, "x", null, null, 1),
                () -> connection.createSharedDurableConnectionConsumer(topic, "x", null, null, 1))) {
            assertThatThrownBy(call).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void topicsHaveInterfacesOfTheirOwn() throws JMSException { // 9.2, table 9-1, 13
        Queue queue = queue();
        Topic topic = topic();
        TopicConnection connection = closed(((TopicConnectionFactory) factory).createTopicConnection());
        connection.setClientID("topic-connection");
        connection.start();
        TopicSession session = connection.createTopicSession(true, 0);
        TopicSubscriber subscriber = session.createSubscriber(topic);
        TopicSubscriber durable = session.createDurableSubscriber(topic, "d");
        assertThat(subscriber.getTopic()).isEqualTo(topic);
        TopicPublisher publisher = session.createPublisher(topic);
        assertThat(publisher.getTopic()).isEqualTo(topic);
        publisher.publish(session.createTextMessage("a"));
        session.createPublisher(null).publish(topic, session.createTextMessage("b"));
        session.commit();
        assertThat(receive(subscriber, 2)).containsExactly("a", "b");
        assertThat(receive(durable, 2)).containsExactly("a", "b");
        session.commit();
        for (ThrowingCallable call : List.<ThrowingCallable>of(
                () -> session.createQueue("x"),
                session::createTemporaryQueue,
                () -> session.createBrowser(queue),
                () -> session.createBrowser(queue, null))) {
            assertThatThrownBy(call).isInstanceOf(IllegalStateException.class);
        }
    }
}
