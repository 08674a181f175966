// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import io.pgqueue.DeadLetterFilter;
import io.pgqueue.DeliveryState;
import io.pgqueue.client.BrowseOptions;
import jakarta.jms.IllegalStateException;
import jakarta.jms.JMSException;
import jakarta.jms.Queue;
import jakarta.jms.QueueBrowser;
import java.util.Enumeration;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Looks at a queue without taking anything from it (Jakarta Messaging 3.1, section 4.1.6): what is ready, and what consumers
 * hold but have not acknowledged; or at dead letters.
 */
final class PgJmsQueueBrowser implements QueueBrowser {

    private final PgJmsSession session;
    private final PgJmsDestination queue;
    private final PgJmsSubscription subscription;
    private final Function<BooleanSupplier, Enumeration<PgJmsMessage>> walk;
    private volatile boolean closed;

    /** @param walk a new walk, which is over when the supplier says that the browser is closed */
    private PgJmsQueueBrowser(
            PgJmsSession session,
            PgJmsDestination queue,
            @Nullable String selector,
            Function<BooleanSupplier, Enumeration<PgJmsMessage>> walk) {
        this.session = session;
        this.queue = queue;
        this.subscription = PgJmsSubscription.queue(queue, selector);
        this.walk = walk;
    }

    static PgJmsQueueBrowser of(PgJmsSession session, PgJmsDestination queue, @Nullable String selector)
            throws JMSException {
        PgJmsConnection connection = session.connection();
        BrowseOptions options = connection
                .link()
                .checked(() -> BrowseOptions.DEFAULT
                        .withStates(DeliveryState.READY, DeliveryState.LEASED)
                        .withSelector(selector)
                        .withBodies());
        return new PgJmsQueueBrowser(
                session, queue, selector, closed -> new PgJmsBrowsing(connection, queue, options, closed));
    }

    /** @throws jakarta.jms.InvalidDestinationException if there is no such subscription */
    static PgJmsQueueBrowser of(
            PgJmsSession session, PgJmsDestination queue, PgJmsDeadLetterQueue dead, @Nullable String selector)
            throws JMSException {
        PgJmsConnection connection = session.connection();
        DeadLetterFilter filter = DeadLetterFilter.ALL.withSelector(selector);
        // Finds out whether there is such a subscription, and whether the selector can be understood.
        connection
                .link()
                .call(() ->
                        dead.in(connection.engine().independentQueue().admin()).list(filter, 1, null));
        return new PgJmsQueueBrowser(
                session,
                queue,
                selector,
                closed -> new PgJmsDeadLetterBrowsing(connection, queue, dead, filter, closed));
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
        return walk.apply(this::isClosed);
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
