// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The engine of a factory: started with the first connection, and ended a little after the last one was closed, since some
 * applications open a connection for each message. Safe for use by several threads.
 */
final class PgJmsEngines {

    private static final long LINGER_SECONDS = 5;

    private final Supplier<PgJmsEngine> starting;
    private final ReentrantLock lock = new ReentrantLock();
    private @Nullable PgJmsEngine engine;
    private int connections;
    private long uses;

    PgJmsEngines(Supplier<PgJmsEngine> starting) {
        this.starting = starting;
    }

    /** To be followed by {@link #release}. */
    PgJmsEngine acquire() {
        lock.lock();
        try {
            PgJmsEngine running = engine;
            if (running == null) {
                running = starting.get();
                engine = running;
            }
            connections++;
            uses++;
            return running;
        } finally {
            lock.unlock();
        }
    }

    void release() {
        lock.lock();
        try {
            connections--;
            if (connections == 0) {
                long last = uses;
                CompletableFuture.delayedExecutor(LINGER_SECONDS, TimeUnit.SECONDS)
                        .execute(() -> closeUnless(last));
            }
        } finally {
            lock.unlock();
        }
    }

    /** At once, unless there are connections: then with the last one. */
    void close() {
        lock.lock();
        try {
            closeUnless(uses);
        } finally {
            lock.unlock();
        }
    }

    private void closeUnless(long usedSince) {
        PgJmsEngine ending;
        lock.lock();
        try {
            if (connections > 0 || uses != usedSince) {
                return;
            }
            ending = engine;
            engine = null;
        } finally {
            lock.unlock();
        }
        if (ending != null) {
            ending.close();
        }
    }
}
