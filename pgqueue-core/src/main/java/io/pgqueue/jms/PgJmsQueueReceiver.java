// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import jakarta.jms.JMSException;
import jakarta.jms.Queue;
import jakarta.jms.QueueReceiver;

/** A consumer in the words of queues (Jakarta Messaging 3.1, section 9.2). */
final class PgJmsQueueReceiver extends PgJmsMessageConsumer implements QueueReceiver {

    PgJmsQueueReceiver(PgJmsSession session, PgJmsSubscription queue) throws JMSException {
        super(session, queue);
    }

    @Override
    public Queue getQueue() throws JMSException {
        checkOpen();
        return (Queue) subscription().destination();
    }
}
