// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import io.pgqueue.Delivery;
import io.pgqueue.Failure;
import io.pgqueue.NackResult;
import io.pgqueue.PgQueueException;
import io.pgqueue.UnavailableException;
import io.pgqueue.client.PgQueue;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What becomes of deliveries that failed or were not started. Safe for use by the workers of a container. */
final class FailureHandling {

    private static final Logger LOG = LoggerFactory.getLogger(FailureHandling.class);

    private final String listener;
    private final ContainerOptions options;
    private final PgQueue queue;
    private final Settler settler;
    private final DeliveryBuffer buffer;
    private final ContainerEvents events;

    /** @param consumer name of whoever holds what the listener handles */
    FailureHandling(
            PgListenerEndpoint endpoint,
            String consumer,
            ContainerOptions options,
            PgQueue queue,
            DeliveryBuffer buffer,
            ContainerEvents events) {
        this.listener = endpoint + " (consumer " + consumer + ")";
        this.options = options;
        this.queue = queue;
        this.settler = new Settler(queue, options);
        this.buffer = buffer;
        this.events = events;
    }

    /** The listener in the log, with its consumer: the name under which its leases and dead letters are found. */
    String listener() {
        return listener;
    }

    Settler settler() {
        return settler;
    }

    /** Settles each of those that failed together as the error handler says. */
    void failed(List<Delivery> unit, Throwable error) throws InterruptedException {
        boolean first = true;
        for (Delivery delivery : unit) {
            failed(delivery, error, first);
            first = false;
        }
    }

    /** Settles it as the error handler says. */
    void failed(Delivery delivery, Throwable error) throws InterruptedException {
        failed(delivery, error, true);
    }

    /** @param first whether the log does not have the stack of this error yet: once is enough for a batch of a thousand */
    private void failed(Delivery delivery, Throwable error, boolean first) throws InterruptedException {
        FailureDecision decision = decide(delivery, error);
        Failure failure = Failure.of(error);
        switch (decision.action()) {
            case RETRY -> {
                if (first) {
                    LOG.warn("The {} failed to handle {}", listener, delivery, error);
                } else {
                    LOG.warn("The {} failed to handle {} with it", listener, delivery);
                }
                settle(delivery, () -> given(delivery, settler.retry(delivery, decision.delay(), failure), error));
            }
            case RETRY_LATER -> {
                LOG.info("The {} handles {} later: {}", listener, delivery, error.toString());
                settle(delivery, () -> settler.retryLater(delivery, Objects.requireNonNull(decision.delay())));
            }
            case DEAD_LETTER -> {
                boolean unreadable = error instanceof UnreadableDeliveryException;
                LOG.warn(
                        "The {} makes {} a dead letter: {}",
                        listener,
                        delivery,
                        unreadable ? withoutContent(error) : error.toString());
                LOG.debug("Why", error);
                String reason = unreadable ? Settler.UNREADABLE : Settler.REJECTED;
                settle(delivery, () -> buried(delivery, settler.deadLetter(delivery, reason, failure), error));
            }
            case DROP -> {
                LOG.warn("The {} drops {}: {}", listener, delivery, error.toString());
                settle(delivery, () -> queue.ack(delivery));
            }
        }
    }

    /** Back without using an attempt. */
    void release(List<Delivery> unstarted) throws InterruptedException {
        if (!unstarted.isEmpty()) {
            settle(unstarted, () -> queue.release(unstarted));
        }
    }

    /** Tells of a dead letter that was committed. */
    void announce(Delivery delivery, @Nullable Throwable error) {
        DeadLetterHandler handler = options.deadLetterHandler();
        if (handler != null) {
            try {
                handler.handle(delivery, error);
            } catch (Exception | Error e) {
                LOG.error("The dead-letter handler of the {} failed on {}", listener, delivery, e);
            }
        }
        events.deadLettered(delivery, error);
    }

    private FailureDecision decide(Delivery delivery, Throwable error) {
        try {
            return options.errorHandler().handle(delivery, error);
        } catch (RuntimeException | Error e) {
            LOG.error("The error handler of the {} failed on {}, which is retried", listener, delivery, e);
            return FailureDecision.RETRY;
        }
    }

    /** What cannot read a body or a header quotes it, and neither belongs into a log that many people read. */
    private static String withoutContent(Throwable error) {
        StringBuilder causes = new StringBuilder();
        for (Throwable cause = error.getCause(); cause != null; cause = cause.getCause()) {
            causes.append(causes.isEmpty() ? " (" : ", ")
                    .append(cause.getClass().getSimpleName());
        }
        return "it does not fit the handler" + (causes.isEmpty() ? "" : causes + ")")
                + "; the failure of the dead letter has the reason, which may quote the message, and so has this logger at "
                + "DEBUG";
    }

    private void given(Delivery delivery, NackResult result, Throwable error) {
        switch (result.outcome()) {
            case RETRY -> LOG.debug("{} is delivered again at {}", delivery, result.availableAt());
            case DEAD -> {
                LOG.warn("{} is now a dead letter, after attempt {}", delivery, delivery.attempts());
                announce(delivery, error);
            }
            case STALE -> LOG.debug("{} was no longer ours", delivery);
        }
    }

    /** The log says already what becomes of it. */
    private void buried(Delivery delivery, NackResult result, Throwable error) {
        if (result.outcome() == NackResult.Outcome.DEAD) {
            announce(delivery, error);
        } else {
            LOG.debug("{} was no longer ours", delivery);
        }
    }

    /** While the database is away there is nothing else to do; when it is back, waiting for the lease to end is too slow. */
    private void settle(Object what, Runnable settlement) throws InterruptedException {
        OutageBackOff backOff = new OutageBackOff(buffer);
        while (true) {
            try {
                settlement.run();
                return;
            } catch (UnavailableException e) {
                if (backOff.pause()) {
                    LOG.warn("{} could not be settled and comes back when its lease ends: {}", what, e.getMessage());
                    return;
                }
            } catch (PgQueueException e) {
                LOG.warn("{} could not be settled and comes back when its lease ends: {}", what, e.getMessage());
                return;
            }
        }
    }
}
