// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import io.pgqueue.CompletionTimeoutException;
import io.pgqueue.Outcome;
import io.pgqueue.PgQueueException;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;

/**
 * What becomes of one tracked message: done when every subscription that got it is done with it, whatever that means. An
 * attempt that fails, or a lease that ends, is not an end. Safe for use by several threads.
 */
public final class Completion {

    private final UUID messageId;
    private final Result result;

    Completion(UUID messageId, BooleanSupplier uncommitted) {
        this.messageId = messageId;
        this.result = new Result(messageId, uncommitted);
    }

    public UUID messageId() {
        return messageId;
    }

    /**
     * One outcome for each subscription that got the message, in no particular order; empty if none did. Fails if the
     * transaction that sent it rolls back. Waiting for it in that transaction throws {@link IllegalStateException}, because
     * nobody sees the message before the commit. Cancel it to have it forgotten here; the message stays.
     */
    public CompletableFuture<List<Outcome>> future() {
        return result;
    }

    /**
     * Waits for the outcomes; holds no connection.
     *
     * @throws CompletionTimeoutException if they are not there in time, which cancels nothing
     * @throws PgQueueException if the transaction that sent it was rolled back
     * @throws IllegalStateException if called in the transaction that sent it
     */
    public List<Outcome> await(Duration timeout) throws InterruptedException {
        return Completions.all(List.of(this), timeout).get(0);
    }

    @Override
    public String toString() {
        return "Completion[" + messageId + (result.isDone() ? ", done]" : "]");
    }

    /** Before anybody can have asked for more to be done then. */
    void doneAtOnce() {
        result.complete(List.of());
    }

    /** What the application does then does not run in a thread of ours. */
    void done(List<Outcome> outcomes) {
        result.completeAsync(() -> outcomes);
    }

    void fail(PgQueueException cause) {
        result.completeExceptionally(cause);
    }

    boolean isDone() {
        return result.isDone();
    }

    /** Refuses to wait for what cannot come. */
    private static final class Result extends CompletableFuture<List<Outcome>> {

        private final UUID messageId;
        private final BooleanSupplier uncommitted;

        Result(UUID messageId, BooleanSupplier uncommitted) {
            this.messageId = messageId;
            this.uncommitted = uncommitted;
        }

        @Override
        public List<Outcome> get() throws InterruptedException, ExecutionException {
            check();
            return super.get();
        }

        @Override
        public List<Outcome> get(long timeout, TimeUnit unit)
                throws InterruptedException, ExecutionException, TimeoutException {
            check();
            return super.get(timeout, unit);
        }

        @Override
        public List<Outcome> join() {
            check();
            return super.join();
        }

        private void check() {
            if (!isDone() && uncommitted.getAsBoolean()) {
                throw new IllegalStateException("Message " + messageId
                        + " was sent in the transaction that now waits for it, and nobody sees it before the commit: "
                        + "wait after the commit, or send in a transaction of its own");
            }
        }
    }
}
