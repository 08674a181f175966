// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import jakarta.jms.ConnectionConsumer;
import jakarta.jms.JMSException;
import jakarta.jms.ServerSessionPool;
import jakarta.jms.Session;
import jakarta.jms.Topic;
import jakarta.jms.TopicConnection;
import jakarta.jms.TopicSession;

/** A connection for topics only (Jakarta Messaging 3.1, section 9.2, table 9-1). */
final class PgJmsTopicConnection extends PgJmsConnection implements TopicConnection {

    PgJmsTopicConnection(PgJmsEngine engine, Runnable closed) {
        super(engine, closed);
    }

    @Override
    public TopicSession createTopicSession(boolean transacted, int acknowledgeMode) throws JMSException {
        use();
        return open(newSession(transacted ? Session.SESSION_TRANSACTED : acknowledgedMode(acknowledgeMode)));
    }

    @Override
    PgJmsTopicSession newSession(int mode) throws JMSException {
        return new PgJmsTopicSession(this, mode);
    }

    @Override
    public ConnectionConsumer createConnectionConsumer(
            Topic topic, String selector, ServerSessionPool pool, int maxMessages) throws JMSException {
        throw notOffered();
    }
}
