// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import io.pgqueue.ConflictException;
import io.pgqueue.NotFoundException;
import io.pgqueue.QueueSpec;
import io.pgqueue.TopicSpec;
import io.pgqueue.client.PgQueue;
import jakarta.jms.Destination;
import jakarta.jms.InvalidDestinationException;
import jakarta.jms.JMSException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Whether destinations are ours, and exist: looked up once for each connection. Safe for use by several threads. */
final class PgJmsDestinations {

    /** Temporary destinations come and go. */
    private static final int MOST_KNOWN = 1000;

    private final PgJmsEngine engine;
    private final PgJmsLink link;
    private final Set<PgJmsDestination> known = ConcurrentHashMap.newKeySet();

    PgJmsDestinations(PgJmsEngine engine, PgJmsLink link) {
        this.engine = engine;
        this.link = link;
    }

    /** @throws InvalidDestinationException if it is null or of another provider */
    static PgJmsDestination ours(@Nullable Destination destination) throws InvalidDestinationException {
        if (destination instanceof PgJmsDestination ours) {
            return ours;
        }
        throw new InvalidDestinationException(
                destination == null
                        ? "The destination is null, must be a queue or topic"
                        : "The destination is a " + destination.getClass().getName()
                                + ", must be one that a session of this provider made");
    }

    /**
     * For one to be sent to, or to be consumed from.
     *
     * @throws InvalidDestinationException if there is none, and none may be created, or it can only be browsed
     */
    void require(PgJmsDestination destination) throws JMSException {
        PgJmsDeadLetterQueue.refuse(destination);
        if (known.contains(destination)) {
            return;
        }
        link.run(() -> requireNow(destination));
        if (known.size() >= MOST_KNOWN) {
            known.clear();
        }
        known.add(destination);
    }

    void forget(PgJmsDestination destination) {
        known.remove(destination);
    }

    private void requireNow(PgJmsDestination destination) {
        try {
            exists(engine.queue(), destination);
        } catch (NotFoundException e) {
            if (!engine.settings().autoCreate() || destination.isTemporary()) {
                throw e;
            }
            create(engine.independentQueue(), destination);
        }
    }

    private static void exists(PgQueue queue, PgJmsDestination destination) {
        if (destination.isTopic()) {
            queue.requireTopic(destination.name());
        } else {
            queue.requireQueue(destination.name());
        }
    }

    private void create(PgQueue queue, PgJmsDestination destination) {
        try {
            if (destination.isTopic()) {
                queue.admin().createTopic(TopicSpec.of(destination.name()));
            } else {
                queue.admin().createQueue(QueueSpec.of(destination.name()).withSettings(engine.subscriptionSettings()));
            }
        } catch (ConflictException another) {
            // Somebody else was faster, or it is of the other kind.
            exists(queue, destination);
        }
    }
}
