// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import jakarta.jms.IllegalStateException;
import jakarta.jms.JMSException;
import jakarta.jms.MessageConsumer;
import jakarta.jms.Queue;
import jakarta.jms.QueueReceiver;
import jakarta.jms.QueueSender;
import jakarta.jms.QueueSession;
import jakarta.jms.TemporaryTopic;
import jakarta.jms.Topic;
import jakarta.jms.TopicSubscriber;
import org.jspecify.annotations.Nullable;

/** A session for queues only (Jakarta Messaging 3.1, section 9.2, table 9-1). */
final class PgJmsQueueSession extends PgJmsSession implements QueueSession {

    PgJmsQueueSession(PgJmsConnection connection, int mode) throws JMSException {
        super(connection, mode);
    }

    @Override
    public QueueReceiver createReceiver(Queue queue) throws JMSException {
        return createReceiver(queue, null);
    }

    @Override
    public QueueReceiver createReceiver(Queue queue, @Nullable String selector) throws JMSException {
        checkOpen();
        PgJmsSubscription from = PgJmsSubscription.queue(PgJmsDestinations.ours(queue), selector);
        return delivering().add(new PgJmsQueueReceiver(this, from));
    }

    @Override
    public QueueSender createSender(@Nullable Queue queue) throws JMSException {
        return new PgJmsQueueSender(this, producerDestination(queue));
    }

    @Override
    public Topic createTopic(String name) throws JMSException {
        throw notForQueues();
    }

    @Override
    public TemporaryTopic createTemporaryTopic() throws JMSException {
        throw notForQueues();
    }

    @Override
    public TopicSubscriber createDurableSubscriber(Topic topic, String name, @Nullable String selector, boolean noLocal)
            throws JMSException {
        throw notForQueues();
    }

    @Override
    public MessageConsumer createSharedConsumer(Topic topic, String name, @Nullable String selector)
            throws JMSException {
        throw notForQueues();
    }

    @Override
    public MessageConsumer createSharedDurableConsumer(Topic topic, String name, @Nullable String selector)
            throws JMSException {
        throw notForQueues();
    }

    @Override
    public void unsubscribe(String name) throws JMSException {
        throw notForQueues();
    }

    private IllegalStateException notForQueues() throws JMSException {
        checkOpen();
        return new IllegalStateException("A QueueSession knows no topics: use a TopicSession or a Session");
    }
}
