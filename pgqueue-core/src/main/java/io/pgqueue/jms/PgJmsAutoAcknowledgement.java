// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import io.pgqueue.Failure;
import io.pgqueue.PgQueueException;
import io.pgqueue.StaleDeliveryException;
import jakarta.jms.Session;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * AUTO_ACKNOWLEDGE: each message by itself, when {@code receive} returns it or {@code onMessage} has returned (section
 * 6.2.10).
 */
final class PgJmsAutoAcknowledgement extends PgJmsAcknowledgement {

    private final PgJmsRetry retry;
    private @Nullable PgJmsHeld current;

    PgJmsAutoAcknowledgement(PgJmsDesk desk, PgJmsRetry retry) {
        super(Session.AUTO_ACKNOWLEDGE, desk);
        this.retry = retry;
    }

    @Override
    boolean received(PgJmsHeld held) {
        try {
            desk().ack(List.of(held));
            return true;
        } catch (StaleDeliveryException e) {
            // After an ack without an answer it is gone because we acked it: to withhold it now would lose it.
            return held.isDoubtful();
        } catch (PgQueueException e) {
            if (PgJmsLink.isOutage(e)) {
                held.doubtful();
            }
            throw e;
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
        retry.untilAnswered(() -> {
            try {
                desk().ack(List.of(held));
            } catch (StaleDeliveryException e) {
                if (!held.isDoubtful()) {
                    desk().reportStale(held, e);
                }
            } catch (PgQueueException e) {
                held.doubtful();
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
    }
}
