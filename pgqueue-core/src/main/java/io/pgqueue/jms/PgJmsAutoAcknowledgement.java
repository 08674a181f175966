// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import io.pgqueue.Failure;
import io.pgqueue.PgQueueException;
import io.pgqueue.StaleDeliveryException;
import jakarta.jms.Session;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * AUTO_ACKNOWLEDGE: each message by itself, when {@code receive} returns it or {@code onMessage} has returned (section
 * 6.2.10).
 */
final class PgJmsAutoAcknowledgement extends PgJmsAcknowledgement {

    private final PgJmsRetry retry;
    /** Handed to the listener and not settled yet. */
    private @Nullable PgJmsHeld current;
    /** Returned by receive; whether it is acknowledged is not known, since the connection was lost. */
    private @Nullable PgJmsHeld unanswered;

    PgJmsAutoAcknowledgement(PgJmsDesk desk, PgJmsRetry retry) {
        super(Session.AUTO_ACKNOWLEDGE, desk);
        this.retry = retry;
    }

    @Override
    boolean received(PgJmsHeld held) {
        askAgain();
        boolean joined = desk().joinsCaller();
        try {
            desk().ack(List.of(held));
        } catch (StaleDeliveryException e) {
            return false;
        } catch (PgQueueException e) {
            if (joined || !desk().link().failed(e)) {
                throw e;
            }
            // If it is acknowledged, to withhold it now would lose it. If not, the next call does it.
            unanswered = held;
        }
        return true;
    }

    private void askAgain() {
        PgJmsHeld open = unanswered;
        if (open != null) {
            try {
                desk().ack(List.of(open));
            } catch (StaleDeliveryException acknowledgedBefore) {
                // Or its lease ended, and it comes again: which of both nobody can tell.
            }
            unanswered = null;
        }
    }

    @Override
    void listening(PgJmsHeld held) {
        current = held;
    }

    @Override
    void handled(PgJmsHeld held) {
        if (current == null) {
            return;
        }
        current = null;
        try {
            ackWhenAnswered(held);
        } catch (PgQueueException e) {
            // It comes again when its lease ends, which is soon enough for a message that was handled.
            desk().leases().remove(held);
            throw e;
        }
    }

    private void ackWhenAnswered(PgJmsHeld held) {
        AtomicBoolean asked = new AtomicBoolean();
        retry.untilAnswered(() -> {
            try {
                desk().ack(List.of(held));
            } catch (StaleDeliveryException e) {
                if (!asked.get()) {
                    desk().reportStale(held, e);
                }
            } catch (PgQueueException e) {
                asked.set(true);
                throw e;
            }
        });
    }

    @Override
    void failed(PgJmsHeld held, Throwable error) {
        if (current != null) {
            current = null;
            desk().nack(List.of(held), Failure.of(error));
        }
    }

    /** What {@code receive} returned is acknowledged already; in a listener the current message comes again. */
    @Override
    void recover() {
        PgJmsHeld handling = current;
        if (handling != null) {
            current = null;
            desk().nack(List.of(handling), PgJmsFailures.RECOVERED);
        }
    }

    @Override
    void close() {
        recover();
        try {
            askAgain();
        } catch (PgQueueException e) {
            PgJmsSession.LOG.warn("{} may come again, it was not acknowledged: {}", unanswered, e.getMessage());
        }
    }
}
