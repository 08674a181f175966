// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import io.pgqueue.Delivery;
import io.pgqueue.Failure;
import io.pgqueue.NackResult;
import io.pgqueue.client.PgQueue;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How deliveries of a container are given back: its own limits and waits first, then those of the subscription. */
final class Settler {

    /** Reason of dead letters that no handler could read. */
    static final String UNREADABLE = "UNREADABLE";

    /** Reason of dead letters that the handler or its error handler asked for. */
    static final String REJECTED = "REJECTED";

    private static final String MAX_ATTEMPTS = "MAX_ATTEMPTS";

    private final PgQueue queue;
    private final ContainerOptions options;

    Settler(PgQueue queue, ContainerOptions options) {
        this.queue = queue;
        this.options = options;
    }

    /** @param delay null for the backoff */
    NackResult retry(Delivery delivery, @Nullable Duration delay, Failure failure) {
        Integer most = options.maxAttempts();
        if (most != null && delivery.attempts() >= most) {
            return queue.deadLetter(delivery, MAX_ATTEMPTS, failure);
        }
        RetryBackoff backoff = options.backoff();
        Duration wait = delay != null || backoff == null ? delay : backoff.after(delivery.attempts());
        return wait == null ? queue.nack(delivery, failure) : queue.nack(delivery, wait, failure);
    }

    NackResult deadLetter(Delivery delivery, String reason, Failure failure) {
        return queue.deadLetter(delivery, reason, failure);
    }

    /** Without using the attempt; false if it was no longer ours. */
    boolean retryLater(Delivery delivery, Duration delay) {
        return queue.retryLater(List.of(delivery), delay).isEmpty();
    }
}
