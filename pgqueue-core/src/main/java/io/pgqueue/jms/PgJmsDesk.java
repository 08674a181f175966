// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import io.pgqueue.Delivery;
import io.pgqueue.Failure;
import io.pgqueue.NackResult;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.PgQueueException;
import io.pgqueue.StaleDeliveryException;
import io.pgqueue.client.AddressedMessage;
import io.pgqueue.client.PgQueue;
import jakarta.jms.JMSException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where the acknowledge modes of a session settle and send: in the caller's transaction when it is in one, and always apart
 * from it for what goes back.
 */
final class PgJmsDesk {

    private static final Logger LOG = LoggerFactory.getLogger(PgJmsDesk.class);

    private final PgJmsEngine engine;
    private final PgJmsLink link;
    private final PgJmsLeases leases;
    private final Runnable giveBackPrefetched;

    /** @param giveBackPrefetched gives back what all consumers of the session have fetched ahead */
    PgJmsDesk(PgJmsEngine engine, PgJmsLink link, PgJmsLeases leases, Runnable giveBackPrefetched) {
        this.engine = engine;
        this.link = link;
        this.leases = leases;
        this.giveBackPrefetched = giveBackPrefetched;
    }

    PgQueue queue() {
        return engine.queue();
    }

    PgQueue independentQueue() {
        return engine.independentQueue();
    }

    PgJmsLink link() {
        return link;
    }

    boolean inCallersTransaction() throws JMSException {
        return link.checked(engine::inCallersTransaction);
    }

    /** Throws {@link PgQueueException} where the other throws JMSException. */
    boolean joinsCaller() {
        return engine.inCallersTransaction();
    }

    /**
     * Publishes now, or with the caller's transaction. A message that is NON_PERSISTENT (section 7.7) and alone does not wait
     * for the disk.
     *
     * @throws JMSException if it was not published, or nobody knows
     */
    void publish(PgJmsSend send) throws JMSException {
        String destination = send.destination().name();
        OutgoingMessage message = send.message(System.nanoTime());
        link.run(() -> {
            if (send.persistent()) {
                queue().publish(destination, message);
            } else {
                queue().publishUnflushed(destination, message);
            }
        });
    }

    /**
     * Acks now, or with the caller's transaction; when that rolls back, they go back.
     *
     * @throws StaleDeliveryException if some were no longer ours; the others are acked
     * @throws PgQueueException as {@link PgQueue#ack}; apart from the caller's transaction they are still held then
     */
    void ack(List<PgJmsHeld> held) {
        boolean joined = engine.inCallersTransaction();
        leases.remove(held);
        try {
            queue().ack(deliveries(held));
        } catch (StaleDeliveryException e) {
            throw e;
        } catch (PgQueueException e) {
            // An extension would wait for a transaction of the caller, which has them locked.
            if (!joined || PgJmsLink.isOutage(e)) {
                leases.add(held);
            }
            throw e;
        }
        if (joined) {
            engine.afterRollback(() -> nack(held, PgJmsFailures.CALLER_ROLLED_BACK));
        }
    }

    /**
     * Acks and publishes in one transaction, which may be the caller's. One of its own that only sends, and only what is
     * NON_PERSISTENT (section 7.7), does not wait for the disk.
     */
    void exchange(List<PgJmsHeld> held, List<PgJmsSend> sends) {
        long now = System.nanoTime();
        List<AddressedMessage> messages = new ArrayList<>(sends.size());
        sends.forEach(s -> messages.add(new AddressedMessage(s.destination().name(), s.message(now))));
        if (held.isEmpty() && sends.stream().noneMatch(PgJmsSend::persistent)) {
            queue().publishUnflushed(messages);
            return;
        }
        boolean joined = engine.inCallersTransaction();
        leases.remove(held);
        queue().ackAndPublish(deliveries(held), messages);
        if (joined) {
            engine.afterRollback(() -> nack(held, PgJmsFailures.CALLER_ROLLED_BACK));
        }
    }

    /**
     * Back to their places, to be delivered again, before anything that was fetched behind them (section 6.2.10). If the
     * database does not answer the keeper tries it again for as long as the factory is in use, or else they come back when
     * their leases end.
     *
     * @return what became of them; empty if the database did not answer
     */
    Map<Delivery, NackResult> nack(Collection<PgJmsHeld> held, Failure failure) {
        if (held.isEmpty()) {
            return Map.of();
        }
        giveBackPrefetched.run();
        leases.remove(held);
        List<Delivery> deliveries = deliveries(held);
        try {
            return nackNow(deliveries, failure);
        } catch (RuntimeException e) {
            if (e instanceof PgQueueException known && link.failed(known)) {
                engine.keeper().whenAnswered(() -> nackNow(deliveries, failure));
            }
            LOG.warn("{} deliveries come back when their lease ends, or before: {}", held.size(), e.getMessage());
            return Map.of();
        }
    }

    private Map<Delivery, NackResult> nackNow(List<Delivery> deliveries, Failure failure) {
        return independentQueue().nack(deliveries, engine.redeliveryDelay(), failure);
    }

    /** Whoever holds it now will handle it too: nothing that a call of the application could be told. */
    void reportStale(PgJmsHeld held, @Nullable PgQueueException cause) {
        LOG.warn("{} was handled, but its lease was lost before it was acknowledged: it is delivered again", held);
        JMSException report =
                new JMSException(held + " was handled, but was no longer ours when it was acknowledged", "stale");
        link.report(cause == null ? report : PgJmsErrors.withCause(report, cause));
    }

    PgJmsLeases leases() {
        return leases;
    }

    private static List<Delivery> deliveries(Collection<PgJmsHeld> held) {
        List<Delivery> deliveries = new ArrayList<>(held.size());
        held.forEach(h -> deliveries.add(h.delivery()));
        return deliveries;
    }
}
