// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import io.pgqueue.client.PgQueue;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Listens to one queue or subscription; made by a {@link PgListenerContainerFactory}. Can be stopped and started again,
 * paused and resumed. Safe for use by several threads.
 */
public final class PgListenerContainer {

    private static final Logger LOG = LoggerFactory.getLogger(PgListenerContainer.class);

    private final PgListenerEndpoint endpoint;
    private final ContainerOptions options;
    private final PgListenerContainerFactory factory;
    private final ContainerEvents events;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition ended = lock.newCondition();
    private final List<Runnable> whenEnded = new ArrayList<>();
    private @Nullable ContainerRun run;
    private boolean stopping;
    private boolean paused;

    PgListenerContainer(PgListenerEndpoint endpoint, ContainerOptions options, PgListenerContainerFactory factory) {
        this.endpoint = endpoint;
        this.options = options;
        this.factory = factory;
        this.events = new ContainerEvents(this, factory.events());
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

    /** Where it listens. */
    public PgQueue queue() {
        return factory.queue();
    }

    public boolean isRunning() {
        lock.lock();
        try {
            return run != null;
        } finally {
            lock.unlock();
        }
    }

    /** Also when it does not run. */
    public boolean isPaused() {
        lock.lock();
        try {
            return paused;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Does nothing when it runs already. Waits for a stop that is under way, so that there are never more handlers than its
     * concurrency.
     *
     * @throws io.pgqueue.NotFoundException if there is no such queue or subscription
     * @throws io.pgqueue.UnavailableException if the database cannot be reached
     */
    public void start() {
        lock.lock();
        try {
            while (stopping) {
                ended.awaitUninterruptibly();
            }
            if (run != null) {
                return;
            }
            ContainerRun started = new ContainerRun(endpoint, options, factory, events);
            if (paused) {
                started.pause();
            }
            started.start(factory);
            run = started;
            LOG.debug("The {} has started with {}", endpoint, options);
        } finally {
            lock.unlock();
        }
        events.started();
    }

    /**
     * Leases nothing until {@link #resume}; what no handler has seen goes back without using an attempt, and running
     * handlers go on. Holds in this JVM only, and over a stop and start; {@link io.pgqueue.client.PgQueueAdmin#pause} is for
     * all.
     */
    public void pause() {
        lock.lock();
        try {
            if (paused) {
                return;
            }
            paused = true;
            if (run != null) {
                run.pause();
            }
        } finally {
            lock.unlock();
        }
        events.paused();
    }

    public void resume() {
        lock.lock();
        try {
            if (!paused) {
                return;
            }
            paused = false;
            if (run != null) {
                run.resume();
            }
        } finally {
            lock.unlock();
        }
        events.resumed();
    }

    /** Stops and waits for the handlers, at most {@link ContainerOptions#shutdownTimeout()}. */
    public void stop() throws InterruptedException {
        ContainerRun stopped;
        lock.lockInterruptibly();
        try {
            while (stopping) {
                ended.await();
            }
            stopped = take();
        } finally {
            lock.unlock();
        }
        if (stopped != null) {
            end(stopped);
        }
    }

    /**
     * Stops leasing, gives back what no handler has seen, and lets running handlers end within the time to stop; those
     * that do not are interrupted. Returns at once.
     *
     * @param whenStopped runs when it has stopped, in another thread if there was something to stop
     */
    public void stop(Runnable whenStopped) {
        ContainerRun stopped;
        lock.lock();
        try {
            if (stopping) {
                whenEnded.add(whenStopped);
                return;
            }
            stopped = take();
            if (stopped != null) {
                whenEnded.add(whenStopped);
            }
        } finally {
            lock.unlock();
        }
        if (stopped == null) {
            whenStopped.run();
            return;
        }
        Thread thread = new Thread(() -> endQuietly(stopped), "pgqueue-" + endpoint.id() + "-stop");
        thread.setDaemon(true);
        thread.start();
    }

    private void endQuietly(ContainerRun stopped) {
        try {
            end(stopped);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void end(ContainerRun stopped) throws InterruptedException {
        try {
            stopped.stop();
        } catch (InterruptedException | RuntimeException e) {
            markEnded().forEach(Runnable::run);
            throw e;
        }
        List<Runnable> waiting = markEnded();
        // Who is told may start it again, and would wait for its own end if it were still stopping.
        events.stopped();
        waiting.forEach(Runnable::run);
    }

    private List<Runnable> markEnded() {
        lock.lock();
        try {
            stopping = false;
            ended.signalAll();
            List<Runnable> waiting = List.copyOf(whenEnded);
            whenEnded.clear();
            return waiting;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public String toString() {
        return endpoint.toString();
    }

    private @Nullable ContainerRun take() {
        ContainerRun taken = run;
        run = null;
        stopping = taken != null;
        return taken;
    }
}
