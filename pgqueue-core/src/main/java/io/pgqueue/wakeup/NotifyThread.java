// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.wakeup;

import io.pgqueue.jdbc.CallListeners;
import io.pgqueue.jdbc.DatabaseCall;
import io.pgqueue.jdbc.Transactions;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Merges hints and sends them, at most once in the merge time. */
final class NotifyThread {

    private static final Logger LOG = LoggerFactory.getLogger(NotifyThread.class);

    /** The notification need not survive a crash, so its commit does not wait for the disk. */
    private static final String NOTIFY = "select set_config('synchronous_commit', 'off', true), pg_notify(?, ?)";

    private static final DatabaseCall CALL = new DatabaseCall("pg_notify", 0, false);

    private final Transactions transactions;
    private final CallListeners listeners;
    private final String channel;
    private final String sender;
    private final Duration merge;
    private final Thread thread = new Thread(this::run, "pgqueue-notify");
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private Map<Integer, Hint> pending = new HashMap<>();
    private boolean probe;
    private volatile boolean closed;
    private boolean failing;

    NotifyThread(Transactions transactions, CallListeners listeners, String channel, String sender, Duration merge) {
        this.transactions = transactions;
        this.listeners = listeners;
        this.channel = channel;
        this.sender = sender;
        this.merge = merge;
        thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    void add(Hint hint) {
        lock.lock();
        try {
            pending.merge(hint.subscription(), hint, Hint::merge);
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    /** Sends an empty notification, by which the listening side sees that notifications get through. */
    void probe() {
        lock.lock();
        try {
            probe = true;
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    void close() {
        closed = true;
        thread.interrupt();
    }

    private void run() {
        try {
            while (!closed) {
                send(take());
                TimeUnit.NANOSECONDS.sleep(merge.toNanos());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Collection<Hint> take() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (pending.isEmpty() && !probe) {
                changed.await();
            }
            Collection<Hint> taken = pending.values();
            pending = new HashMap<>();
            probe = false;
            return taken;
        } finally {
            lock.unlock();
        }
    }

    /** A lost hint costs other JVMs one poll interval; it is not sent again. */
    private void send(Collection<Hint> hints) {
        List<String> payloads = HintText.write(sender, hints);
        try {
            for (String payload : payloads) {
                transactions.statement(connection -> {
                    try (PreparedStatement call = connection.prepareStatement(NOTIFY)) {
                        call.setString(1, channel);
                        call.setString(2, payload);
                        listeners.query(CALL, call).close();
                        return true;
                    }
                });
            }
            failing = false;
        } catch (SQLException | RuntimeException | Error e) {
            if (!failing && !closed) {
                LOG.warn(
                        "Could not notify other nodes ({}); their consumers find new messages by polling",
                        e.getMessage());
            }
            failing = true;
        }
    }
}
