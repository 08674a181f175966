// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A consumer that counts: while it is open, an unshared subscription has no other, and one that is not durable exists.
 * Safe for use by several threads.
 */
public final class ActiveConsumer implements AutoCloseable {

    private final Client client;
    private final @Nullable UUID id;
    private final boolean noLocal;
    private final Receiver receiver;

    ActiveConsumer(Client client, @Nullable UUID id, boolean noLocal, Receiver receiver) {
        this.client = client;
        this.id = id;
        this.noLocal = noLocal;
        this.receiver = receiver;
    }

    /** Receives from it; waits end when the consumer or its client is closed or lost. */
    public Receiver receiver() {
        return receiver;
    }

    /**
     * Ends the consumer, and its subscription when that is not durable and this was the last one. What was received stays
     * leased: settle or release it before.
     */
    @Override
    public void close() {
        receiver.close();
        client.close(this);
    }

    /** Its row, null when it needs none: a queue takes any number of consumers. */
    @Nullable
    UUID id() {
        return id;
    }

    /** Leaves out what bears the mark of its client. */
    boolean noLocal() {
        return noLocal;
    }
}
