// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import io.pgqueue.Delivery;
import io.pgqueue.client.PgQueue;
import io.pgqueue.client.Receiver;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The one thread of a container that leases: never more than the buffer has room for. */
final class DeliveryPoller implements Runnable {

    private static final Logger LOG = LoggerFactory.getLogger(DeliveryPoller.class);

    /** Wake-ups and the polling of the queue end the wait before; this is for those that got lost. */
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(30);

    private final PgListenerEndpoint endpoint;
    private final PgQueue queue;
    private final Supplier<Receiver> receivers;
    private final DeliveryBuffer buffer;
    private final Runnable filled;
    private final IdleWatch idle;
    private final ContainerEvents events;
    private final ReentrantLock lock = new ReentrantLock();
    private @Nullable Receiver receiver;

    /**
     * @param first the receiver to begin with
     * @param receivers opens another one after a pause
     * @param filled called when deliveries have come in
     */
    DeliveryPoller(
            PgListenerEndpoint endpoint,
            PgQueue queue,
            Receiver first,
            Supplier<Receiver> receivers,
            DeliveryBuffer buffer,
            Runnable filled,
            IdleWatch idle,
            ContainerEvents events) {
        this.endpoint = endpoint;
        this.queue = queue;
        this.receiver = first;
        this.receivers = receivers;
        this.buffer = buffer;
        this.filled = filled;
        this.idle = idle;
        this.events = events;
    }

    @Override
    public void run() {
        OutageBackOff backOff = new OutageBackOff(buffer);
        boolean failing = false;
        try {
            for (int room = buffer.awaitRoom(); room > 0; room = buffer.awaitRoom()) {
                try {
                    lease(room);
                    if (failing) {
                        LOG.info("The {} receives again", endpoint);
                        events.recovered();
                        failing = false;
                        backOff.reset();
                    }
                } catch (RuntimeException | Error e) {
                    // Without this thread the container would look alive and receive nothing.
                    if (!failing) {
                        LOG.warn("The {} could not receive and tries again until it can: {}", endpoint, e.getMessage());
                        events.unavailable(e);
                    }
                    failing = true;
                    backOff.pause();
                }
            }
        } catch (InterruptedException e) {
            // Only stopping interrupts, and the thread ends here.
            Thread.currentThread().interrupt();
        }
    }

    /** Ends the wait for deliveries that is under way. */
    void endWait() {
        lock.lock();
        try {
            if (receiver != null) {
                receiver.close();
                receiver = null;
            }
        } finally {
            lock.unlock();
        }
    }

    private void lease(int room) throws InterruptedException {
        List<Delivery> deliveries = receiver().receive(room, idle.limit(LONGEST_WAIT));
        if (deliveries.isEmpty()) {
            idle.nothing();
            return;
        }
        idle.something();
        if (buffer.put(deliveries)) {
            filled.run();
        } else {
            // Stopping interrupts this thread, and an interrupted thread gets no connection.
            Thread.interrupted();
            queue.release(deliveries);
        }
    }

    private Receiver receiver() {
        lock.lock();
        try {
            if (receiver == null) {
                receiver = receivers.get();
            }
            return receiver;
        } finally {
            lock.unlock();
        }
    }
}
