// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.context.SmartLifecycle;

/**
 * Owns the containers of an application: starts them when everything else has started, stops them before anything else
 * stops. Safe for use by several threads.
 */
public final class PgListenerEndpointRegistry implements SmartLifecycle, DisposableBean {

    private static final Logger LOG = LoggerFactory.getLogger(PgListenerEndpointRegistry.class);

    /** As the listeners of Kafka and Pulsar: before the web server stops taking requests. */
    private static final int PHASE = Integer.MAX_VALUE - 100;

    /** Polling and maintenance of the queue, and its notifications. */
    private static final int SHARED_CONNECTIONS = 2;

    private final @Nullable Integer poolSize;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<String, PgListenerContainer> containers = new LinkedHashMap<>();
    private volatile boolean running;

    /** @param poolSize most connections of the pool, null if unknown; a smaller one than containers need is warned of */
    public PgListenerEndpointRegistry(@Nullable Integer poolSize) {
        this.poolSize = poolSize;
    }

    /**
     * Makes a container and keeps it; starts it if the application is running already. One that cannot start then is not
     * kept.
     *
     * @throws IllegalStateException if there is one with this id
     */
    public PgListenerContainer registerListenerContainer(
            PgListenerEndpoint endpoint, PgListenerContainerFactory factory) {
        PgListenerContainer container = factory.createContainer(endpoint);
        lock.lock();
        try {
            PgListenerContainer other = containers.putIfAbsent(endpoint.id(), container);
            if (other != null) {
                throw new IllegalStateException("There are two listeners with id '" + endpoint.id() + "': the " + other
                        + " and the " + container + "; give one another id");
            }
        } finally {
            lock.unlock();
        }
        if (running && container.options().autoStartup()) {
            try {
                container.start();
            } catch (RuntimeException e) {
                unregisterListenerContainer(endpoint.id());
                throw e;
            }
        }
        return container;
    }

    /**
     * Forgets a container, so that its id is free and the application does not stop it any more; whoever does this stops it.
     * Null if there is none.
     */
    public @Nullable PgListenerContainer unregisterListenerContainer(String id) {
        lock.lock();
        try {
            return containers.remove(id);
        } finally {
            lock.unlock();
        }
    }

    /** Null if there is none. */
    public @Nullable PgListenerContainer getListenerContainer(String id) {
        lock.lock();
        try {
            return containers.get(id);
        } finally {
            lock.unlock();
        }
    }

    public Set<String> getListenerContainerIds() {
        lock.lock();
        try {
            return Set.copyOf(containers.keySet());
        } finally {
            lock.unlock();
        }
    }

    /** In the order of their registration. */
    public Collection<PgListenerContainer> getListenerContainers() {
        lock.lock();
        try {
            return List.copyOf(containers.values());
        } finally {
            lock.unlock();
        }
    }

    /** Pauses all, as {@link PgListenerContainer#pause}. */
    public void pause() {
        getListenerContainers().forEach(PgListenerContainer::pause);
    }

    /** Resumes all. */
    public void resume() {
        getListenerContainers().forEach(PgListenerContainer::resume);
    }

    @Override
    public int getPhase() {
        return PHASE;
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    /** Starts those that start by themselves; if one cannot, none runs. */
    @Override
    public void start() {
        running = true;
        List<PgListenerContainer> started = getListenerContainers().stream()
                .filter(container -> container.options().autoStartup())
                .toList();
        warnOfSmallPool(started);
        try {
            started.forEach(PgListenerContainer::start);
        } catch (RuntimeException e) {
            stop();
            throw e;
        }
    }

    @Override
    public void stop() {
        CountDownLatch stopped = new CountDownLatch(1);
        stop(stopped::countDown);
        try {
            stopped.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Stops all at the same time. */
    @Override
    public void stop(Runnable whenStopped) {
        running = false;
        List<PgListenerContainer> stopping = new ArrayList<>(getListenerContainers());
        if (stopping.isEmpty()) {
            whenStopped.run();
            return;
        }
        AtomicInteger left = new AtomicInteger(stopping.size());
        stopping.forEach(container -> container.stop(() -> {
            if (left.decrementAndGet() == 0) {
                whenStopped.run();
            }
        }));
    }

    /** For an application that never started: then nobody stops it either. */
    @Override
    public void destroy() {
        stop();
    }

    private void warnOfSmallPool(List<PgListenerContainer> started) {
        int needed = SHARED_CONNECTIONS
                + started.stream()
                        .mapToInt(container -> container.options().connections())
                        .sum();
        if (poolSize != null && !started.isEmpty() && poolSize < needed) {
            LOG.warn(
                    "The connection pool has {} connections, the {} listeners need up to {} (workers + 2 each, and {} "
                            + "shared): with too few, leases may end before they are renewed. Raise "
                            + "spring.datasource.hikari.maximum-pool-size or lower the concurrency of listeners",
                    poolSize,
                    started.size(),
                    needed,
                    SHARED_CONNECTIONS);
        }
    }
}
