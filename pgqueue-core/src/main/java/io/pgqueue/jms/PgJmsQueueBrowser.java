// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import io.pgqueue.DeliveryState;
import io.pgqueue.client.BrowseOptions;
import jakarta.jms.IllegalStateException;
import jakarta.jms.JMSException;
import jakarta.jms.Queue;
import jakarta.jms.QueueBrowser;
import java.util.Enumeration;
import org.jspecify.annotations.Nullable;

/**
 * Looks at a queue without taking anything from it (Jakarta Messaging 3.1, section 4.1.6): what is ready, and what consumers
 * hold but have not acknowledged.
 */
final class PgJmsQueueBrowser implements QueueBrowser {

    private final PgJmsSession session;
    private final PgJmsDestination queue;
    private final PgJmsSubscription subscription;
    private final BrowseOptions options;
    private volatile boolean closed;

    PgJmsQueueBrowser(PgJmsSession session, PgJmsDestination queue, @Nullable String selector) throws JMSException {
        this.session = session;
        this.queue = queue;
        this.subscription = PgJmsSubscription.queue(queue, selector);
        this.options = session.connection()
                .link()
                .checked(() -> BrowseOptions.DEFAULT
                        .withStates(DeliveryState.READY, DeliveryState.LEASED)
                        .withSelector(selector)
                        .withBodies());
    }

    @Override
    public Queue getQueue() throws JMSException {
        checkOpen();
        return (Queue) queue;
    }

    @Override
    public @Nullable String getMessageSelector() throws JMSException {
        checkOpen();
        return subscription.givenSelector();
    }

    /** Also on a connection that is stopped; sees what is sent until its end is reached. */
    @Override
    public Enumeration<PgJmsMessage> getEnumeration() throws JMSException {
        checkOpen();
        return new PgJmsBrowsing(session.connection(), queue, options, this::isClosed);
    }

    @Override
    public void close() {
        closed = true;
    }

    private boolean isClosed() {
        return closed || session.isClosed();
    }

    private void checkOpen() throws JMSException {
        if (closed) {
            throw new IllegalStateException("The browser is closed");
        }
        session.checkOpen();
    }
}
