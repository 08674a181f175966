// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import io.pgqueue.ConflictException;
import io.pgqueue.InvalidNameException;
import io.pgqueue.PgQueueException;
import io.pgqueue.client.Client;
import io.pgqueue.client.PgQueue;
import jakarta.jms.InvalidClientIDException;
import jakarta.jms.JMSException;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * What a connection owns in the database: its client id, its consumers of topics, its temporary destinations. When the
 * database was away for so long that others may have taken them over, it starts anew. Safe for use by several threads.
 */
final class PgJmsOwner {

    private final PgQueue queue;
    private final PgJmsLink link;
    private final Runnable lost;
    private final ReentrantLock lock = new ReentrantLock();
    private Client client;
    private @Nullable String clientId;

    /** @param lost called when what it owned is gone */
    PgJmsOwner(PgQueue queue, PgJmsLink link, Runnable lost) {
        this.queue = queue;
        this.link = link;
        this.lost = lost;
        this.client = open();
    }

    /** @throws PgQueueException if a new one is needed and the database does not answer, or the client id is taken */
    Client client() {
        lock.lock();
        try {
            if (client.lost()) {
                Client next = open();
                if (clientId != null) {
                    next.claimClientId(clientId);
                }
                client = next;
            }
            return client;
        } finally {
            lock.unlock();
        }
    }

    @Nullable
    String clientId() {
        return clientId;
    }

    /** @throws InvalidClientIDException if it is not a name, or another live connection has it (section 6.1.2) */
    void clientId(String id) throws JMSException {
        try {
            client().claimClientId(id);
            clientId = id;
        } catch (ConflictException | InvalidNameException e) {
            throw PgJmsErrors.withCause(new InvalidClientIDException(e.getMessage()), e);
        } catch (PgQueueException e) {
            link.failed(e);
            throw PgJmsErrors.of(e);
        }
    }

    void close() {
        client.close();
    }

    private Client open() {
        Client opened = queue.client();
        opened.onLost(() -> {
            link.report(new JMSException(
                    "The database was away for so long that the client id, the temporary destinations and the subscriptions "
                            + "that are not durable were given up; consumers start anew",
                    "lost"));
            lost.run();
        });
        return opened;
    }
}
