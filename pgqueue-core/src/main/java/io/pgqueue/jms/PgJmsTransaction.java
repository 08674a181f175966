// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import io.pgqueue.Failure;
import io.pgqueue.NackResult;
import io.pgqueue.NackResult.Outcome;
import io.pgqueue.OutcomeUnknownException;
import io.pgqueue.PgQueueException;
import io.pgqueue.StaleDeliveryException;
import jakarta.jms.IllegalStateException;
import jakarta.jms.JMSException;
import jakarta.jms.Session;
import jakarta.jms.TransactionRolledBackException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * A transacted session (Jakarta Messaging 3.1, section 6.2.7): sends wait in memory, deliveries are leased, and
 * {@code commit} makes both one short database transaction. Inside a transaction of the caller on the same database
 * everything joins that one at once instead, and there is nothing left to commit.
 */
final class PgJmsTransaction extends PgJmsAcknowledgement {

    private final Set<PgJmsHeld> deliveries = new LinkedHashSet<>();
    private final List<PgJmsSend> sends = new ArrayList<>();
    private Failure lastFailure = PgJmsFailures.ROLLED_BACK;

    PgJmsTransaction(PgJmsDesk desk) {
        super(Session.SESSION_TRANSACTED, desk);
    }

    @Override
    boolean transacted() {
        return true;
    }

    @Override
    boolean unreadCounts() {
        return true;
    }

    @Override
    boolean sendsLater() {
        return true;
    }

    @Override
    void send(PgJmsSend send) throws JMSException {
        if (desk().inCallersTransaction()) {
            desk().publish(send);
        } else {
            sends.add(send);
        }
    }

    @Override
    boolean received(PgJmsHeld held) {
        try {
            if (desk().joinsCaller()) {
                desk().ack(List.of(held));
                return true;
            }
        } catch (StaleDeliveryException e) {
            return false;
        }
        deliveries.add(held);
        return true;
    }

    @Override
    void listening(PgJmsHeld held) {
        deliveries.add(held);
    }

    @Override
    void handled(PgJmsHeld held) {}

    /** The next message is delivered; nothing is rolled back by itself (section 8.7). */
    @Override
    void failed(PgJmsHeld held, Throwable error) {
        explain(error);
    }

    @Override
    void explain(Throwable error) {
        lastFailure = Failure.of(error);
    }

    @Override
    void recover() throws JMSException {
        throw new IllegalStateException("recover is not for transacted sessions: use rollback");
    }

    /**
     * @throws TransactionRolledBackException if it could not be committed: nothing was sent, what was received comes again
     * @throws JMSException with error code {@code outcome-unknown} if the connection was lost while committing, and linked
     *     to an {@link OutcomeUnknownException} that knows the ids
     */
    @Override
    void commit() throws JMSException {
        if (deliveries.isEmpty() && sends.isEmpty()) {
            return;
        }
        boolean joining = desk().inCallersTransaction();
        List<PgJmsHeld> held = new ArrayList<>(deliveries);
        List<PgJmsSend> messages = List.copyOf(sends);
        clear();
        try {
            desk().exchange(held, messages);
            desk().link().answered();
        } catch (OutcomeUnknownException e) {
            desk().link().failed(e);
            throw wasRolledBack(held) ? rolledBack(e) : PgJmsErrors.of(e);
        } catch (PgQueueException e) {
            desk().link().failed(e);
            if (joining) {
                // That transaction may have locked them until it ends: rollback gives them back then.
                deliveries.addAll(held);
                lastFailure = Failure.of(e);
            } else {
                desk().nack(held, Failure.of(e));
            }
            throw rolledBack(e);
        }
    }

    /** What can still be given back was not acknowledged, so the transaction that would have done it is not there. */
    private boolean wasRolledBack(List<PgJmsHeld> held) {
        return desk().nack(held, PgJmsFailures.ROLLED_BACK).values().stream()
                .map(NackResult::outcome)
                .anyMatch(outcome -> outcome != Outcome.STALE);
    }

    private static JMSException rolledBack(PgQueueException e) {
        return PgJmsErrors.withCause(
                new TransactionRolledBackException(
                        "The session's transaction was rolled back, nothing was sent, what was received comes again: "
                                + e.getMessage(),
                        e instanceof StaleDeliveryException ? "stale" : null),
                e);
    }

    @Override
    void rollback() {
        List<PgJmsHeld> held = new ArrayList<>(deliveries);
        Failure failure = lastFailure;
        clear();
        desk().nack(held, failure);
    }

    @Override
    void close() {
        rollback();
    }

    private void clear() {
        deliveries.clear();
        sends.clear();
        lastFailure = PgJmsFailures.ROLLED_BACK;
    }
}
