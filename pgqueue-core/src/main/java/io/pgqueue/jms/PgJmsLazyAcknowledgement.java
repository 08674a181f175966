// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import io.pgqueue.Failure;
import io.pgqueue.StaleDeliveryException;
import io.pgqueue.client.AckBatcher;
import jakarta.jms.JMSException;
import jakarta.jms.Session;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** DUPS_OK_ACKNOWLEDGE: many acks in one transaction; a crash delivers the last ones again (section 6.2.10). */
final class PgJmsLazyAcknowledgement extends PgJmsAcknowledgement {

    private final AckBatcher batcher;
    private @Nullable PgJmsHeld current;

    PgJmsLazyAcknowledgement(PgJmsDesk desk) {
        super(Session.DUPS_OK_ACKNOWLEDGE, desk);
        this.batcher = desk.independentQueue().ackBatcher();
    }

    @Override
    boolean received(PgJmsHeld held) {
        try {
            acknowledge(held, desk().joinsCaller());
            return true;
        } catch (StaleDeliveryException e) {
            return false;
        }
    }

    @Override
    void listening(PgJmsHeld held) {
        current = held;
    }

    @Override
    void handled(PgJmsHeld held) {
        if (current != null) {
            current = null;
            acknowledge(held, false);
        }
    }

    @Override
    void failed(PgJmsHeld held, Throwable error) {
        if (current != null) {
            current = null;
            desk().nack(List.of(held), Failure.of(error));
        }
    }

    @Override
    void recover() throws JMSException {
        batcher.flush();
        PgJmsHeld handling = current;
        if (handling != null) {
            current = null;
            desk().nack(List.of(handling), PgJmsFailures.RECOVERED);
        }
    }

    @Override
    void close() {
        batcher.close();
    }

    private void acknowledge(PgJmsHeld held, boolean joined) {
        if (joined) {
            desk().ack(List.of(held));
            return;
        }
        batcher.ack(held.delivery()).whenComplete((done, failure) -> {
            desk().leases().remove(held);
            if (failure instanceof StaleDeliveryException stale) {
                desk().reportStale(held, stale);
            }
        });
    }
}
