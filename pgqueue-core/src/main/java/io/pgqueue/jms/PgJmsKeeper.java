// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import io.pgqueue.PgQueueException;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One thread for all connections of a factory: extends leases, gives back what was fetched ahead and not used, or could not
 * be given back before, and asks now and then whether the database is there, for connections that want to be told. Runs while there are connections.
 */
final class PgJmsKeeper {

    private static final Logger LOG = LoggerFactory.getLogger(PgJmsKeeper.class);

    /** The shortest lease is a second, and is extended at a third of it. */
    private static final long TICK_MILLIS = 250;

    private static final int TICKS_PER_PING = 8;

    private final Runnable ping;
    private final Set<PgJmsConnection> connections = ConcurrentHashMap.newKeySet();
    private final Queue<Runnable> unanswered = new ConcurrentLinkedQueue<>();
    private @Nullable ScheduledExecutorService thread;
    private int ticks;

    /** @param ping throws {@link PgQueueException} when the database does not answer */
    PgJmsKeeper(Runnable ping) {
        this.ping = ping;
    }

    void add(PgJmsConnection connection) {
        connections.add(connection);
        start();
    }

    void remove(PgJmsConnection connection) {
        connections.remove(connection);
    }

    /** Gives back what the database did not take; harmless when it did after all, or when the lease has ended meanwhile. */
    void whenAnswered(Runnable giveBack) {
        unanswered.add(giveBack);
    }

    synchronized void close() {
        if (thread != null) {
            thread.shutdownNow();
            thread = null;
        }
    }

    private synchronized void start() {
        if (thread == null) {
            thread = Executors.newSingleThreadScheduledExecutor(task -> {
                Thread keeper = new Thread(task, "pgqueue-jms-keeper");
                keeper.setDaemon(true);
                return keeper;
            });
            thread.scheduleWithFixedDelay(this::tick, TICK_MILLIS, TICK_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    private void tick() {
        giveBack();
        for (PgJmsConnection connection : connections) {
            try {
                connection.keep();
            } catch (PgQueueException e) {
                connection.link().failed(e);
            } catch (RuntimeException | Error e) {
                LOG.warn("Keeping the leases of a connection failed and is tried again", e);
            }
        }
        if (++ticks % TICKS_PER_PING == 0) {
            pingForListeners();
        }
    }

    private void giveBack() {
        for (Runnable next = unanswered.peek(); next != null; next = unanswered.peek()) {
            try {
                next.run();
            } catch (RuntimeException | Error e) {
                if (e instanceof PgQueueException away && PgJmsLink.isOutage(away)) {
                    return;
                }
                LOG.warn("Deliveries come back when their lease ends", e);
            }
            unanswered.remove(next);
        }
    }

    private void pingForListeners() {
        if (connections.stream().noneMatch(c -> c.link().listener() != null)) {
            return;
        }
        try {
            ping.run();
            connections.forEach(c -> c.link().answered());
        } catch (PgQueueException e) {
            connections.forEach(c -> c.link().failed(e));
        } catch (RuntimeException | Error e) {
            // The DataSource's own. Thrown on, it would end the thread, and with it the renewal of leases.
            LOG.warn("Asking the database failed and is tried again", e);
        }
    }
}
