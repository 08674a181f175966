// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import jakarta.jms.Topic;

/**
 * A topic by its name (Jakarta Messaging 3.1, section 4.2). It need not exist when this object is made. Immutable, safe for
 * use by several threads, serialisable.
 */
public sealed class PgJmsTopic extends PgJmsDestination implements Topic permits PgJmsTemporaryTopic {

    private static final long serialVersionUID = 1L;

    /** @throws IllegalArgumentException if the name is null or empty */
    public PgJmsTopic(String name) {
        super(name);
    }

    @Override
    public String getTopicName() {
        return name();
    }

    @Override
    Kind kind() {
        return Kind.TOPIC;
    }
}
