// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import io.pgqueue.Delivery;
import io.pgqueue.PgQueueException;
import io.pgqueue.client.PgQueue;
import io.pgqueue.client.Receiver;
import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The threads of a container between one start and one stop; wires them and ends them. */
final class ContainerRun {

    private static final Logger LOG = LoggerFactory.getLogger(ContainerRun.class);

    /** Part of the time to stop that is kept for those that were interrupted. */
    private static final int INTERRUPTED_PART = 10;

    private static final Duration LONGEST_INTERRUPTED = Duration.ofSeconds(2);

    private final PgListenerEndpoint endpoint;
    private final ContainerOptions options;
    private final PgQueue queue;
    private final DeliveryBuffer buffer;
    private final HandlerExecution execution;
    private final LeaseRenewer renewer;
    private final DeliveryPoller poller;
    private final Thread pollerThread;
    private final UnstartedRelease unstartedRelease;
    private final Workers workers;

    /** Opens the first receiver, which finds out whether there is anything to listen to. */
    ContainerRun(
            PgListenerEndpoint endpoint,
            ContainerOptions options,
            PgListenerContainerFactory factory,
            ContainerEvents events) {
        this.endpoint = endpoint;
        this.options = options;
        this.queue = factory.queue();
        Receiver first = factory.receiver(endpoint, options);
        this.buffer = new DeliveryBuffer(
                options.minConcurrency(),
                options.concurrency(),
                endpoint.handler() instanceof BatchHandler ? options.batchSize() : options.messagesPerTransaction(),
                options.batchSize(),
                System::nanoTime);
        this.execution = factory.execution(endpoint, options, buffer);
        Duration lease = first.leaseTime();
        this.renewer = new LeaseRenewer(
                endpoint,
                held -> queue.extend(held, lease),
                buffer,
                lease,
                options.maxProcessingTime(),
                execution::renewsRunning,
                System::nanoTime);
        FailureHandling failures = new FailureHandling(endpoint, first.consumer(), options, queue, buffer, events);
        this.workers = new Workers(
                "pgqueue-" + endpoint.id() + "-",
                factory.virtualThreads(),
                buffer,
                () -> new DeliveryProcessor(
                        endpoint, first.consumer(), queue, execution, failures, buffer, factory.observer()));
        this.poller = new DeliveryPoller(
                endpoint,
                queue,
                first,
                () -> factory.receiver(endpoint, options),
                buffer,
                workers::startMissing,
                new IdleWatch(options.idleEventInterval(), events, System::nanoTime),
                events);
        this.unstartedRelease = new UnstartedRelease(endpoint, queue, buffer, poller::endWait);
        this.pollerThread = new Thread(poller, "pgqueue-" + endpoint.id() + "-poller");
    }

    /** The poller is no daemon, so an application that only listens stays; the workers are, so a hung one does not. */
    void start(PgListenerContainerFactory factory) {
        workers.startMissing();
        pollerThread.start();
        renewer.start(factory.renewals());
        unstartedRelease.start(factory.renewals());
    }

    /** Nothing is leased until it goes on; what no handler has seen goes back. */
    void pause() {
        List<Delivery> unstarted = buffer.pause();
        poller.endWait();
        release(unstarted);
    }

    void resume() {
        buffer.resume();
    }

    /** Returns when the handlers have ended, at the latest after the time to stop. */
    void stop() throws InterruptedException {
        long end = System.nanoTime() + options.shutdownTimeout().toNanos();
        unstartedRelease.stop();
        List<Delivery> unstarted = buffer.close();
        poller.endWait();
        endPoller();
        release(unstarted);
        long interrupted =
                Math.min(options.shutdownTimeout().toNanos() / INTERRUPTED_PART, LONGEST_INTERRUPTED.toNanos());
        if (!buffer.awaitIdle(end - System.nanoTime() - interrupted)) {
            LOG.warn("The {} has handlers that do not end in time: they are interrupted", endpoint);
            workers.interrupt();
            if (!buffer.awaitIdle(interrupted)) {
                LOG.warn(
                        "The {} stops without handlers that ignored the interrupt; what they do is rolled back or "
                                + "delivered again",
                        endpoint);
            }
        }
        renewer.stop();
        execution.close();
    }

    /** It may just be leasing, and then has to give back what it got before the connections are taken away. */
    private void endPoller() throws InterruptedException {
        pollerThread.interrupt();
        pollerThread.join(LONGEST_INTERRUPTED.toMillis());
    }

    private void release(List<Delivery> unstarted) {
        try {
            queue.release(unstarted);
        } catch (PgQueueException e) {
            LOG.warn(
                    "The {} could not give back {} deliveries, which come back when their leases end: {}",
                    endpoint,
                    unstarted.size(),
                    e.getMessage());
        }
    }
}
