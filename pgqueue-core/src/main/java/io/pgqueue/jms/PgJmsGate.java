// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Where the deliveries of one session pass, one at a time: open while the connection is started, shut while it is stopped,
 * and closed for ever with the session (Jakarta Messaging 3.1, sections 6.1.5, 6.1.8). Whoever stops or closes it can
 * wait for the delivery that is passing. Safe for use by several threads.
 */
final class PgJmsGate {

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private boolean started;
    private boolean closed;
    private boolean signalled;
    private @Nullable Thread passing;
    private @Nullable Object consumer;

    PgJmsGate(boolean started) {
        this.started = started;
    }

    /** Waits until deliveries may pass; false when that is never, or not in time. Then {@link #leave} must follow. */
    boolean enter(Object consumer, PgJmsDeadline deadline) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (!closed && (!started || passing != null)) {
                if (deadline.isOver()) {
                    return false;
                }
                deadline.await(changed);
            }
            if (closed) {
                return false;
            }
            passing = Thread.currentThread();
            this.consumer = consumer;
            return true;
        } finally {
            lock.unlock();
        }
    }

    void leave() {
        lock.lock();
        try {
            passing = null;
            consumer = null;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Waits for a reason to try again. */
    void await(PgJmsDeadline deadline) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (!signalled && !closed && !deadline.isOver()) {
                deadline.await(changed);
            }
            signalled = false;
        } finally {
            lock.unlock();
        }
    }

    /** There may be something to deliver, or a consumer changed. Remembered until somebody waits. */
    void signal() {
        lock.lock();
        try {
            signalled = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    void start() {
        lock.lock();
        try {
            started = true;
            signalled = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Nothing new passes; what is passing goes on. */
    void stop() {
        lock.lock();
        try {
            started = false;
        } finally {
            lock.unlock();
        }
    }

    boolean isClosed() {
        lock.lock();
        try {
            return closed;
        } finally {
            lock.unlock();
        }
    }

    void close() {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Waits until no delivery passes, or, with a consumer, none of that one. Not for the thread that is passing. */
    void awaitQuiet(@Nullable Object of) {
        lock.lock();
        try {
            while (passing != null && passing != Thread.currentThread() && (of == null || of == consumer)) {
                // Not interruptible: close and stop promise that nothing runs any more when they return.
                changed.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
    }
}
