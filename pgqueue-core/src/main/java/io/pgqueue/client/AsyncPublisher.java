// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import io.pgqueue.OutcomeUnknownException;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.PgQueueException;
import io.pgqueue.PublishResult;
import io.pgqueue.jdbc.Transactions;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/** Publishes without waiting: in the background, or in the caller's transaction and done with that. */
final class AsyncPublisher {

    private final Transactions transactions;
    private final Publisher publisher;
    private final AsyncSends<Send> sends;

    AsyncPublisher(Transactions transactions, Publisher publisher, AsyncSends<Send> sends) {
        this.transactions = transactions;
        this.publisher = publisher;
        this.sends = sends;
    }

    CompletableFuture<PublishResult> publish(String destination, OutgoingMessage message) {
        UUID id = Batches.idOf(message);
        return publisher.joinsCaller()
                ? inTransaction(id, destination, message)
                : sends.send(new Send(destination, message, System.nanoTime()));
    }

    private CompletableFuture<PublishResult> inTransaction(UUID id, String destination, OutgoingMessage message) {
        CompletableFuture<PublishResult> future = new CompletableFuture<>();
        PublishResult result =
                publisher.publish(destination, message.toBuilder().messageId(id).build());
        transactions.afterCommit(() -> future.complete(result));
        transactions.afterRollback(() -> future.completeExceptionally(
                new PgQueueException("Message " + id + " was not sent: the transaction that sent it was rolled back")));
        transactions.afterUnknownEnd(
                () -> future.completeExceptionally(new OutcomeUnknownException(List.of(id), null)));
        return future;
    }

    /**
     * A message at its call, from which delay and time to live count.
     *
     * @param calledAt {@link System#nanoTime} of the call
     */
    record Send(String destination, OutgoingMessage message, long calledAt) {

        /** Publishing counts in whole milliseconds, so this life is over when it begins. */
        private static final Duration EXPIRED = Duration.ofNanos(1);

        /** With what is left of its times. */
        OutgoingMessage message(long now) {
            Duration delay = message.delay();
            Duration life = message.timeToLive();
            Duration waited = Duration.ofNanos(Math.max(0, now - calledAt));
            OutgoingMessage.Builder left = message.toBuilder();
            if (delay != null) {
                left.delay(delay.compareTo(waited) > 0 ? delay.minus(waited) : Duration.ZERO);
            }
            if (life != null) {
                left.timeToLive(life.compareTo(waited) > 0 ? life.minus(waited) : EXPIRED);
            }
            return delay == null && life == null ? message : left.build();
        }
    }

    /** Publishes what waits, up to a change of destination in one transaction. */
    record Sending(Publisher publisher) implements AsyncSends.Sending<Send> {

        @Override
        public long bytes(Send send) {
            return send.message.bodyBytes();
        }

        @Override
        public boolean together(Send first, Send next) {
            return first.destination.equals(next.destination);
        }

        @Override
        public List<PublishResult> publish(List<Send> batch) {
            long now = System.nanoTime();
            return publisher.publish(
                    batch.get(0).destination,
                    batch.stream().map(send -> send.message(now)).toList());
        }
    }
}
