// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import io.pgqueue.Delivery;
import io.pgqueue.PgQueueException;
import io.pgqueue.client.PgQueue;
import io.pgqueue.client.Receiver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.task.SimpleAsyncTaskExecutor;

/** The threads of a container between one start and one stop; wires them and ends them. */
final class ContainerRun {

    private static final Logger LOG = LoggerFactory.getLogger(ContainerRun.class);

    /** Part of the time to stop that is kept for those that were interrupted. */
    private static final int INTERRUPTED_PART = 10;

    private static final Duration LONGEST_INTERRUPTED = Duration.ofSeconds(2);

    private final PgListenerEndpoint endpoint;
    private final ContainerOptions options;
    private final PgQueue queue;
    private final Receiver receiver;
    private final HandlerExecution execution;
    private final DeliveryBuffer buffer;
    private final LeaseRenewer renewer;
    private final List<Future<?>> workers = new ArrayList<>();
    private @Nullable Thread poller;

    ContainerRun(
            PgListenerEndpoint endpoint,
            ContainerOptions options,
            PgQueue queue,
            Receiver receiver,
            HandlerExecution execution) {
        this.endpoint = endpoint;
        this.options = options;
        this.queue = queue;
        this.receiver = receiver;
        this.execution = execution;
        this.buffer = new DeliveryBuffer(options.concurrency(), options.batchSize(), System::nanoTime);
        this.renewer = new LeaseRenewer(
                endpoint,
                queue,
                buffer,
                receiver.leaseTime(),
                options.maxProcessingTime(),
                execution::renewsRunning,
                System::nanoTime);
    }

    /** The poller is no daemon, so an application that only listens stays; the workers are, so a hung one does not. */
    void start(boolean virtualThreads, ScheduledExecutorService renewals) {
        SimpleAsyncTaskExecutor executor = new SimpleAsyncTaskExecutor("pgqueue-" + endpoint.id() + "-");
        executor.setDaemon(true);
        executor.setVirtualThreads(virtualThreads);
        for (int i = 0; i < options.concurrency(); i++) {
            workers.add(executor.submit(new DeliveryProcessor(endpoint, queue, execution, buffer)));
        }
        poller = new Thread(
                new DeliveryPoller(endpoint, queue, receiver, buffer), "pgqueue-" + endpoint.id() + "-poller");
        poller.start();
        renewer.start(renewals);
    }

    /** Returns when the handlers have ended, at the latest after the time to stop. */
    void stop() throws InterruptedException {
        long end = System.nanoTime() + options.shutdownTimeout().toNanos();
        receiver.close();
        List<Delivery> unstarted = buffer.close();
        endPoller();
        release(unstarted);
        long interrupted =
                Math.min(options.shutdownTimeout().toNanos() / INTERRUPTED_PART, LONGEST_INTERRUPTED.toNanos());
        if (!buffer.awaitIdle(end - System.nanoTime() - interrupted)) {
            LOG.warn("The {} has handlers that do not end in time: they are interrupted", endpoint);
            workers.forEach(worker -> worker.cancel(true));
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
        if (poller != null) {
            poller.interrupt();
            poller.join(LONGEST_INTERRUPTED.toMillis());
        }
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
