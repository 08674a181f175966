// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import jakarta.jms.IllegalStateException;
import jakarta.jms.JMSException;

/**
 * What a session does with the messages that pass through it; one subclass for each way (Jakarta Messaging 3.1, sections
 * 6.2.7, 6.2.10). Called by one thread at a time.
 */
abstract class PgJmsAcknowledgement {

    private final int mode;
    private final PgJmsDesk desk;

    PgJmsAcknowledgement(int mode, PgJmsDesk desk) {
        this.mode = mode;
        this.desk = desk;
    }

    final int mode() {
        return mode;
    }

    final PgJmsDesk desk() {
        return desk;
    }

    boolean transacted() {
        return false;
    }

    /** Whether a message whose body could not be read as the type asked for counts as delivered (section 8.6). */
    boolean unreadCounts() {
        return false;
    }

    /**
     * {@code receive} is about to return it.
     *
     * @return false when it is no longer ours and must not be returned
     * @throws io.pgqueue.PgQueueException if the database did not answer; it is not returned then
     */
    abstract boolean received(PgJmsHeld held);

    /** {@code onMessage} is about to be called. */
    abstract void listening(PgJmsHeld held);

    /** {@code onMessage} returned. */
    abstract void handled(PgJmsHeld held);

    /** {@code onMessage} threw (section 8.7). */
    abstract void failed(PgJmsHeld held, Throwable error);

    /** Why the rollback that follows is made: kept with what becomes a dead letter by it. */
    void explain(Throwable error) {}

    /** {@code Message.acknowledge}: nothing, in most modes. */
    void acknowledge(PgJmsHeld held) throws JMSException {}

    /** {@code JMSContext.acknowledge}: nothing, in most modes. */
    void acknowledgeAll() throws JMSException {}

    abstract void recover() throws JMSException;

    void commit() throws JMSException {
        throw notTransacted("commit");
    }

    void rollback() throws JMSException {
        throw notTransacted("rollback");
    }

    /** Whether a send only takes effect with something that comes later. */
    boolean sendsLater() throws JMSException {
        return desk.inCallersTransaction();
    }

    void send(PgJmsSend send) throws JMSException {
        desk.publish(send);
    }

    /** Gives back what was delivered and is not acknowledged (sections 6.1.8, 6.2.15). */
    abstract void close();

    private static IllegalStateException notTransacted(String method) {
        return new IllegalStateException(method + " needs a transacted session: create it with SESSION_TRANSACTED");
    }
}
