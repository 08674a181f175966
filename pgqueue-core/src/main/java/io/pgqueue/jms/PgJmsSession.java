// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import jakarta.jms.BytesMessage;
import jakarta.jms.CompletionListener;
import jakarta.jms.Destination;
import jakarta.jms.IllegalStateException;
import jakarta.jms.InvalidDestinationException;
import jakarta.jms.JMSException;
import jakarta.jms.MapMessage;
import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.MessageListener;
import jakarta.jms.MessageProducer;
import jakarta.jms.ObjectMessage;
import jakarta.jms.Queue;
import jakarta.jms.QueueBrowser;
import jakarta.jms.Session;
import jakarta.jms.StreamMessage;
import jakarta.jms.TemporaryQueue;
import jakarta.jms.TemporaryTopic;
import jakarta.jms.TextMessage;
import jakarta.jms.Topic;
import jakarta.jms.TopicSubscriber;
import java.io.Serializable;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A session (Jakarta Messaging 3.1, section 6.2): the calls of the API, handed on to what does the work. To be used by one
 * thread at a time, as section 2.14 says; {@link #close} may come from any.
 */
class PgJmsSession implements Session {

    static final Logger LOG = LoggerFactory.getLogger(PgJmsSession.class);

    private final PgJmsConnection connection;
    private final PgJmsDelivering delivering;
    private final PgJmsAcknowledgement acknowledgement;
    private final PgJmsAsyncSends asyncSends;
    private final PgJmsTemporary temporary;
    private final AtomicBoolean closed = new AtomicBoolean();

    /** @throws JMSException if there is no such mode */
    PgJmsSession(PgJmsConnection connection, int mode) throws JMSException {
        this.connection = connection;
        this.delivering = new PgJmsDelivering(connection);
        PgJmsDesk desk = new PgJmsDesk(
                connection.engine(), connection.link(), connection.leases(), delivering::giveBackPrefetched);
        this.acknowledgement = acknowledgement(mode, desk, new PgJmsRetry(connection.link(), closed::get));
        this.asyncSends =
                new PgJmsAsyncSends(connection.engine().independentQueue(), connection.link(), connection.name());
        this.temporary = new PgJmsTemporary(connection);
    }

    private static PgJmsAcknowledgement acknowledgement(int mode, PgJmsDesk desk, PgJmsRetry retry)
            throws JMSException {
        return switch (mode) {
            case AUTO_ACKNOWLEDGE -> new PgJmsAutoAcknowledgement(desk, retry);
            case CLIENT_ACKNOWLEDGE -> new PgJmsClientAcknowledgement(desk);
            case DUPS_OK_ACKNOWLEDGE -> new PgJmsLazyAcknowledgement(desk);
            case SESSION_TRANSACTED -> new PgJmsTransaction(desk);
            case PgJmsConnectionFactory.INDIVIDUAL_ACKNOWLEDGE -> new PgJmsIndividualAcknowledgement(desk);
            default ->
                throw new JMSException(
                        "Session mode is " + mode + ", must be AUTO_ACKNOWLEDGE (1), CLIENT_ACKNOWLEDGE (2), "
                                + "DUPS_OK_ACKNOWLEDGE (3), SESSION_TRANSACTED (0) or INDIVIDUAL_ACKNOWLEDGE ("
                                + PgJmsConnectionFactory.INDIVIDUAL_ACKNOWLEDGE + ")");
        };
    }

    final PgJmsConnection connection() {
        return connection;
    }

    final PgJmsDelivering delivering() {
        return delivering;
    }

    final PgJmsAcknowledgement acknowledgement() {
        return acknowledgement;
    }

    /** Sends, after what was sent asynchronously before (section 7.3.3). */
    final void send(
            PgJmsDestination to, Message message, PgJmsSendOptions options, @Nullable CompletionListener listener)
            throws JMSException {
        checkOpen();
        requireJoinable(to);
        connection.destinations().require(to);
        Set<String> origin =
                connection.link().checked(() -> connection.owner().client().origin());
        PgJmsSend send = connection.engine().codec().send(message, to, options);
        PgJmsSend marked = origin.isEmpty() ? send : send.from(origin);
        try {
            send(marked, message, listener);
        } catch (InvalidDestinationException e) {
            connection.destinations().forget(to);
            throw e;
        }
    }

    /**
     * Refuses what would stay when the caller's transaction rolls back. What a transacted session sends waits for its commit,
     * which comes after that transaction's when Spring makes it.
     */
    private void requireJoinable(PgJmsDestination to) throws JMSException {
        String why = acknowledgement.transacted() ? null : connection.link().checked(connection.engine()::whyNotJoined);
        if (why != null) {
            throw new IllegalStateException("Sending to '" + to.name() + "' " + why);
        }
    }

    private void send(PgJmsSend marked, Message message, @Nullable CompletionListener listener) throws JMSException {
        if (listener == null) {
            asyncSends.flush();
            acknowledgement.send(marked);
        } else if (acknowledgement.sendsLater()) {
            asyncSends.flush();
            acknowledgement.send(marked);
            asyncSends.sent(message, listener);
        } else {
            asyncSends.send(marked, message, listener);
        }
    }

    @Override
    public BytesMessage createBytesMessage() throws JMSException {
        checkOpen();
        return new PgJmsBytesMessage();
    }

    @Override
    public MapMessage createMapMessage() throws JMSException {
        checkOpen();
        return new PgJmsMapMessage();
    }

    @Override
    public Message createMessage() throws JMSException {
        checkOpen();
        return new PgJmsMessage();
    }

    @Override
    public ObjectMessage createObjectMessage() throws JMSException {
        checkOpen();
        return new PgJmsObjectMessage(null, connection.engine().serialization());
    }

    @Override
    public ObjectMessage createObjectMessage(@Nullable Serializable object) throws JMSException {
        ObjectMessage message = createObjectMessage();
        message.setObject(object);
        return message;
    }

    @Override
    public StreamMessage createStreamMessage() throws JMSException {
        checkOpen();
        return new PgJmsStreamMessage();
    }

    @Override
    public TextMessage createTextMessage() throws JMSException {
        return createTextMessage(null);
    }

    @Override
    public TextMessage createTextMessage(@Nullable String text) throws JMSException {
        checkOpen();
        return new PgJmsTextMessage(text);
    }

    @Override
    public boolean getTransacted() throws JMSException {
        checkOpen();
        return acknowledgement.transacted();
    }

    @Override
    public int getAcknowledgeMode() throws JMSException {
        checkOpen();
        return acknowledgement.mode();
    }

    @Override
    public void commit() throws JMSException {
        checkOpen();
        asyncSends.checkNotInCallback("commit");
        asyncSends.awaitDone();
        acknowledgement.commit();
    }

    @Override
    public void rollback() throws JMSException {
        checkOpen();
        asyncSends.checkNotInCallback("rollback");
        asyncSends.awaitDone();
        acknowledgement.rollback();
    }

    @Override
    public void recover() throws JMSException {
        checkOpen();
        acknowledgement.recover();
    }

    /** What {@code Message.acknowledge} does. */
    final void acknowledge(PgJmsHeld held) throws JMSException {
        checkOpen();
        acknowledgement.acknowledge(held);
    }

    /** What {@code JMSContext.acknowledge} does. */
    final void acknowledgeAll() throws JMSException {
        checkOpen();
        acknowledgement.acknowledgeAll();
    }

    @Override
    public void close() throws JMSException {
        checkCallback("close of the session");
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        new PgJmsClosing()
                .then(delivering::close)
                .then(asyncSends::close)
                .then(acknowledgement::close)
                .then(() -> connection.closed(this))
                .done();
    }

    final void awaitAsyncSends(String what) throws IllegalStateException {
        asyncSends.checkNotInCallback(what);
        asyncSends.awaitDone();
    }

    final void checkCallback(String what) throws IllegalStateException {
        checkNotInListener(what);
        asyncSends.checkNotInCallback(what);
    }

    final void checkNotInListener(String what) throws IllegalStateException {
        if (delivering.inListener()) {
            throw new IllegalStateException(what + " cannot be called by a MessageListener of its own session");
        }
    }

    final boolean isClosed() {
        return closed.get();
    }

    final void checkOpen() throws IllegalStateException {
        if (closed.get()) {
            throw new IllegalStateException("The session is closed");
        }
    }

    /** @throws JMSException always: that is for application servers (section 6.2.1) */
    @Override
    public @Nullable MessageListener getMessageListener() throws JMSException {
        checkOpen();
        return null;
    }

    /** @throws JMSException unless null: that is for application servers (section 6.2.1) */
    @Override
    public void setMessageListener(@Nullable MessageListener listener) throws JMSException {
        checkOpen();
        if (listener != null) {
            throw new JMSException(
                    "Listeners of a session, which are for application servers, are not offered: set it on a "
                            + "consumer");
        }
    }

    /** @throws UnsupportedOperationException always: that is for application servers */
    @Override
    public void run() {
        throw new UnsupportedOperationException("Running a session is for application servers, and is not offered");
    }

    @Override
    public MessageProducer createProducer(@Nullable Destination destination) throws JMSException {
        return new PgJmsMessageProducer(this, producerDestination(destination));
    }

    final @Nullable PgJmsDestination producerDestination(@Nullable Destination destination) throws JMSException {
        checkOpen();
        if (destination == null) {
            return null;
        }
        PgJmsDestination ours = PgJmsDestinations.ours(destination);
        connection.destinations().require(ours);
        return ours;
    }

    @Override
    public MessageConsumer createConsumer(Destination destination) throws JMSException {
        return createConsumer(destination, null, false);
    }

    @Override
    public MessageConsumer createConsumer(Destination destination, @Nullable String selector) throws JMSException {
        return createConsumer(destination, selector, false);
    }

    @Override
    public MessageConsumer createConsumer(Destination destination, @Nullable String selector, boolean noLocal)
            throws JMSException {
        checkOpen();
        PgJmsDestination ours = PgJmsDestinations.ours(destination);
        return delivering.add(new PgJmsMessageConsumer(
                this,
                ours.isTopic()
                        ? PgJmsSubscription.unshared(ours, selector, noLocal)
                        : PgJmsSubscription.queue(ours, selector)));
    }

    @Override
    public MessageConsumer createSharedConsumer(Topic topic, String name) throws JMSException {
        return createSharedConsumer(topic, name, null);
    }

    @Override
    public MessageConsumer createSharedConsumer(Topic topic, String name, @Nullable String selector)
            throws JMSException {
        checkOpen();
        return delivering.add(new PgJmsMessageConsumer(this, PgJmsSubscription.shared(topic, name, selector)));
    }

    @Override
    public Queue createQueue(String name) throws JMSException {
        checkOpen();
        return (Queue) temporary.named(true, name);
    }

    @Override
    public Topic createTopic(String name) throws JMSException {
        checkOpen();
        return (Topic) temporary.named(false, name);
    }

    @Override
    public TopicSubscriber createDurableSubscriber(Topic topic, String name) throws JMSException {
        return createDurableSubscriber(topic, name, null, false);
    }

    @Override
    public TopicSubscriber createDurableSubscriber(Topic topic, String name, @Nullable String selector, boolean noLocal)
            throws JMSException {
        checkOpen();
        return delivering.add(new PgJmsTopicSubscriber(
                this,
                PgJmsSubscription.durable(
                        topic, name, selector, noLocal, connection.owner().clientId())));
    }

    @Override
    public MessageConsumer createDurableConsumer(Topic topic, String name) throws JMSException {
        return createDurableSubscriber(topic, name, null, false);
    }

    @Override
    public MessageConsumer createDurableConsumer(Topic topic, String name, @Nullable String selector, boolean noLocal)
            throws JMSException {
        return createDurableSubscriber(topic, name, selector, noLocal);
    }

    @Override
    public MessageConsumer createSharedDurableConsumer(Topic topic, String name) throws JMSException {
        return createSharedDurableConsumer(topic, name, null);
    }

    @Override
    public MessageConsumer createSharedDurableConsumer(Topic topic, String name, @Nullable String selector)
            throws JMSException {
        checkOpen();
        return delivering.add(new PgJmsMessageConsumer(this, PgJmsSubscription.sharedDurable(topic, name, selector)));
    }

    @Override
    public QueueBrowser createBrowser(Queue queue) throws JMSException {
        return createBrowser(queue, null);
    }

    @Override
    public QueueBrowser createBrowser(Queue queue, @Nullable String selector) throws JMSException {
        checkOpen();
        PgJmsDestination ours = PgJmsDestinations.ours(queue);
        PgJmsDeadLetterQueue dead = PgJmsDeadLetterQueue.of(ours);
        if (dead != null) {
            return PgJmsQueueBrowser.of(this, ours, dead, selector);
        }
        connection.destinations().require(ours);
        return PgJmsQueueBrowser.of(this, ours, selector);
    }

    @Override
    public TemporaryQueue createTemporaryQueue() throws JMSException {
        checkOpen();
        return (TemporaryQueue) temporary.create(true);
    }

    @Override
    public TemporaryTopic createTemporaryTopic() throws JMSException {
        checkOpen();
        return (TemporaryTopic) temporary.create(false);
    }

    /** @throws IllegalStateException if it has a consumer, or messages that were received and not acknowledged */
    @Override
    public void unsubscribe(String name) throws JMSException {
        checkOpen();
        PgJmsSubscription.end(connection, name);
    }

    final void start() {
        delivering.start();
    }

    /** Nothing new is delivered; does not wait. */
    final void shut() {
        delivering.shut();
    }

    /** Waits for what is being delivered, and gives back what was fetched ahead. */
    final void stopped() {
        delivering.stopped();
    }

    final void giveBackUnused() {
        delivering.giveBackUnused();
    }

    final void reopenConsumers() {
        delivering.reopen();
    }

    @Override
    public String toString() {
        return getClass().getSimpleName() + "[" + acknowledgement.mode() + " of " + connection + "]";
    }
}
