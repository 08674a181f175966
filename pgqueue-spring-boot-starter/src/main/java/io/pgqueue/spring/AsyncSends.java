// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring;

import io.pgqueue.OutcomeUnknownException;
import io.pgqueue.PgQueueException;
import io.pgqueue.PublishResult;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * The sends of a template that nobody waits for: one after the other, in the order of the calls, by one thread that is
 * there while there is something to send. Safe for use by several threads.
 */
final class AsyncSends implements AutoCloseable {

    /** A sender that is faster than the database waits, instead of filling the memory. */
    private static final int MOST_WAITING = 1000;

    private static final long IDLE_S = 10;
    private static final long CLOSE_WAIT_S = 5;

    private final Semaphore room = new Semaphore(MOST_WAITING);
    private final ThreadPoolExecutor thread;
    private volatile @Nullable Thread sender;

    AsyncSends() {
        this.thread = new ThreadPoolExecutor(1, 1, IDLE_S, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> {
            Thread started = new Thread(task, "pgqueue-async-send");
            started.setDaemon(true);
            sender = started;
            return started;
        });
        thread.allowCoreThreadTimeOut(true);
    }

    /** Does it soon; what fails, fails the future. */
    CompletableFuture<PublishResult> send(Supplier<PublishResult> send) {
        CompletableFuture<PublishResult> future = new CompletableFuture<>();
        // What follows a send may send again, and would wait for itself.
        int permits = Thread.currentThread() == sender ? 0 : 1;
        room.acquireUninterruptibly(permits);
        try {
            thread.execute(() -> run(send, future, permits));
        } catch (RejectedExecutionException e) {
            room.release(permits);
            throw new IllegalStateException("The template is closed and has no thread to send any more; use send", e);
        }
        return future;
    }

    private void run(Supplier<PublishResult> send, CompletableFuture<PublishResult> future, int permits) {
        try {
            PublishResult result = send.get();
            room.release(permits);
            future.complete(result);
        } catch (RuntimeException | Error e) {
            room.release(permits);
            future.completeExceptionally(e);
        }
    }

    /** Of a message that is part of the calling thread's transaction: done when that is. */
    static CompletableFuture<PublishResult> withTransaction(PublishResult result) {
        CompletableFuture<PublishResult> future = new CompletableFuture<>();
        TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {
            @Override
            public void afterCompletion(int status) {
                switch (status) {
                    case STATUS_COMMITTED -> future.complete(result);
                    case STATUS_ROLLED_BACK ->
                        future.completeExceptionally(new PgQueueException("Message " + result.messageId()
                                + " was not sent: the transaction that sent it was rolled back"));
                    default ->
                        future.completeExceptionally(new OutcomeUnknownException(List.of(result.messageId()), null));
                }
            }
        });
        return future;
    }

    /** Sends what waits, as long as that takes no more than a few seconds. */
    @Override
    public void close() {
        thread.shutdown();
        try {
            if (!thread.awaitTermination(CLOSE_WAIT_S, TimeUnit.SECONDS)) {
                thread.shutdownNow();
            }
        } catch (InterruptedException e) {
            thread.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }
}
