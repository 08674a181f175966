// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import jakarta.jms.ConnectionConsumer;
import jakarta.jms.IllegalStateException;
import jakarta.jms.JMSException;
import jakarta.jms.Queue;
import jakarta.jms.QueueConnection;
import jakarta.jms.QueueSession;
import jakarta.jms.ServerSessionPool;
import jakarta.jms.Session;
import jakarta.jms.Topic;

/** A connection for queues only (Jakarta Messaging 3.1, section 9.2, table 9-1). */
final class PgJmsQueueConnection extends PgJmsConnection implements QueueConnection {

    PgJmsQueueConnection(PgJmsEngine engine, Runnable closed) {
        super(engine, closed);
    }

    @Override
    public QueueSession createQueueSession(boolean transacted, int acknowledgeMode) throws JMSException {
        use();
        return open(newSession(transacted ? Session.SESSION_TRANSACTED : acknowledgedMode(acknowledgeMode)));
    }

    @Override
    PgJmsQueueSession newSession(int mode) throws JMSException {
        return new PgJmsQueueSession(this, mode);
    }

    @Override
    public ConnectionConsumer createConnectionConsumer(
            Queue queue, String selector, ServerSessionPool pool, int maxMessages) throws JMSException {
        throw notOffered();
    }

    @Override
    public ConnectionConsumer createDurableConnectionConsumer(
            Topic topic, String subscription, String selector, ServerSessionPool pool, int maxMessages)
            throws JMSException {
        throw notForQueues();
    }

    @Override
    public ConnectionConsumer createSharedConnectionConsumer(
            Topic topic, String subscription, String selector, ServerSessionPool pool, int maxMessages)
            throws JMSException {
        throw notForQueues();
    }

    @Override
    public ConnectionConsumer createSharedDurableConnectionConsumer(
            Topic topic, String subscription, String selector, ServerSessionPool pool, int maxMessages)
            throws JMSException {
        throw notForQueues();
    }

    private static IllegalStateException notForQueues() {
        return new IllegalStateException("A QueueConnection knows no topics: use a TopicConnection or a Connection");
    }
}
