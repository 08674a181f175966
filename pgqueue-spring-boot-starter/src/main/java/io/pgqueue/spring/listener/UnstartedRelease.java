// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import io.pgqueue.PgQueueException;
import io.pgqueue.client.PgQueue;
import java.util.List;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives back what waits behind handlers that hang, without using an attempt: its leases would be renewed up to the longest
 * processing time while other JVMs have nothing to do.
 */
final class UnstartedRelease implements Runnable {

    private static final Logger LOG = LoggerFactory.getLogger(UnstartedRelease.class);

    private static final long PERIOD_NS = DeliveryBuffer.LONGEST_WAIT_NS / 2;

    private final PgListenerEndpoint endpoint;
    private final PgQueue queue;
    private final DeliveryBuffer buffer;
    private final Runnable endWait;
    private @Nullable ScheduledFuture<?> schedule;

    /** @param endWait ends a wait for deliveries that began when there was still room for them */
    UnstartedRelease(PgListenerEndpoint endpoint, PgQueue queue, DeliveryBuffer buffer, Runnable endWait) {
        this.endpoint = endpoint;
        this.queue = queue;
        this.buffer = buffer;
        this.endWait = endWait;
    }

    void start(ScheduledExecutorService scheduler) {
        schedule = scheduler.scheduleWithFixedDelay(this, PERIOD_NS, PERIOD_NS, TimeUnit.NANOSECONDS);
    }

    void stop() {
        if (schedule != null) {
            schedule.cancel(false);
        }
    }

    @Override
    public void run() {
        List<HeldDelivery> unstarted = buffer.giveBack();
        if (unstarted.isEmpty()) {
            return;
        }
        List<HeldDelivery> kept = unstarted;
        try {
            endWait.run();
            queue.release(unstarted.stream().map(held -> held.delivery).toList());
            kept = List.of();
            LOG.info("The {} has no free handler and gives {} deliveries back", endpoint, unstarted.size());
        } catch (PgQueueException e) {
            LOG.debug("The {} could not give {} deliveries back: {}", endpoint, unstarted.size(), e.getMessage());
        } catch (RuntimeException | Error e) {
            // Thrown on, it would silently end the schedule.
            LOG.error("The {} could not give {} deliveries back", endpoint, unstarted.size(), e);
        } finally {
            buffer.givenBack(kept);
        }
    }
}
