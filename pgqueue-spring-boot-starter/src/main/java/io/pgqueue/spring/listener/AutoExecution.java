// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import io.pgqueue.Delivery;
import io.pgqueue.StaleDeliveryException;
import io.pgqueue.client.AckBatcher;
import io.pgqueue.client.PgQueue;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Acks after the handler has returned, merged: {@link AckMode#AUTO}. A delivery stays held, and its lease renewed, until
 * its ack is committed: an ack that fails is tried again, because the work is done.
 */
final class AutoExecution implements HandlerExecution {

    private static final Logger LOG = LoggerFactory.getLogger(AutoExecution.class);

    private static final long RETRY_MS = 500;

    private final PgListenerEndpoint endpoint;
    private final DeliveryBuffer buffer;
    private final ScheduledExecutorService scheduler;
    private final AckBatcher acks;
    private final Set<Delivery> failed = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    AutoExecution(
            PgListenerEndpoint endpoint, PgQueue queue, DeliveryBuffer buffer, ScheduledExecutorService scheduler) {
        this.endpoint = endpoint;
        this.buffer = buffer;
        this.scheduler = scheduler;
        this.acks = queue.ackBatcher();
    }

    @Override
    public void execute(List<Delivery> unit, Settling call) {
        HandlerCall.call(endpoint.handler(), unit, call);
        acknowledge(call.unsettled());
    }

    @Override
    public boolean rollsBack() {
        return false;
    }

    @Override
    public void acknowledge(List<Delivery> done) {
        buffer.settling(done);
        done.forEach(this::ack);
    }

    @Override
    public boolean renewsRunning() {
        return true;
    }

    /** One more try for those whose ack failed: the database may be back. */
    @Override
    public void close() {
        closed = true;
        failed.forEach(this::again);
        acks.close();
    }

    private void ack(Delivery delivery) {
        acks.ack(delivery).whenComplete((nothing, error) -> acked(delivery, error));
    }

    private void acked(Delivery delivery, @Nullable Throwable error) {
        if (error == null) {
            buffer.settled(delivery);
        } else if (error instanceof StaleDeliveryException) {
            LOG.warn(
                    "The {} took longer than its lease for {}, which somebody else handles as well",
                    endpoint,
                    delivery);
            buffer.settled(delivery);
        } else if (closed || !tryLater(delivery, error)) {
            LOG.warn(
                    "The {} could not acknowledge {}, which will be delivered again: {}",
                    endpoint,
                    delivery,
                    error.getMessage());
            buffer.settled(delivery);
        }
    }

    /** False when nothing is scheduled any more. */
    private boolean tryLater(Delivery delivery, Throwable error) {
        if (failed.isEmpty()) {
            LOG.warn("The {} could not acknowledge and tries again until it can: {}", endpoint, error.getMessage());
        }
        failed.add(delivery);
        try {
            scheduler.schedule(() -> again(delivery), RETRY_MS, TimeUnit.MILLISECONDS);
            return true;
        } catch (RejectedExecutionException ended) {
            failed.remove(delivery);
            return false;
        }
    }

    private void again(Delivery delivery) {
        if (failed.remove(delivery)) {
            ack(delivery);
        }
    }
}
