// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import jakarta.jms.CompletionListener;
import jakarta.jms.Destination;
import jakarta.jms.IllegalStateException;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageFormatException;
import jakarta.jms.MessageProducer;
import org.jspecify.annotations.Nullable;

/** A producer, with a destination of its own or without (Jakarta Messaging 3.1, sections 7.1 to 7.9). */
class PgJmsMessageProducer implements MessageProducer {

    private final PgJmsSession session;
    private final @Nullable PgJmsDestination destination;
    private PgJmsSendOptions options = PgJmsSendOptions.DEFAULT;
    private volatile boolean closed;

    /** @param destination null for a producer that is told with each send */
    PgJmsMessageProducer(PgJmsSession session, @Nullable PgJmsDestination destination) {
        this.session = session;
        this.destination = destination;
    }

    @Override
    public void setDisableMessageID(boolean value) throws JMSException {
        checkOpen();
        options = options.withDisableMessageId(value);
    }

    @Override
    public boolean getDisableMessageID() throws JMSException {
        checkOpen();
        return options.disableMessageId();
    }

    @Override
    public void setDisableMessageTimestamp(boolean value) throws JMSException {
        checkOpen();
        options = options.withDisableTimestamp(value);
    }

    @Override
    public boolean getDisableMessageTimestamp() throws JMSException {
        checkOpen();
        return options.disableTimestamp();
    }

    @Override
    public void setDeliveryMode(int mode) throws JMSException {
        checkOpen();
        options = options.withDeliveryMode(mode);
    }

    @Override
    public int getDeliveryMode() throws JMSException {
        checkOpen();
        return options.deliveryMode();
    }

    @Override
    public void setPriority(int priority) throws JMSException {
        checkOpen();
        options = options.withPriority(priority);
    }

    @Override
    public int getPriority() throws JMSException {
        checkOpen();
        return options.priority();
    }

    @Override
    public void setTimeToLive(long millis) throws JMSException {
        checkOpen();
        options = options.withTimeToLive(millis);
    }

    @Override
    public long getTimeToLive() throws JMSException {
        checkOpen();
        return options.timeToLive();
    }

    @Override
    public void setDeliveryDelay(long millis) throws JMSException {
        checkOpen();
        options = options.withDeliveryDelay(millis);
    }

    @Override
    public long getDeliveryDelay() throws JMSException {
        checkOpen();
        return options.deliveryDelay();
    }

    @Override
    public @Nullable Destination getDestination() throws JMSException {
        checkOpen();
        return destination;
    }

    /** Waits for the asynchronous sends of the session and their callbacks (section 7.3.4). */
    @Override
    public void close() throws JMSException {
        if (closed) {
            return;
        }
        session.awaitAsyncSends("close of the producer");
        closed = true;
    }

    @Override
    public void send(Message message) throws JMSException {
        send(own(), message, options, null);
    }

    @Override
    public void send(Message message, int mode, int priority, long timeToLive) throws JMSException {
        send(own(), message, options(mode, priority, timeToLive), null);
    }

    @Override
    public void send(Destination to, Message message) throws JMSException {
        send(given(to), message, options, null);
    }

    @Override
    public void send(Destination to, Message message, int mode, int priority, long timeToLive) throws JMSException {
        send(given(to), message, options(mode, priority, timeToLive), null);
    }

    @Override
    public void send(Message message, CompletionListener listener) throws JMSException {
        send(own(), message, options, checked(listener));
    }

    @Override
    public void send(Message message, int mode, int priority, long timeToLive, CompletionListener listener)
            throws JMSException {
        send(own(), message, options(mode, priority, timeToLive), checked(listener));
    }

    @Override
    public void send(Destination to, Message message, CompletionListener listener) throws JMSException {
        send(given(to), message, options, checked(listener));
    }

    @Override
    public void send(
            Destination to, Message message, int mode, int priority, long timeToLive, CompletionListener listener)
            throws JMSException {
        send(given(to), message, options(mode, priority, timeToLive), checked(listener));
    }

    private void send(
            PgJmsDestination to,
            @Nullable Message message,
            PgJmsSendOptions with,
            @Nullable CompletionListener listener)
            throws JMSException {
        if (message == null) {
            throw new MessageFormatException("The message is null, must be given");
        }
        session.send(to, message, with, listener);
    }

    private PgJmsSendOptions options(int mode, int priority, long timeToLive) throws JMSException {
        return options.withDeliveryMode(mode).withPriority(priority).withTimeToLive(timeToLive);
    }

    /** @throws UnsupportedOperationException if there is none (section 7.2) */
    private PgJmsDestination own() throws JMSException {
        checkOpen();
        if (destination == null) {
            throw new UnsupportedOperationException(
                    "The producer was made without a destination: name one with each send");
        }
        return destination;
    }

    /** @throws UnsupportedOperationException if the producer has one of its own (section 7.2) */
    private PgJmsDestination given(@Nullable Destination to) throws JMSException {
        checkOpen();
        if (destination != null) {
            throw new UnsupportedOperationException("The producer was made for the " + destination
                    + ": send without a destination, or make a producer without one");
        }
        return PgJmsDestinations.ours(to);
    }

    private static CompletionListener checked(@Nullable CompletionListener listener) {
        if (listener == null) {
            throw new IllegalArgumentException("The CompletionListener is null: send without one, or give one");
        }
        return listener;
    }

    final void checkOpen() throws IllegalStateException {
        if (closed) {
            throw new IllegalStateException("The producer is closed");
        }
        session.checkOpen();
    }
}
