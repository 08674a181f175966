// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import io.pgqueue.PgQueueException;
import io.pgqueue.client.ActiveConsumer;
import io.pgqueue.client.Receiver;
import jakarta.jms.IllegalStateException;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.MessageFormatException;
import jakarta.jms.MessageListener;
import jakarta.jms.StreamMessage;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** A consumer (Jakarta Messaging 3.1, sections 8.1 to 8.8). */
class PgJmsMessageConsumer implements MessageConsumer {

    private final PgJmsSession session;
    private final PgJmsSubscription subscription;
    private final PgJmsGate gate;
    private final PgJmsSource source;
    private final AtomicBoolean closed = new AtomicBoolean();
    private @Nullable ActiveConsumer opened;
    private volatile @Nullable MessageListener listener;
    private volatile PgJmsDeadline retryAt = PgJmsDeadline.NEVER;

    PgJmsMessageConsumer(PgJmsSession session, PgJmsSubscription subscription) throws JMSException {
        this.session = session;
        this.subscription = subscription;
        this.gate = session.delivering().gate();
        PgJmsConnection connection = session.connection();
        connection.use();
        connection.destinations().require(subscription.destination());
        this.source = connection
                .link()
                .call(() -> new PgJmsSource(
                        this::open,
                        connection.engine().independentQueue(),
                        connection.link(),
                        connection.leases(),
                        connection.engine().settings().prefetch(),
                        gate::signal));
    }

    private Receiver open() {
        ActiveConsumer consumer = subscription.open(session.connection());
        opened = consumer;
        return consumer.receiver();
    }

    final PgJmsSource source() {
        return source;
    }

    final PgJmsSubscription subscription() {
        return subscription;
    }

    @Override
    public @Nullable String getMessageSelector() throws JMSException {
        checkOpen();
        return subscription.givenSelector();
    }

    @Override
    public @Nullable MessageListener getMessageListener() throws JMSException {
        checkOpen();
        return listener;
    }

    @Override
    public void setMessageListener(@Nullable MessageListener listener) throws JMSException {
        checkOpen();
        this.listener = listener;
        if (listener == null) {
            session.delivering().dispatcher().remove(this);
            source.stopWaiting();
        } else {
            session.delivering().dispatcher().add(this);
        }
    }

    @Override
    public @Nullable Message receive() throws JMSException {
        return receive(PgJmsDeadline.NEVER, null);
    }

    /** @param timeout ms; 0 waits for ever, as the specification says, and less not at all */
    @Override
    public @Nullable Message receive(long timeout) throws JMSException {
        return timeout == 0 ? receive() : receive(PgJmsDeadline.inMillis(timeout), null);
    }

    @Override
    public @Nullable Message receiveNoWait() throws JMSException {
        return receive(PgJmsDeadline.inMillis(0), null);
    }

    /**
     * Waits for the next message; null when there is none in time, or the consumer is closed.
     *
     * @param body what the body must be readable as, null for a message of any kind
     * @throws MessageFormatException if the body is another; what that means for the message depends on the session's mode
     *     (section 8.6)
     * @throws JMSException if the database did not answer until the end of the time
     */
    final @Nullable Message receive(PgJmsDeadline deadline, @Nullable Class<?> body) throws JMSException {
        checkOpen();
        if (session.delivering().dispatcher().hasListeners()) {
            throw new IllegalStateException("receive is not for a session that has a MessageListener (section 6.2.5)");
        }
        PgQueueException outage = null;
        try {
            while (gate.enter(this, deadline)) {
                try {
                    PgJmsMessage message = take(body);
                    if (message != null) {
                        return message;
                    }
                    outage = null;
                    retryAt = PgJmsDeadline.NEVER;
                } catch (PgQueueException e) {
                    if (!session.connection().link().failed(e)) {
                        throw PgJmsErrors.of(e);
                    }
                    outage = e;
                    retryAt = PgJmsDeadline.inMillis(PgJmsRetry.PAUSE_MILLIS);
                } finally {
                    gate.leave();
                }
                if (closed.get() || deadline.isOver()) {
                    break;
                }
                gate.await(deadline.orEarlier(retryAt));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw PgJmsErrors.withCause(
                    new JMSException("The thread was interrupted while it waited for a message"), e);
        } finally {
            source.stopWaiting();
        }
        if (outage != null && !closed.get() && !gate.isClosed()) {
            throw PgJmsErrors.of(outage);
        }
        return null;
    }

    /** The next one that is still ours when it is handed over. */
    private @Nullable PgJmsMessage take(@Nullable Class<?> body) throws JMSException {
        PgJmsAcknowledgement acknowledgement = session.acknowledgement();
        for (PgJmsHeld held = next(); held != null; held = next()) {
            PgJmsMessage message = message(held);
            boolean readable = body == null || isReadable(message, body);
            if (!readable && !acknowledgement.unreadCounts()) {
                source.putBack(held);
                throw unreadable(message, body);
            }
            if (received(held)) {
                if (!readable) {
                    throw unreadable(message, body);
                }
                return message;
            }
        }
        return null;
    }

    private @Nullable PgJmsHeld next() {
        if (closed.get()) {
            return null;
        }
        return source.next();
    }

    private boolean received(PgJmsHeld held) {
        try {
            return session.acknowledgement().received(held);
        } catch (PgQueueException e) {
            source.putBack(held);
            throw e;
        }
    }

    private PgJmsMessage message(PgJmsHeld held) throws JMSException {
        PgJmsMessage message =
                session.connection().engine().codec().receive(held.delivery(), subscription.destination());
        message.onAcknowledge(() -> session.acknowledge(held));
        message.onFailure(failure -> session.acknowledgement().explain(failure));
        return message;
    }

    private static boolean isReadable(PgJmsMessage message, Class<?> body) throws JMSException {
        return !(message instanceof StreamMessage) && !message.hasNoBody() && message.isBodyAssignableTo(body);
    }

    private static MessageFormatException unreadable(PgJmsMessage message, @Nullable Class<?> body) {
        return new MessageFormatException("The body of " + message + " cannot be read as "
                + (body == null ? "nothing" : body.getTypeName()) + ", or there is none");
    }

    /** Calls the listener with the next message; false when there is none now. By the session's own thread. */
    final boolean deliver() {
        MessageListener called = listener;
        if (called == null || closed.get() || !retryAt.hasCome()) {
            return false;
        }
        try {
            PgJmsHeld held = next();
            retryAt = PgJmsDeadline.NEVER;
            if (held == null) {
                return false;
            }
            deliver(called, held);
            return true;
        } catch (RuntimeException | Error e) {
            // Whatever it is: the thread serves all consumers of the session, and nobody would start another one.
            notDelivered(e);
            retryAt = PgJmsDeadline.inMillis(PgJmsRetry.PAUSE_MILLIS);
            return false;
        }
    }

    private void notDelivered(Throwable failure) {
        PgJmsLink link = session.connection().link();
        if (failure instanceof PgQueueException e && link.failed(e)) {
            return;
        }
        PgJmsSession.LOG.warn("Receiving from {} failed and is tried again", subscription.destination(), failure);
        link.report(PgJmsErrors.ofAny("Receiving failed and is tried again", failure));
    }

    private void deliver(MessageListener called, PgJmsHeld held) {
        PgJmsAcknowledgement acknowledgement = session.acknowledgement();
        acknowledgement.listening(held);
        Throwable failure = call(called, held);
        if (failure == null) {
            acknowledgement.handled(held);
        } else {
            PgJmsSession.LOG.warn("A MessageListener failed with {}", held, failure);
            acknowledgement.failed(held, failure);
        }
    }

    /** What the listener threw: its fault, which must not end the delivery of other messages (section 8.7). */
    private @Nullable Throwable call(MessageListener called, PgJmsHeld held) {
        try {
            called.onMessage(message(held));
            return null;
        } catch (JMSException | RuntimeException | Error e) {
            return e;
        } finally {
            // The thread is ours: an interrupt that a listener leaves behind would end the next call of the database.
            Thread.interrupted();
        }
    }

    final PgJmsDeadline retryAt() {
        return retryAt;
    }

    /** Also allowed to its own listener, which then finishes normally (section 8.8). */
    @Override
    public void close() throws JMSException {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        gate.signal();
        gate.awaitQuiet(this);
        session.delivering().remove(this);
        end();
    }

    /** Gives back what was fetched ahead; what was handed over stays the session's. */
    final void end() {
        closed.set(true);
        source.close();
        ActiveConsumer consumer = opened;
        if (consumer != null) {
            try {
                consumer.close();
            } catch (RuntimeException e) {
                PgJmsSession.LOG.warn(
                        "A consumer of {} ends with its connection: {}", subscription.destination(), e.getMessage());
            }
        }
    }

    final void checkOpen() throws IllegalStateException {
        if (closed.get()) {
            throw new IllegalStateException("The consumer is closed");
        }
        session.checkOpen();
    }
}
