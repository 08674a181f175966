// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import jakarta.jms.Connection;
import jakarta.jms.ConnectionConsumer;
import jakarta.jms.ConnectionMetaData;
import jakarta.jms.Destination;
import jakarta.jms.ExceptionListener;
import jakarta.jms.IllegalStateException;
import jakarta.jms.InvalidClientIDException;
import jakarta.jms.JMSException;
import jakarta.jms.ServerSessionPool;
import jakarta.jms.Session;
import jakarta.jms.Topic;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A connection (Jakarta Messaging 3.1, section 6.1). It is a unit of starting, stopping and owning, not a socket: it holds
 * no database connection. Safe for use by several threads.
 */
class PgJmsConnection implements Connection {

    private static final AtomicLong NUMBERS = new AtomicLong();

    private final PgJmsEngine engine;
    private final Runnable closed;
    private final String name = Long.toString(NUMBERS.incrementAndGet());
    private final PgJmsLink link = new PgJmsLink(name);
    private final PgJmsLeases leases;
    private final PgJmsOwner owner;
    private final PgJmsDestinations destinations;
    private final Set<PgJmsSession> sessions = ConcurrentHashMap.newKeySet();
    private final AtomicBoolean closing = new AtomicBoolean();
    private final ReentrantLock state = new ReentrantLock();
    private volatile boolean started;
    private volatile boolean used;
    private boolean clientIdSet;

    /** @param closed called once, when the connection is closed */
    PgJmsConnection(PgJmsEngine engine, Runnable closed) {
        this.engine = engine;
        this.closed = closed;
        this.leases = new PgJmsLeases(engine.independentQueue());
        this.owner = new PgJmsOwner(engine.independentQueue(), link, this::reopenConsumers);
        this.destinations = new PgJmsDestinations(engine, link);
        engine.keeper().add(this);
    }

    final PgJmsEngine engine() {
        return engine;
    }

    final PgJmsLink link() {
        return link;
    }

    final PgJmsLeases leases() {
        return leases;
    }

    final PgJmsOwner owner() {
        return owner;
    }

    final PgJmsDestinations destinations() {
        return destinations;
    }

    /** In the names of threads. */
    final String name() {
        return name;
    }

    /** Set administratively: the application can set no other (section 6.1.2). */
    final void configuredClientId(String id) throws JMSException {
        owner.clientId(id);
        clientIdSet = true;
    }

    @Override
    public Session createSession(boolean transacted, int acknowledgeMode) throws JMSException {
        return createSession(transacted ? Session.SESSION_TRANSACTED : acknowledgedMode(acknowledgeMode));
    }

    /** A session that is not transacted cannot have the mode of one that is. */
    static int acknowledgedMode(int mode) throws JMSException {
        if (mode == Session.SESSION_TRANSACTED) {
            throw new JMSException(
                    "acknowledgeMode is SESSION_TRANSACTED but transacted is false: use another mode, or true");
        }
        return mode;
    }

    @Override
    public Session createSession(int mode) throws JMSException {
        use();
        return open(newSession(mode));
    }

    PgJmsSession newSession(int mode) throws JMSException {
        return new PgJmsSession(this, mode);
    }

    @Override
    public Session createSession() throws JMSException {
        return createSession(Session.AUTO_ACKNOWLEDGE);
    }

    /** Starts it when the connection is, and closes it with the connection. */
    final <S extends PgJmsSession> S open(S session) throws JMSException {
        state.lock();
        try {
            checkOpen();
            sessions.add(session);
            if (started) {
                session.start();
            }
            return session;
        } finally {
            state.unlock();
        }
    }

    final void closed(PgJmsSession session) {
        sessions.remove(session);
    }

    @Override
    public @Nullable String getClientID() throws JMSException {
        checkOpen();
        return owner.clientId();
    }

    /**
     * @throws IllegalStateException if the connection was used before, or has a client id
     * @throws InvalidClientIDException if it is null, empty, not a name, or another live connection's
     */
    @Override
    public void setClientID(String clientId) throws JMSException {
        checkOpen();
        if (used || clientIdSet) {
            throw new IllegalStateException(
                    clientIdSet
                            ? "The connection has the client id '" + owner.clientId() + "' already"
                            : "The client id must be set before anything else is done with the connection");
        }
        if (clientId == null || clientId.isEmpty()) {
            throw new InvalidClientIDException("The client id is null or empty, must be given");
        }
        owner.clientId(clientId);
        clientIdSet = true;
    }

    @Override
    public ConnectionMetaData getMetaData() throws JMSException {
        checkOpen();
        return PgJmsConnectionMetaData.INSTANCE;
    }

    @Override
    public @Nullable ExceptionListener getExceptionListener() throws JMSException {
        checkOpen();
        return link.listener();
    }

    @Override
    public void setExceptionListener(@Nullable ExceptionListener listener) throws JMSException {
        use();
        link.listener(listener);
    }

    /** Asks the database for an answer, so that a check of health which only starts a connection means something. */
    @Override
    public void start() throws JMSException {
        use();
        link.run(engine::ping);
        state.lock();
        try {
            checkOpen();
            started = true;
            sessions.forEach(PgJmsSession::start);
        } finally {
            state.unlock();
        }
    }

    @Override
    public void stop() throws JMSException {
        checkOpen();
        if (link.isExceptionListenerThread()) {
            throw new IllegalStateException(
                    "stop cannot be called by the ExceptionListener: use close, or another thread");
        }
        checkNotInListener("stop");
        state.lock();
        try {
            started = false;
            sessions.forEach(PgJmsSession::shut);
        } finally {
            state.unlock();
        }
        sessions.forEach(PgJmsSession::stopped);
    }

    @Override
    public void close() throws JMSException {
        for (PgJmsSession session : sessions) {
            session.checkCallback("close of the connection");
        }
        if (!closing.compareAndSet(false, true)) {
            return;
        }
        state.lock();
        try {
            started = false;
            sessions.forEach(PgJmsSession::shut);
        } finally {
            state.unlock();
        }
        PgJmsClosing all = new PgJmsClosing();
        sessions.forEach(session -> all.then(session::close));
        all.then(() -> engine.keeper().remove(this))
                .then(this::giveUpOwned)
                .then(link::close)
                .then(closed::run)
                .done();
    }

    private void giveUpOwned() {
        try {
            owner.close();
        } catch (RuntimeException e) {
            PgJmsSession.LOG.warn("What a connection owned is given up when its lease ends: {}", e.getMessage());
        }
    }

    private void checkNotInListener(String what) throws JMSException {
        for (PgJmsSession session : sessions) {
            session.checkNotInListener(what);
        }
    }

    /** @throws IllegalStateException always: that is for application servers */
    @Override
    public ConnectionConsumer createConnectionConsumer(
            Destination destination, String selector, ServerSessionPool pool, int maxMessages) throws JMSException {
        throw notOffered();
    }

    @Override
    public ConnectionConsumer createSharedConnectionConsumer(
            Topic topic, String subscription, String selector, ServerSessionPool pool, int maxMessages)
            throws JMSException {
        throw notOffered();
    }

    @Override
    public ConnectionConsumer createDurableConnectionConsumer(
            Topic topic, String subscription, String selector, ServerSessionPool pool, int maxMessages)
            throws JMSException {
        throw notOffered();
    }

    @Override
    public ConnectionConsumer createSharedDurableConnectionConsumer(
            Topic topic, String subscription, String selector, ServerSessionPool pool, int maxMessages)
            throws JMSException {
        throw notOffered();
    }

    final JMSException notOffered() throws JMSException {
        checkOpen();
        return new JMSException(
                "Connection consumers, which are for application servers, are not offered (section 6.1.9): use "
                        + "consumers with a MessageListener");
    }

    /** Any use but that which may come before the client id is set. */
    final void use() throws JMSException {
        checkOpen();
        used = true;
    }

    final void checkOpen() throws IllegalStateException {
        if (closing.get()) {
            throw new IllegalStateException("The connection is closed");
        }
    }

    final boolean isStarted() {
        return started;
    }

    /** Called every now and then by the keeper. */
    final void keep() {
        sessions.forEach(PgJmsSession::giveBackUnused);
        leases.renew();
    }

    private void reopenConsumers() {
        sessions.forEach(PgJmsSession::reopenConsumers);
    }

    @Override
    public String toString() {
        return "PgJmsConnection[" + name + (owner.clientId() == null ? "" : ", " + owner.clientId()) + "]";
    }
}
