// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import io.pgqueue.OutgoingMessage;
import io.pgqueue.PgQueueException;
import io.pgqueue.client.PgQueue;
import jakarta.jms.CompletionListener;
import jakarta.jms.IllegalStateException;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.ResourceAllocationException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The asynchronous sends of a session (Jakarta Messaging 3.1, section 7.3): published in the order of the calls, many in one
 * transaction, by a thread that then calls the CompletionListeners one after the other. The thread is started with the
 * first one. Safe for use by several threads.
 */
final class PgJmsAsyncSends {

    private static final int BATCH = 100;

    /** Sends without their callback; whoever sends faster than the database takes it, or a listener is called, waits. */
    static final int MOST_OPEN = 1000;

    private static final long MOST_OPEN_BYTES = 16L * 1024 * 1024;

    private final PgQueue queue;
    private final PgJmsLink link;
    private final String name;
    private final ReentrantLock publishing = new ReentrantLock();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Deque<Entry> unpublished = new ArrayDeque<>();
    private final Deque<Callback> callbacks = new ArrayDeque<>();
    private @Nullable Thread thread;
    private boolean calling;
    private boolean closed;
    private int open;
    private long openBytes;

    /** @param queue one that joins nobody's transaction: the thread is in none */
    PgJmsAsyncSends(PgQueue queue, PgJmsLink link, String name) {
        this.queue = queue;
        this.link = link;
        this.name = name;
    }

    /**
     * To be published soon. Waits while there is too much to publish or to call back, unless a callback sends.
     *
     * @throws JMSException if the thread is interrupted while it waits; the message is not sent then
     */
    void send(PgJmsSend send, Message message, CompletionListener listener) throws JMSException {
        Entry entry = new Entry(send, message, listener);
        lock.lock();
        try {
            awaitRoom();
            open++;
            openBytes += entry.bytes();
            change(() -> unpublished.add(entry));
        } finally {
            lock.unlock();
        }
    }

    private void awaitRoom() throws JMSException {
        try {
            while ((open >= MOST_OPEN || openBytes >= MOST_OPEN_BYTES) && thread != Thread.currentThread() && !closed) {
                changed.await();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw PgJmsErrors.withCause(
                    new JMSException("The thread was interrupted while it waited for earlier asynchronous sends"), e);
        }
        if (closed) {
            throw new IllegalStateException("The session is closed");
        }
    }

    /** It is in its transaction already; only the callback is missing. */
    void sent(Message message, CompletionListener listener) {
        change(() -> callbacks.add(new Callback(message, listener, null, 0, 0)));
    }

    /** Publishes what waits, so that what the caller sends next comes after it (section 7.3.3). */
    void flush() {
        if (isIdle()) {
            return;
        }
        publishing.lock();
        try {
            for (List<Entry> batch = take(); !batch.isEmpty(); batch = take()) {
                List<Callback> done = publish(batch);
                change(() -> callbacks.addAll(done));
            }
        } finally {
            publishing.unlock();
        }
    }

    /** Waits until everything is published and called back (section 7.3.4). */
    void awaitDone() {
        if (isIdle()) {
            return;
        }
        flush();
        lock.lock();
        try {
            while (!unpublished.isEmpty() || !callbacks.isEmpty() || calling) {
                changed.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
    }

    void close() {
        awaitDone();
        change(() -> closed = true);
    }

    /** @throws IllegalStateException if the caller is a CompletionListener of this session (section 7.3.4) */
    void checkNotInCallback(String what) throws IllegalStateException {
        lock.lock();
        try {
            if (thread == Thread.currentThread()) {
                throw new IllegalStateException(what + " cannot be called by a CompletionListener of its own session");
            }
        } finally {
            lock.unlock();
        }
    }

    private boolean isIdle() {
        lock.lock();
        try {
            return thread == null;
        } finally {
            lock.unlock();
        }
    }

    private void change(Runnable change) {
        lock.lock();
        try {
            change.run();
            if (thread == null && !closed) {
                thread = new Thread(this::run, "pgqueue-jms-completions-" + name);
                thread.setDaemon(true);
                thread.start();
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void run() {
        while (awaitWork()) {
            flush();
            for (Callback next = nextCallback(); next != null; next = nextCallback()) {
                next.call();
            }
        }
    }

    private boolean awaitWork() {
        lock.lock();
        try {
            calling = false;
            changed.signalAll();
            while (unpublished.isEmpty() && callbacks.isEmpty()) {
                if (closed) {
                    return false;
                }
                changed.awaitUninterruptibly();
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    private @Nullable Callback nextCallback() {
        lock.lock();
        try {
            Callback next = callbacks.poll();
            calling = next != null;
            if (next != null) {
                open -= next.sends();
                openBytes -= next.bytes();
            }
            changed.signalAll();
            return next;
        } finally {
            lock.unlock();
        }
    }

    /** The next ones to the same destination. */
    private List<Entry> take() {
        lock.lock();
        try {
            List<Entry> batch = new ArrayList<>();
            for (Entry next = unpublished.peek();
                    next != null
                            && batch.size() < BATCH
                            && (batch.isEmpty()
                                    || next.send()
                                            .destination()
                                            .equals(batch.get(0).send().destination()));
                    next = unpublished.peek()) {
                batch.add(unpublished.remove());
            }
            return batch;
        } finally {
            lock.unlock();
        }
    }

    private List<Callback> publish(List<Entry> batch) {
        JMSException failure = publishTogether(batch);
        List<Callback> done = new ArrayList<>(batch.size());
        // What only one of them is to blame for must not fail the others.
        boolean apart = failure != null && batch.size() > 1 && !isOutage(failure);
        for (Entry entry : batch) {
            if (apart) {
                failure = publishTogether(List.of(entry));
                // Nor is there room for the next ones, each of which might wait for it.
                apart = !(failure instanceof ResourceAllocationException);
            }
            done.add(entry.callback(failure));
        }
        return done;
    }

    private @Nullable JMSException publishTogether(List<Entry> batch) {
        long now = System.nanoTime();
        List<OutgoingMessage> messages = new ArrayList<>(batch.size());
        batch.forEach(e -> messages.add(e.send().message(now)));
        try {
            String destination = batch.get(0).send().destination().name();
            boolean flushed = batch.stream().anyMatch(entry -> entry.send().persistent());
            link.run(() -> {
                if (flushed) {
                    queue.publish(destination, messages);
                } else {
                    queue.publishUnflushed(destination, messages);
                }
            });
            return null;
        } catch (JMSException e) {
            return e;
        } catch (RuntimeException | Error e) {
            // The pool's, or no memory for the batch: the thread must go on, and the listener be told.
            return PgJmsErrors.ofAny("Sending failed", e);
        }
    }

    private static boolean isOutage(JMSException e) {
        return e.getCause() instanceof PgQueueException cause && PgJmsLink.isOutage(cause);
    }

    private record Entry(PgJmsSend send, Message message, CompletionListener listener) {

        long bytes() {
            return send.content().bodyBytes();
        }

        Callback callback(@Nullable JMSException failure) {
            return new Callback(message, listener, failure, 1, bytes());
        }
    }

    private record Callback(
            Message message,
            CompletionListener listener,
            @Nullable JMSException failure,
            int sends,
            long bytes) {

        void call() {
            try {
                if (failure == null) {
                    listener.onCompletion(message);
                } else {
                    listener.onException(message, failure);
                }
            } catch (RuntimeException | Error e) {
                PgJmsSession.LOG.warn("A CompletionListener failed", e);
            }
        }
    }
}
