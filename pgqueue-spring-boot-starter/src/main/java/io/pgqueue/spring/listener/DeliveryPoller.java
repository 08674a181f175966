// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import io.pgqueue.Delivery;
import io.pgqueue.client.PgQueue;
import io.pgqueue.client.Receiver;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.util.backoff.BackOffExecution;
import org.springframework.util.backoff.ExponentialBackOff;

/** The one thread of a container that leases: never more than the buffer has room for. */
final class DeliveryPoller implements Runnable {

    private static final Logger LOG = LoggerFactory.getLogger(DeliveryPoller.class);

    /** Wake-ups and the polling of the queue end the wait before; this is for those that got lost. */
    private static final Duration WAIT = Duration.ofSeconds(30);

    private static final long FIRST_RETRY_MS = 100;
    private static final long LONGEST_RETRY_MS = 2_000;

    private final PgListenerEndpoint endpoint;
    private final PgQueue queue;
    private final Receiver receiver;
    private final DeliveryBuffer buffer;

    DeliveryPoller(PgListenerEndpoint endpoint, PgQueue queue, Receiver receiver, DeliveryBuffer buffer) {
        this.endpoint = endpoint;
        this.queue = queue;
        this.receiver = receiver;
        this.buffer = buffer;
    }

    @Override
    public void run() {
        ExponentialBackOff policy = new ExponentialBackOff(FIRST_RETRY_MS, 2);
        policy.setMaxInterval(LONGEST_RETRY_MS);
        BackOffExecution backOff = policy.start();
        boolean failing = false;
        try {
            for (int room = buffer.awaitRoom(); room > 0; room = buffer.awaitRoom()) {
                try {
                    lease(room);
                    if (failing) {
                        LOG.info("The {} receives again", endpoint);
                        failing = false;
                        backOff = policy.start();
                    }
                } catch (RuntimeException e) {
                    if (!failing) {
                        LOG.warn("The {} could not receive and tries again until it can: {}", endpoint, e.getMessage());
                    }
                    failing = true;
                    buffer.pause(TimeUnit.MILLISECONDS.toNanos(backOff.nextBackOff()));
                }
            }
        } catch (InterruptedException e) {
            // Only stopping interrupts, and the thread ends here.
            Thread.currentThread().interrupt();
        }
    }

    private void lease(int room) throws InterruptedException {
        List<Delivery> deliveries = receiver.receive(room, WAIT);
        if (!deliveries.isEmpty() && !buffer.put(deliveries)) {
            // Stopping interrupted this thread, and an interrupted thread gets no connection.
            Thread.interrupted();
            queue.release(deliveries);
        }
    }
}
