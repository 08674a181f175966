// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import jakarta.jms.JMSException;
import jakarta.jms.TemporaryTopic;
import java.io.ObjectStreamException;

/** A topic that lives as long as the connection that made it (Jakarta Messaging 3.1, section 6.2.2). */
final class PgJmsTemporaryTopic extends PgJmsTopic implements TemporaryTopic {

    private static final long serialVersionUID = 1L;

    private final transient Deletion deletion;

    PgJmsTemporaryTopic(String name, Deletion deletion) {
        super(name);
        this.deletion = deletion;
    }

    @Override
    public void delete() throws JMSException {
        deletion.delete(this);
    }

    @Override
    Kind kind() {
        return Kind.TEMPORARY_TOPIC;
    }

    private Object readResolve() throws ObjectStreamException {
        return PgJmsDestination.of(kind(), name());
    }
}
