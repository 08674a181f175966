// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import jakarta.jms.BytesMessage;
import jakarta.jms.ConnectionMetaData;
import jakarta.jms.Destination;
import jakarta.jms.ExceptionListener;
import jakarta.jms.JMSConsumer;
import jakarta.jms.JMSContext;
import jakarta.jms.JMSException;
import jakarta.jms.JMSProducer;
import jakarta.jms.MapMessage;
import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.ObjectMessage;
import jakarta.jms.Queue;
import jakarta.jms.QueueBrowser;
import jakarta.jms.StreamMessage;
import jakarta.jms.TemporaryQueue;
import jakarta.jms.TemporaryTopic;
import jakarta.jms.TextMessage;
import jakarta.jms.Topic;
import java.io.Serializable;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A connection and a session in one (Jakarta Messaging 3.1, sections 2.8, 6.1). Contexts made from a context share its
 * connection, which ends with the last of them. To be used by one thread at a time.
 */
final class PgJmsContext implements JMSContext {

    private final PgJmsConnection connection;
    private final AtomicInteger sharing;
    private final PgJmsSession session;
    private final AtomicBoolean closed = new AtomicBoolean();
    private boolean autoStart = true;

    /** The first context of a connection; the client id can still be set. */
    PgJmsContext(PgJmsConnection connection, int mode) throws JMSException {
        this(connection, new AtomicInteger(), mode);
    }

    private PgJmsContext(PgJmsConnection connection, AtomicInteger sharing, int mode) throws JMSException {
        this.connection = connection;
        this.sharing = sharing;
        this.session = connection.open(connection.newSession(mode));
        sharing.incrementAndGet();
    }

    @Override
    public JMSContext createContext(int mode) {
        return PgJmsUnchecked.get(() -> {
            session();
            return new PgJmsContext(connection, sharing, mode);
        });
    }

    /** From here on the client id cannot be set any more (section 6.1.2). */
    private PgJmsSession session() throws JMSException {
        session.checkOpen();
        connection.use();
        return session;
    }

    @Override
    public JMSProducer createProducer() {
        return PgJmsUnchecked.get(() -> new PgJmsProducer(session()));
    }

    @Override
    public @Nullable String getClientID() {
        return PgJmsUnchecked.find(connection::getClientID);
    }

    @Override
    public void setClientID(String clientId) {
        PgJmsUnchecked.run(() -> connection.setClientID(clientId));
    }

    @Override
    public ConnectionMetaData getMetaData() {
        return PgJmsUnchecked.get(connection::getMetaData);
    }

    @Override
    public @Nullable ExceptionListener getExceptionListener() {
        return PgJmsUnchecked.find(connection::getExceptionListener);
    }

    @Override
    public void setExceptionListener(@Nullable ExceptionListener listener) {
        PgJmsUnchecked.run(() -> connection.setExceptionListener(listener));
    }

    @Override
    public void start() {
        PgJmsUnchecked.run(() -> {
            session.checkOpen();
            connection.start();
        });
    }

    @Override
    public void stop() {
        PgJmsUnchecked.run(() -> {
            session.checkOpen();
            connection.stop();
        });
    }

    @Override
    public void setAutoStart(boolean autoStart) {
        PgJmsUnchecked.run(session::checkOpen);
        this.autoStart = autoStart;
    }

    @Override
    public boolean getAutoStart() {
        PgJmsUnchecked.run(session::checkOpen);
        return autoStart;
    }

    @Override
    public void close() {
        PgJmsUnchecked.run(() -> {
            if (!closed.get()) {
                session.checkCallback("close of the context");
                if (closed.compareAndSet(false, true)) {
                    PgJmsClosing both = new PgJmsClosing().then(session::close);
                    if (sharing.decrementAndGet() == 0) {
                        both.then(connection::close);
                    }
                    both.done();
                }
            }
        });
    }

    @Override
    public BytesMessage createBytesMessage() {
        return PgJmsUnchecked.get(() -> session().createBytesMessage());
    }

    @Override
    public MapMessage createMapMessage() {
        return PgJmsUnchecked.get(() -> session().createMapMessage());
    }

    @Override
    public Message createMessage() {
        return PgJmsUnchecked.get(() -> session().createMessage());
    }

    @Override
    public ObjectMessage createObjectMessage() {
        return PgJmsUnchecked.get(() -> session().createObjectMessage());
    }

    @Override
    public ObjectMessage createObjectMessage(@Nullable Serializable object) {
        return PgJmsUnchecked.get(() -> session().createObjectMessage(object));
    }

    @Override
    public StreamMessage createStreamMessage() {
        return PgJmsUnchecked.get(() -> session().createStreamMessage());
    }

    @Override
    public TextMessage createTextMessage() {
        return PgJmsUnchecked.get(() -> session().createTextMessage());
    }

    @Override
    public TextMessage createTextMessage(@Nullable String text) {
        return PgJmsUnchecked.get(() -> session().createTextMessage(text));
    }

    @Override
    public boolean getTransacted() {
        return PgJmsUnchecked.get(session::getTransacted);
    }

    @Override
    public int getSessionMode() {
        return PgJmsUnchecked.get(session::getAcknowledgeMode);
    }

    @Override
    public void commit() {
        PgJmsUnchecked.run(session::commit);
    }

    @Override
    public void rollback() {
        PgJmsUnchecked.run(session::rollback);
    }

    @Override
    public void recover() {
        PgJmsUnchecked.run(session::recover);
    }

    @Override
    public JMSConsumer createConsumer(Destination destination) {
        return consumer(s -> s.createConsumer(destination));
    }

    @Override
    public JMSConsumer createConsumer(Destination destination, @Nullable String selector) {
        return consumer(s -> s.createConsumer(destination, selector));
    }

    @Override
    public JMSConsumer createConsumer(Destination destination, @Nullable String selector, boolean noLocal) {
        return consumer(s -> s.createConsumer(destination, selector, noLocal));
    }

    @Override
    public Queue createQueue(String name) {
        return PgJmsUnchecked.get(() -> session().createQueue(name));
    }

    @Override
    public Topic createTopic(String name) {
        return PgJmsUnchecked.get(() -> session().createTopic(name));
    }

    @Override
    public JMSConsumer createDurableConsumer(Topic topic, String name) {
        return consumer(s -> s.createDurableConsumer(topic, name));
    }

    @Override
    public JMSConsumer createDurableConsumer(Topic topic, String name, @Nullable String selector, boolean noLocal) {
        return consumer(s -> s.createDurableConsumer(topic, name, selector, noLocal));
    }

    @Override
    public JMSConsumer createSharedDurableConsumer(Topic topic, String name) {
        return consumer(s -> s.createSharedDurableConsumer(topic, name));
    }

    @Override
    public JMSConsumer createSharedDurableConsumer(Topic topic, String name, @Nullable String selector) {
        return consumer(s -> s.createSharedDurableConsumer(topic, name, selector));
    }

    @Override
    public JMSConsumer createSharedConsumer(Topic topic, String name) {
        return consumer(s -> s.createSharedConsumer(topic, name));
    }

    @Override
    public JMSConsumer createSharedConsumer(Topic topic, String name, @Nullable String selector) {
        return consumer(s -> s.createSharedConsumer(topic, name, selector));
    }

    /** The first consumer starts the connection (section 8.4). */
    private JMSConsumer consumer(Creation creation) {
        return PgJmsUnchecked.get(() -> {
            PgJmsMessageConsumer consumer = (PgJmsMessageConsumer) creation.create(session());
            if (autoStart && !connection.isStarted()) {
                connection.start();
            }
            return new PgJmsConsumer(consumer);
        });
    }

    @Override
    public QueueBrowser createBrowser(Queue queue) {
        return createBrowser(queue, null);
    }

    /** Starts the connection as the first consumer does (section 8.4). */
    @Override
    public QueueBrowser createBrowser(Queue queue, @Nullable String selector) {
        return PgJmsUnchecked.get(() -> {
            QueueBrowser browser = session().createBrowser(queue, selector);
            if (autoStart && !connection.isStarted()) {
                connection.start();
            }
            return browser;
        });
    }

    @Override
    public TemporaryQueue createTemporaryQueue() {
        return PgJmsUnchecked.get(() -> session().createTemporaryQueue());
    }

    @Override
    public TemporaryTopic createTemporaryTopic() {
        return PgJmsUnchecked.get(() -> session().createTemporaryTopic());
    }

    @Override
    public void unsubscribe(String name) {
        PgJmsUnchecked.run(() -> session().unsubscribe(name));
    }

    /** Acknowledges all that the session has delivered; nothing unless its mode is CLIENT_ACKNOWLEDGE. */
    @Override
    public void acknowledge() {
        PgJmsUnchecked.run(() -> session().acknowledgeAll());
    }

    private interface Creation {
        MessageConsumer create(PgJmsSession session) throws JMSException;
    }
}
