// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring;

import io.pgqueue.OutcomeUnknownException;
import io.pgqueue.PgQueueException;
import io.pgqueue.PublishResult;
import io.pgqueue.client.AsyncSends;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * A send of a template that nobody waits for.
 *
 * @param bytes size of the body
 * @param send sends it, with what stands around it
 */
record TemplateAsyncSend(int bytes, Supplier<PublishResult> send) {

    /** Each by itself, because something may stand around it. */
    static AsyncSends<TemplateAsyncSend> background() {
        return new AsyncSends<>("pgqueue-async-send", new OneByOne());
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

    private static final class OneByOne implements AsyncSends.Sending<TemplateAsyncSend> {

        @Override
        public long bytes(TemplateAsyncSend send) {
            return send.bytes;
        }

        @Override
        public boolean together(TemplateAsyncSend first, TemplateAsyncSend next) {
            return false;
        }

        @Override
        public List<PublishResult> publish(List<TemplateAsyncSend> sends) {
            return List.of(sends.get(0).send.get());
        }
    }
}
