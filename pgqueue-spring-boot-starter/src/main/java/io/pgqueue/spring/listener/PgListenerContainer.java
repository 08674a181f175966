// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import io.pgqueue.client.PgQueue;
import io.pgqueue.client.Receiver;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Listens to one queue or subscription; made by a {@link PgListenerContainerFactory}. Can be stopped and started again.
 * Safe for use by several threads.
 */
public final class PgListenerContainer {

    private static final Logger LOG = LoggerFactory.getLogger(PgListenerContainer.class);

    private final PgListenerEndpoint endpoint;
    private final ContainerOptions options;
    private final PgListenerContainerFactory factory;
    private final ReentrantLock lock = new ReentrantLock();
    private @Nullable ContainerRun run;

    PgListenerContainer(PgListenerEndpoint endpoint, ContainerOptions options, PgListenerContainerFactory factory) {
        this.endpoint = endpoint;
        this.options = options;
        this.factory = factory;
    }

    public String id() {
        return endpoint.id();
    }

    public PgListenerEndpoint endpoint() {
        return endpoint;
    }

    public ContainerOptions options() {
        return options;
    }

    public boolean isRunning() {
        lock.lock();
        try {
            return run != null;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Does nothing when it runs already.
     *
     * @throws io.pgqueue.NotFoundException if there is no such queue or subscription
     * @throws io.pgqueue.UnavailableException if the database cannot be reached
     */
    public void start() {
        lock.lock();
        try {
            if (run == null) {
                PgQueue queue = factory.queue();
                Receiver receiver = factory.receiver(endpoint, options);
                ContainerRun started =
                        new ContainerRun(endpoint, options, queue, receiver, factory.execution(endpoint, options));
                started.start(factory.virtualThreads(), factory.renewals());
                run = started;
                LOG.debug("The {} has started with {}", endpoint, options);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Stops and waits for the handlers, at most {@link ContainerOptions#shutdownTimeout()}. */
    public void stop() throws InterruptedException {
        ContainerRun stopped = take();
        if (stopped != null) {
            stopped.stop();
        }
    }

    /**
     * Stops leasing, gives back what no handler has seen, and lets running handlers end within the time to stop; those
     * that do not are interrupted. Returns at once.
     *
     * @param whenStopped runs when it has stopped, in another thread if there was something to stop
     */
    public void stop(Runnable whenStopped) {
        ContainerRun stopped = take();
        if (stopped == null) {
            whenStopped.run();
            return;
        }
        Thread thread = new Thread(() -> stop(stopped, whenStopped), "pgqueue-" + endpoint.id() + "-stop");
        thread.setDaemon(true);
        thread.start();
    }

    private static void stop(ContainerRun stopped, Runnable whenStopped) {
        try {
            stopped.stop();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            whenStopped.run();
        }
    }

    @Override
    public String toString() {
        return endpoint.toString();
    }

    private @Nullable ContainerRun take() {
        lock.lock();
        try {
            ContainerRun taken = run;
            run = null;
            return taken;
        } finally {
            lock.unlock();
        }
    }
}
