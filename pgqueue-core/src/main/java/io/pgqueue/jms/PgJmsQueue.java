// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import jakarta.jms.Queue;

/**
 * A queue by its name (Jakarta Messaging 3.1, section 4.1). It need not exist when this object is made. Immutable, safe for
 * use by several threads, serialisable.
 */
public sealed class PgJmsQueue extends PgJmsDestination implements Queue permits PgJmsTemporaryQueue {

    private static final long serialVersionUID = 1L;

    /** @throws IllegalArgumentException if the name is null or empty */
    public PgJmsQueue(String name) {
        super(name);
    }

    @Override
    public String getQueueName() {
        return name();
    }

    @Override
    Kind kind() {
        return Kind.QUEUE;
    }
}
