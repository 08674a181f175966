// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import io.pgqueue.PgQueueException;
import io.pgqueue.StaleDeliveryException;
import jakarta.jms.JMSException;
import jakarta.jms.Session;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * CLIENT_ACKNOWLEDGE: {@code acknowledge()} on any message acknowledges all that the session has delivered (section
 * 6.2.10).
 */
class PgJmsClientAcknowledgement extends PgJmsAcknowledgement {

    /** Synchronised: listeners hand messages to threads that acknowledge them, whatever section 2.14 says. */
    private final Set<PgJmsHeld> unacknowledged = Collections.synchronizedSet(new LinkedHashSet<>());

    PgJmsClientAcknowledgement(PgJmsDesk desk) {
        this(Session.CLIENT_ACKNOWLEDGE, desk);
    }

    PgJmsClientAcknowledgement(int mode, PgJmsDesk desk) {
        super(mode, desk);
    }

    @Override
    final boolean unreadCounts() {
        return true;
    }

    @Override
    final boolean received(PgJmsHeld held) {
        unacknowledged.add(held);
        return true;
    }

    @Override
    final void listening(PgJmsHeld held) {
        unacknowledged.add(held);
    }

    @Override
    final void handled(PgJmsHeld held) {}

    /** The next message is delivered; nothing is rolled back by itself (section 8.7). */
    @Override
    final void failed(PgJmsHeld held, Throwable error) {}

    @Override
    void acknowledge(PgJmsHeld held) throws JMSException {
        acknowledgeAll();
    }

    @Override
    final void acknowledgeAll() throws JMSException {
        acknowledge(new ArrayList<>(unacknowledged));
    }

    /** @throws JMSException if some were no longer ours, the others are acknowledged; or if the database did not answer */
    final void acknowledge(List<PgJmsHeld> held) throws JMSException {
        List<PgJmsHeld> open = held.stream().filter(unacknowledged::remove).toList();
        if (open.isEmpty()) {
            return;
        }
        try {
            desk().ack(open);
        } catch (StaleDeliveryException e) {
            throw PgJmsErrors.withCause(
                    new JMSException(
                            "Some of the acknowledged messages were no longer ours and are delivered again: "
                                    + e.getMessage(),
                            "stale"),
                    e);
        } catch (PgQueueException e) {
            desk().link().failed(e);
            // To be acknowledged again, or given back by recover or close.
            unacknowledged.addAll(open);
            throw PgJmsErrors.of(e);
        }
    }

    @Override
    final void recover() {
        desk().nack(takeAll(), PgJmsFailures.RECOVERED);
    }

    @Override
    final void close() {
        desk().nack(takeAll(), PgJmsFailures.CLOSED);
    }

    private List<PgJmsHeld> takeAll() {
        return new ArrayList<>(unacknowledged)
                .stream().filter(unacknowledged::remove).toList();
    }
}
