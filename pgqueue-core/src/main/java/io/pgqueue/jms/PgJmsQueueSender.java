// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import jakarta.jms.Destination;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.Queue;
import jakarta.jms.QueueSender;
import org.jspecify.annotations.Nullable;

/** A producer in the words of queues (Jakarta Messaging 3.1, section 9.2). */
final class PgJmsQueueSender extends PgJmsMessageProducer implements QueueSender {

    PgJmsQueueSender(PgJmsSession session, @Nullable PgJmsDestination queue) {
        super(session, queue);
    }

    @Override
    public @Nullable Queue getQueue() throws JMSException {
        return (Queue) getDestination();
    }

    @Override
    public void send(Queue queue, Message message) throws JMSException {
        send((Destination) queue, message);
    }

    @Override
    public void send(Queue queue, Message message, int mode, int priority, long timeToLive) throws JMSException {
        send((Destination) queue, message, mode, priority, timeToLive);
    }
}
