// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import io.pgqueue.OutcomeUnknownException;
import io.pgqueue.PublishResult;
import io.pgqueue.QueueFullException;
import io.pgqueue.UnavailableException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends that nobody waits for: published in the order of the calls, many in one transaction, by a thread that then tells
 * what became of each, one after the other in the same order. What only one is to blame for fails that one. The thread is
 * started with the first send and ends with {@link #close}. Safe for use by several threads.
 *
 * <p>For what sends by a {@link PgQueue} in a way of its own, as sessions of Jakarta Messaging do; others use
 * {@link PgQueue#publishAsync}.
 *
 * @param <S> a send
 */
public final class AsyncSends<S> implements AutoCloseable {

    /** Sends that nobody was told about yet; whoever sends faster than they are published and told of waits. */
    public static final int MOST_OPEN = 1000;

    /** Of the bodies of those sends together. */
    public static final long MOST_OPEN_BYTES = 16L * 1024 * 1024;

    private static final Logger LOG = LoggerFactory.getLogger(AsyncSends.class);

    private static final int BATCH = 100;

    private final String name;
    private final Sending<S> sending;
    private final ReentrantLock publishing = new ReentrantLock();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Deque<Entry<S>> unpublished = new ArrayDeque<>();
    private final Deque<Ended> untold = new ArrayDeque<>();
    private @Nullable Thread thread;
    private boolean working;
    private boolean closed;
    private int open;
    private long openBytes;

    /** @param name of the thread */
    public AsyncSends(String name, Sending<S> sending) {
        this.name = name;
        this.sending = sending;
    }

    /** How sends are published. Called by one thread at a time. */
    public interface Sending<S> {

        /** Size of what is kept in memory until it is told of. */
        long bytes(S send);

        /** Whether the next one may be in the transaction of the first. */
        boolean together(S first, S next);

        /** All or none, in this order; results in the same order. In no transaction of a caller. */
        List<PublishResult> publish(List<S> sends);
    }

    /**
     * To be published soon. Waits while there is too much to publish or to tell, unless what is being told sends.
     *
     * @param then told the result, or why it failed, by the thread of these sends: slow ones hold all others up
     * @return false if this is closed: then it is not sent and nothing told
     * @throws InterruptedException if the thread is interrupted while it waits; it is not sent then
     */
    public boolean send(S send, BiConsumer<@Nullable PublishResult, @Nullable Throwable> then)
            throws InterruptedException {
        Entry<S> entry = new Entry<>(send, sending.bytes(send), then);
        lock.lock();
        try {
            awaitRoom();
            if (closed) {
                return false;
            }
            open++;
            openBytes += entry.bytes;
            unpublished.add(entry);
            work();
            return true;
        } finally {
            lock.unlock();
        }
    }

    /**
     * As {@link #send(Object, BiConsumer)}, told to a future; also that it was not sent, because this is closed or the thread was
     * interrupted, by an {@link UnavailableException}.
     */
    public CompletableFuture<PublishResult> send(S send) {
        CompletableFuture<PublishResult> future = new CompletableFuture<>();
        try {
            boolean taken = send(send, (result, failure) -> {
                if (failure != null) {
                    future.completeExceptionally(failure);
                } else {
                    future.complete(result);
                }
            });
            if (!taken) {
                future.completeExceptionally(
                        new UnavailableException("Not sent: this is closed, and has no thread to send any more"));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            future.completeExceptionally(new UnavailableException(
                    "Not sent: the thread was interrupted while it waited for earlier asynchronous sends", e));
        }
        return future;
    }

    private void awaitRoom() throws InterruptedException {
        while ((open >= MOST_OPEN || openBytes >= MOST_OPEN_BYTES) && thread != Thread.currentThread() && !closed) {
            changed.await();
        }
    }

    /** Of something that is sent already: only telling is left, in its turn. Nothing is told when this is closed. */
    public void sent(Runnable then) {
        lock.lock();
        try {
            untold.add(new Ended(0, 0, then));
            work();
        } finally {
            lock.unlock();
        }
    }

    /** Publishes what waits, so that what the caller publishes next comes after it. */
    public void flush() {
        if (isIdle()) {
            return;
        }
        publishing.lock();
        try {
            for (List<Entry<S>> batch = take(); !batch.isEmpty(); batch = take()) {
                List<Ended> ended = publish(batch);
                lock.lock();
                try {
                    untold.addAll(ended);
                    work();
                } finally {
                    lock.unlock();
                }
            }
        } finally {
            publishing.unlock();
        }
    }

    /** Waits until everything is published and told; not to be called by what is told. */
    public void awaitDone() {
        if (isIdle()) {
            return;
        }
        flush();
        lock.lock();
        try {
            while (!isDone()) {
                changed.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Whether the calling thread is being told what became of a send. */
    public boolean isTelling() {
        lock.lock();
        try {
            return thread == Thread.currentThread();
        } finally {
            lock.unlock();
        }
    }

    /** Publishes and tells what waits, however long that takes, and ends the thread. */
    @Override
    public void close() {
        awaitDone();
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Takes nothing any more, and publishes what waits in so much time. Whatever is not begun then fails with an
     * {@link UnavailableException}; what is being published at that moment is told of when that ends.
     */
    public void close(Duration patience) {
        List<Entry<S>> rest;
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
            awaitDone(patience);
            rest = List.copyOf(unpublished);
            unpublished.clear();
        } finally {
            lock.unlock();
        }
        UnavailableException failure = new UnavailableException("Not sent: this was closed before it was published");
        rest.forEach(entry -> tell(() -> entry.then.accept(null, failure)));
    }

    private void awaitDone(Duration patience) {
        long left = patience.toNanos();
        try {
            while (!isDone() && left > 0 && thread != Thread.currentThread()) {
                left = changed.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean isDone() {
        return unpublished.isEmpty() && untold.isEmpty() && !working;
    }

    private boolean isIdle() {
        lock.lock();
        try {
            return thread == null;
        } finally {
            lock.unlock();
        }
    }

    private void work() {
        if (thread == null) {
            thread = new Thread(this::run, name);
            thread.setDaemon(true);
            thread.start();
        }
        changed.signalAll();
    }

    private void run() {
        while (awaitWork()) {
            flush();
            for (Ended next = nextUntold(); next != null; next = nextUntold()) {
                tell(next.then);
            }
        }
    }

    private boolean awaitWork() {
        lock.lock();
        try {
            working = false;
            changed.signalAll();
            while (unpublished.isEmpty() && untold.isEmpty()) {
                if (closed) {
                    return false;
                }
                changed.awaitUninterruptibly();
            }
            working = true;
            return true;
        } finally {
            lock.unlock();
        }
    }

    private @Nullable Ended nextUntold() {
        lock.lock();
        try {
            Ended next = untold.poll();
            if (next != null) {
                open -= next.sends;
                openBytes -= next.bytes;
            }
            changed.signalAll();
            return next;
        } finally {
            lock.unlock();
        }
    }

    private static void tell(Runnable then) {
        try {
            then.run();
        } catch (RuntimeException | Error e) {
            LOG.warn("What was told of an asynchronous send failed", e);
        }
    }

    /** The next ones that go together. */
    private List<Entry<S>> take() {
        lock.lock();
        try {
            List<Entry<S>> batch = new ArrayList<>();
            for (Entry<S> next = unpublished.peek();
                    next != null
                            && batch.size() < BATCH
                            && (batch.isEmpty() || sending.together(batch.get(0).send, next.send));
                    next = unpublished.peek()) {
                batch.add(unpublished.remove());
            }
            return batch;
        } finally {
            lock.unlock();
        }
    }

    private List<Ended> publish(List<Entry<S>> batch) {
        List<Ended> ended = new ArrayList<>(batch.size());
        Throwable failure = publishTogether(batch, ended);
        // What only one of them is to blame for must not fail the others.
        boolean apart = failure != null && batch.size() > 1 && !isOutage(failure);
        for (Entry<S> entry : failure == null ? List.<Entry<S>>of() : batch) {
            if (apart) {
                failure = publishTogether(List.of(entry), ended);
                if (failure == null) {
                    continue;
                }
                // Nor is there room for the next ones, each of which might wait for it.
                apart = !(failure instanceof QueueFullException);
            }
            ended.add(entry.ended(null, failure));
        }
        return ended;
    }

    private @Nullable Throwable publishTogether(List<Entry<S>> batch, List<Ended> ended) {
        try {
            List<PublishResult> results =
                    sending.publish(batch.stream().map(Entry::send).toList());
            for (int i = 0; i < batch.size(); i++) {
                ended.add(batch.get(i).ended(results.get(i), null));
            }
            return null;
        } catch (RuntimeException | Error e) {
            // Also the pool's, or no memory for the batch: the thread must go on, and somebody be told.
            return e;
        }
    }

    private static boolean isOutage(Throwable failure) {
        return failure instanceof UnavailableException || failure instanceof OutcomeUnknownException;
    }

    private record Entry<S>(S send, long bytes, BiConsumer<@Nullable PublishResult, @Nullable Throwable> then) {

        Ended ended(@Nullable PublishResult result, @Nullable Throwable failure) {
            return new Ended(1, bytes, () -> then.accept(result, failure));
        }
    }

    /** @param then what is left to do: to tell */
    private record Ended(int sends, long bytes, Runnable then) {}
}
