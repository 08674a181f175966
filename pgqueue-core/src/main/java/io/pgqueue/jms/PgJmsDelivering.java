// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import jakarta.jms.IllegalStateException;
import jakarta.jms.JMSException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** The receiving half of a session: its consumers, its gate, and the thread of its listeners. */
final class PgJmsDelivering {

    private final PgJmsGate gate = new PgJmsGate(false);
    private final PgJmsDispatcher dispatcher;
    private final List<PgJmsMessageConsumer> consumers = new CopyOnWriteArrayList<>();

    PgJmsDelivering(PgJmsConnection connection) {
        this.dispatcher = new PgJmsDispatcher(gate, connection.name());
    }

    PgJmsGate gate() {
        return gate;
    }

    PgJmsDispatcher dispatcher() {
        return dispatcher;
    }

    <C extends PgJmsMessageConsumer> C add(C consumer) throws JMSException {
        consumers.add(consumer);
        if (gate.isClosed()) {
            consumer.end();
            throw new IllegalStateException("The session is closed");
        }
        return consumer;
    }

    void remove(PgJmsMessageConsumer consumer) {
        consumers.remove(consumer);
        dispatcher.remove(consumer);
    }

    /** Whether the caller is a listener of this session. */
    boolean inListener() {
        return dispatcher.isCurrentThread();
    }

    void start() {
        gate.start();
    }

    void shut() {
        gate.stop();
    }

    void stopped() {
        gate.awaitQuiet(null);
        giveBackPrefetched();
    }

    /** Waits for what is being delivered; a blocked receive returns null. */
    void close() {
        gate.close();
        gate.awaitQuiet(null);
        dispatcher.awaitEnd();
        consumers.forEach(PgJmsMessageConsumer::end);
    }

    void giveBackPrefetched() {
        consumers.forEach(c -> c.source().giveBack());
    }

    void giveBackUnused() {
        consumers.forEach(c -> c.source().giveBackUnused());
    }

    void reopen() {
        consumers.forEach(c -> c.source().reopen());
    }
}
