// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import io.pgqueue.Delivery;
import io.pgqueue.Failure;
import io.pgqueue.NackResult;
import io.pgqueue.PgQueueException;
import io.pgqueue.StaleDeliveryException;
import io.pgqueue.UnavailableException;
import io.pgqueue.client.PgQueue;
import io.pgqueue.spring.listener.HandlerExecution.NotStartedException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.util.backoff.BackOffExecution;
import org.springframework.util.backoff.ExponentialBackOff;

/** A worker: runs the handler for one delivery after the other, and settles those that failed. */
final class DeliveryProcessor implements Runnable {

    private static final Logger LOG = LoggerFactory.getLogger(DeliveryProcessor.class);

    /** Reason of dead letters that no handler could read. */
    static final String UNREADABLE = "UNREADABLE";

    private static final long FIRST_RETRY_MS = 100;
    private static final long LONGEST_RETRY_MS = 2_000;
    private static final long NOT_STARTED_PAUSE_MS = 500;

    private final PgListenerEndpoint endpoint;
    private final PgQueue queue;
    private final HandlerExecution execution;
    private final DeliveryBuffer buffer;

    DeliveryProcessor(PgListenerEndpoint endpoint, PgQueue queue, HandlerExecution execution, DeliveryBuffer buffer) {
        this.endpoint = endpoint;
        this.queue = queue;
        this.execution = execution;
        this.buffer = buffer;
    }

    @Override
    public void run() {
        try {
            for (HeldDelivery next = buffer.take(); next != null; next = buffer.take()) {
                try {
                    process(next.delivery);
                } finally {
                    buffer.done(next);
                }
            }
        } catch (InterruptedException e) {
            // Only stopping interrupts, and the thread ends here.
            Thread.currentThread().interrupt();
        }
    }

    private void process(Delivery delivery) throws InterruptedException {
        try {
            execution.execute(delivery);
        } catch (StaleDeliveryException e) {
            LOG.warn(
                    "The {} lost the lease of {} while handling it: its work is rolled back, somebody else does it",
                    endpoint,
                    delivery);
        } catch (NotStartedException e) {
            LOG.warn("The {} got no transaction for {}, which goes back: {}", endpoint, delivery, e.getMessage());
            settle(delivery, () -> queue.release(List.of(delivery)));
            buffer.pause(TimeUnit.MILLISECONDS.toNanos(NOT_STARTED_PAUSE_MS));
        } catch (HandlerFailure e) {
            failed(delivery, e.thrown());
        } catch (RuntimeException | Error e) {
            failed(delivery, e);
        }
    }

    private void failed(Delivery delivery, Throwable error) throws InterruptedException {
        Failure failure = Failure.of(error);
        if (error instanceof UnreadableDeliveryException) {
            LOG.warn("The {} cannot read {}, now a dead letter: {}", endpoint, delivery, error.getMessage());
            settle(delivery, () -> queue.deadLetter(delivery, UNREADABLE, failure));
        } else {
            LOG.warn("The {} failed to handle {}", endpoint, delivery, error);
            settle(delivery, () -> report(delivery, queue.nack(delivery, failure)));
        }
    }

    private void report(Delivery delivery, NackResult result) {
        switch (result.outcome()) {
            case RETRY -> LOG.debug("{} is delivered again at {}", delivery, result.availableAt());
            case DEAD -> LOG.warn("{} is now a dead letter: attempt {} was its last", delivery, delivery.attempts());
            case STALE -> LOG.debug("{} was no longer ours", delivery);
        }
    }

    /** While the database is away there is nothing else to do; when it is back, waiting for the lease to end is too slow. */
    private void settle(Delivery delivery, Runnable settlement) throws InterruptedException {
        ExponentialBackOff policy = new ExponentialBackOff(FIRST_RETRY_MS, 2);
        policy.setMaxInterval(LONGEST_RETRY_MS);
        BackOffExecution backOff = policy.start();
        while (true) {
            try {
                settlement.run();
                return;
            } catch (UnavailableException e) {
                if (buffer.pause(TimeUnit.MILLISECONDS.toNanos(backOff.nextBackOff()))) {
                    LOG.warn(
                            "{} could not be settled and comes back when its lease ends: {}", delivery, e.getMessage());
                    return;
                }
            } catch (PgQueueException e) {
                LOG.warn("{} could not be settled and comes back when its lease ends: {}", delivery, e.getMessage());
                return;
            }
        }
    }
}
