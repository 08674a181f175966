// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import jakarta.jms.JMSException;
import jakarta.jms.TemporaryQueue;
import java.io.ObjectStreamException;

/** A queue that lives as long as the connection that made it (Jakarta Messaging 3.1, section 6.2.2). */
final class PgJmsTemporaryQueue extends PgJmsQueue implements TemporaryQueue {

    private static final long serialVersionUID = 1L;

    private final transient Deletion deletion;

    PgJmsTemporaryQueue(String name, Deletion deletion) {
        super(name);
        this.deletion = deletion;
    }

    @Override
    public void delete() throws JMSException {
        deletion.delete(this);
    }

    @Override
    Kind kind() {
        return Kind.TEMPORARY_QUEUE;
    }

    private Object readResolve() throws ObjectStreamException {
        return PgJmsDestination.of(kind(), name());
    }
}
