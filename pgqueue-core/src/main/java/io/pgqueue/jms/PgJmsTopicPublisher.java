// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.Topic;
import jakarta.jms.TopicPublisher;
import org.jspecify.annotations.Nullable;

/** A producer in the words of topics (Jakarta Messaging 3.1, section 9.2). */
final class PgJmsTopicPublisher extends PgJmsMessageProducer implements TopicPublisher {

    PgJmsTopicPublisher(PgJmsSession session, @Nullable PgJmsDestination topic) {
        super(session, topic);
    }

    @Override
    public @Nullable Topic getTopic() throws JMSException {
        return (Topic) getDestination();
    }

    @Override
    public void publish(Message message) throws JMSException {
        send(message);
    }

    @Override
    public void publish(Message message, int mode, int priority, long timeToLive) throws JMSException {
        send(message, mode, priority, timeToLive);
    }

    @Override
    public void publish(Topic topic, Message message) throws JMSException {
        send(topic, message);
    }

    @Override
    public void publish(Topic topic, Message message, int mode, int priority, long timeToLive) throws JMSException {
        send(topic, message, mode, priority, timeToLive);
    }
}
