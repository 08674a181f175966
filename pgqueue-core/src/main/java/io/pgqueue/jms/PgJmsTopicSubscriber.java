// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import jakarta.jms.JMSException;
import jakarta.jms.Topic;
import jakarta.jms.TopicSubscriber;

/** A consumer in the words of topics (Jakarta Messaging 3.1, section 9.2). */
final class PgJmsTopicSubscriber extends PgJmsMessageConsumer implements TopicSubscriber {

    PgJmsTopicSubscriber(PgJmsSession session, PgJmsSubscription subscription) throws JMSException {
        super(session, subscription);
    }

    @Override
    public Topic getTopic() throws JMSException {
        checkOpen();
        return (Topic) subscription().destination();
    }

    @Override
    public boolean getNoLocal() throws JMSException {
        checkOpen();
        return subscription().noLocal();
    }
}
