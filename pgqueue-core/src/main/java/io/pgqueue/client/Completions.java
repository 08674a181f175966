// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import static io.pgqueue.client.Given.given;

import io.pgqueue.CompletionTimeoutException;
import io.pgqueue.Outcome;
import io.pgqueue.PgQueueException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Waits for several tracked messages. */
public final class Completions {

    private Completions() {}

    /**
     * The outcomes of all of them, in their order; waits at most so long for all together, and holds no connection.
     *
     * @throws CompletionTimeoutException if some are not done in time; names them, and cancels nothing
     * @throws PgQueueException if the transaction that sent one was rolled back
     * @throws IllegalStateException if called in the transaction that sent one
     */
    public static List<List<Outcome>> all(Collection<Completion> completions, Duration timeout)
            throws InterruptedException {
        Given.all("completions", completions);
        given("timeout", timeout);
        long end = System.nanoTime() + timeout.toNanos();
        List<List<Outcome>> outcomes = new ArrayList<>(completions.size());
        for (Completion completion : completions) {
            try {
                outcomes.add(completion.future().get(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS));
            } catch (TimeoutException late) {
                throw late(completions, timeout);
            } catch (ExecutionException e) {
                throw e.getCause() instanceof PgQueueException known
                        ? known
                        : new PgQueueException("Message " + completion.messageId() + " failed: " + e.getCause(), e);
            }
        }
        return outcomes;
    }

    private static CompletionTimeoutException late(Collection<Completion> completions, Duration timeout) {
        List<UUID> open = completions.stream()
                .filter(c -> !c.isDone())
                .map(Completion::messageId)
                .toList();
        return new CompletionTimeoutException(
                open.size() + " of " + completions.size() + " messages are not done after " + timeout
                        + "; nothing was cancelled, so wait again or ask later by id",
                open);
    }
}
