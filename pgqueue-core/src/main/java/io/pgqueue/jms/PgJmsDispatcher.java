// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * The thread that runs all listeners of a session, one after the other and the consumers in turn (Jakarta Messaging 3.1,
 * section 6.2.13). It is started with the first listener.
 */
final class PgJmsDispatcher {

    private final PgJmsGate gate;
    private final String name;
    private final List<PgJmsMessageConsumer> consumers = new CopyOnWriteArrayList<>();
    private @Nullable Thread thread;
    private int turn;

    PgJmsDispatcher(PgJmsGate gate, String name) {
        this.gate = gate;
        this.name = name;
    }

    /** A consumer that got a listener. */
    synchronized void add(PgJmsMessageConsumer consumer) {
        if (!consumers.contains(consumer)) {
            consumers.add(consumer);
        }
        if (thread == null) {
            thread = new Thread(this::run, "pgqueue-jms-session-" + name);
            thread.setDaemon(true);
            thread.start();
        }
        gate.signal();
    }

    void remove(PgJmsMessageConsumer consumer) {
        consumers.remove(consumer);
    }

    boolean hasListeners() {
        return !consumers.isEmpty();
    }

    /** Whether the caller is a listener. */
    synchronized boolean isCurrentThread() {
        return thread == Thread.currentThread();
    }

    /** After the gate was closed, which ends the thread. */
    void awaitEnd() {
        Thread ending;
        synchronized (this) {
            ending = thread;
        }
        if (ending == null || ending == Thread.currentThread()) {
            return;
        }
        boolean interrupted = false;
        while (ending.isAlive()) {
            try {
                ending.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        boolean open = true;
        while (open) {
            try {
                open = deliverOne();
                if (open) {
                    gate.await(pause());
                }
            } catch (InterruptedException e) {
                // Only listeners know this thread, and none of them may end the delivery to the others: closing does.
                PgJmsSession.LOG.debug("The listener thread of a session was interrupted and goes on");
            }
        }
    }

    /** Delivers as long as there is something; false when the session is closed. */
    private boolean deliverOne() throws InterruptedException {
        boolean delivered = true;
        while (delivered) {
            delivered = false;
            int count = consumers.size();
            for (int i = 0; i < count && !delivered; i++) {
                PgJmsMessageConsumer consumer = next();
                if (consumer != null) {
                    if (!gate.enter(consumer, PgJmsDeadline.NEVER)) {
                        return false;
                    }
                    try {
                        delivered = consumer.deliver();
                    } finally {
                        gate.leave();
                    }
                }
            }
            if (count == 0 && gate.isClosed()) {
                return false;
            }
        }
        return !gate.isClosed();
    }

    private @Nullable PgJmsMessageConsumer next() {
        List<PgJmsMessageConsumer> now = List.copyOf(consumers);
        return now.isEmpty() ? null : now.get(Math.floorMod(turn++, now.size()));
    }

    private PgJmsDeadline pause() {
        PgJmsDeadline earliest = PgJmsDeadline.NEVER;
        for (PgJmsMessageConsumer consumer : consumers) {
            earliest = earliest.orEarlier(consumer.retryAt());
        }
        return earliest;
    }
}
