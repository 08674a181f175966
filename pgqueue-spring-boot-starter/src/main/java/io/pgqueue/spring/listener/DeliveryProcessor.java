// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import io.pgqueue.Delivery;
import io.pgqueue.PgQueueException;
import io.pgqueue.StaleDeliveryException;
import io.pgqueue.client.PgQueue;
import io.pgqueue.spring.listener.HandlerExecution.NotStartedException;
import io.pgqueue.spring.listener.ProcessingObserver.Processing;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A worker: runs the handler for one unit of deliveries after the other. A unit is one delivery, those of a shared
 * transaction, or a batch; when it fails, this takes it apart.
 */
final class DeliveryProcessor implements Runnable {

    private static final Logger LOG = LoggerFactory.getLogger(DeliveryProcessor.class);

    /** A worker more than the fewest ends after this time without work. */
    private static final long LONGEST_IDLE_NS = TimeUnit.SECONDS.toNanos(10);

    private final PgListenerEndpoint endpoint;
    private final String consumer;
    private final PgQueue queue;
    private final HandlerExecution execution;
    private final FailureHandling failures;
    private final DeliveryBuffer buffer;
    private final ProcessingObserver observer;
    private final OutageBackOff backOff;

    DeliveryProcessor(
            PgListenerEndpoint endpoint,
            String consumer,
            PgQueue queue,
            HandlerExecution execution,
            FailureHandling failures,
            DeliveryBuffer buffer,
            ProcessingObserver observer) {
        this.endpoint = endpoint;
        this.consumer = consumer;
        this.queue = queue;
        this.execution = execution;
        this.failures = failures;
        this.buffer = buffer;
        this.observer = observer;
        this.backOff = new OutageBackOff(buffer);
    }

    @Override
    public void run() {
        try {
            for (List<HeldDelivery> unit = buffer.take(LONGEST_IDLE_NS);
                    !unit.isEmpty();
                    unit = buffer.take(LONGEST_IDLE_NS)) {
                try {
                    process(unit.stream().map(held -> held.delivery).toList());
                } catch (RuntimeException | Error e) {
                    LOG.error("The {} gives up on {} deliveries, which come back", failures.listener(), unit.size(), e);
                } finally {
                    buffer.done(unit);
                }
            }
        } catch (InterruptedException e) {
            // Only stopping interrupts, and the thread ends here.
            Thread.currentThread().interrupt();
        }
    }

    private void process(List<Delivery> unit) throws InterruptedException {
        DeliveryMdc mdc = DeliveryMdc.of(unit, consumer);
        Processing processing = observer.started(endpoint, unit);
        try {
            process(unit, processing);
        } finally {
            processing.ended();
            mdc.restore();
        }
    }

    private void process(List<Delivery> unit, Processing processing) throws InterruptedException {
        DeadLetters dead = new DeadLetters(failures::announce);
        try {
            execution.execute(unit, new Settling(unit, queue, failures.settler(), dead));
            backOff.reset();
            dead.announce();
            return;
        } catch (NotStartedException e) {
            LOG.warn("The {} could not start on {}, which goes back: {}", failures.listener(), unit, e.getMessage());
            processing.failed(e);
            failures.release(unit);
            backOff.pause();
        } catch (StaleDeliveryException e) {
            processing.failed(e);
            stale(unit, e);
        } catch (HandlerFailure e) {
            processing.failed(e.thrown());
            if (e.thrown() instanceof StaleDeliveryException stale) {
                stale(unit, stale);
            } else {
                failed(unit, e.thrown());
            }
        } catch (RuntimeException | Error e) {
            processing.failed(e);
            failed(unit, e);
        }
        if (!execution.rollsBack()) {
            dead.announce();
        }
    }

    /** What others have by now is theirs; the rest of a unit that was rolled back for it is ours and still to be done. */
    private void stale(List<Delivery> unit, StaleDeliveryException e) throws InterruptedException {
        List<Delivery> lost =
                unit.stream().filter(d -> e.deliveries().contains(d)).toList();
        if (lost.isEmpty()) {
            failed(unit, e);
            return;
        }
        LOG.warn(
                "The {} lost the lease of {} while handling it: {}",
                failures.listener(),
                lost,
                execution.rollsBack()
                        ? "its work is rolled back, somebody else does it"
                        : "somebody else handles it too");
        List<Delivery> rest = new ArrayList<>(unit);
        rest.removeAll(lost);
        if (rest.isEmpty()) {
            return;
        }
        if (execution.rollsBack()) {
            process(rest);
        } else {
            for (Delivery delivery : rest) {
                failures.failed(delivery, e);
            }
        }
    }

    private void failed(List<Delivery> unit, Throwable error) throws InterruptedException {
        if (error instanceof BatchFailedException batch && batch.index() >= 0 && batch.index() < unit.size()) {
            Throwable cause = batch.getCause() == null ? batch : batch.getCause();
            done(unit.subList(0, batch.index()));
            failures.failed(unit.get(batch.index()), cause);
            failures.release(unit.subList(batch.index() + 1, unit.size()));
        } else if (unit.size() == 1 || endpoint.handler() instanceof BatchHandler) {
            failures.failed(unit, error);
        } else {
            LOG.debug("The {} handles {} one by one, because of {}", endpoint, unit, error.toString());
            for (Delivery delivery : unit) {
                process(List.of(delivery));
            }
        }
    }

    /** Those before the entry of a batch that failed. */
    private void done(List<Delivery> before) throws InterruptedException {
        if (before.isEmpty()) {
            return;
        }
        if (execution.rollsBack()) {
            process(before);
            return;
        }
        try {
            execution.acknowledge(before);
        } catch (PgQueueException e) {
            LOG.warn("The {} could not acknowledge {}, which comes back: {}", endpoint, before, e.getMessage());
        }
    }
}
