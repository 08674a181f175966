// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import jakarta.jms.IllegalStateException;
import jakarta.jms.JMSException;
import jakarta.jms.Queue;
import jakarta.jms.QueueBrowser;
import jakarta.jms.TemporaryQueue;
import jakarta.jms.Topic;
import jakarta.jms.TopicPublisher;
import jakarta.jms.TopicSession;
import jakarta.jms.TopicSubscriber;
import org.jspecify.annotations.Nullable;

/** A session for topics only (Jakarta Messaging 3.1, section 9.2, table 9-1). */
final class PgJmsTopicSession extends PgJmsSession implements TopicSession {

    PgJmsTopicSession(PgJmsConnection connection, int mode) throws JMSException {
        super(connection, mode);
    }

    @Override
    public TopicSubscriber createSubscriber(Topic topic) throws JMSException {
        return createSubscriber(topic, null, false);
    }

    @Override
    public TopicSubscriber createSubscriber(Topic topic, @Nullable String selector, boolean noLocal)
            throws JMSException {
        checkOpen();
        PgJmsSubscription to = PgJmsSubscription.unshared(PgJmsDestinations.ours(topic), selector, noLocal);
        return delivering().add(new PgJmsTopicSubscriber(this, to));
    }

    @Override
    public TopicPublisher createPublisher(@Nullable Topic topic) throws JMSException {
        return new PgJmsTopicPublisher(this, producerDestination(topic));
    }

    @Override
    public Queue createQueue(String name) throws JMSException {
        throw notForTopics();
    }

    @Override
    public TemporaryQueue createTemporaryQueue() throws JMSException {
        throw notForTopics();
    }

    @Override
    public QueueBrowser createBrowser(Queue queue, @Nullable String selector) throws JMSException {
        throw notForTopics();
    }

    private IllegalStateException notForTopics() throws JMSException {
        checkOpen();
        return new IllegalStateException("A TopicSession knows no queues: use a QueueSession or a Session");
    }
}
