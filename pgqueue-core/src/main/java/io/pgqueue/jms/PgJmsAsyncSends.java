// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import io.pgqueue.OutgoingMessage;
import io.pgqueue.PgQueueException;
import io.pgqueue.PublishResult;
import io.pgqueue.client.AsyncSends;
import io.pgqueue.client.PgQueue;
import jakarta.jms.CompletionListener;
import jakarta.jms.IllegalStateException;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The asynchronous sends of a session (Jakarta Messaging 3.1, section 7.3), whose thread calls the CompletionListeners one
 * after the other. Safe for use by several threads.
 */
final class PgJmsAsyncSends implements AsyncSends.Sending<PgJmsSend> {

    private final PgQueue queue;
    private final PgJmsLink link;
    private final AsyncSends<PgJmsSend> sends;

    /** @param queue one that joins nobody's transaction: the thread is in none */
    PgJmsAsyncSends(PgQueue queue, PgJmsLink link, String name) {
        this.queue = queue;
        this.link = link;
        this.sends = new AsyncSends<>("pgqueue-jms-completions-" + name, this);
    }

    /**
     * To be published soon. Waits while there is too much to publish or to call back, unless a callback sends.
     *
     * @throws JMSException if the thread is interrupted while it waits; the message is not sent then
     */
    void send(PgJmsSend send, Message message, CompletionListener listener) throws JMSException {
        boolean taken;
        try {
            taken = sends.send(send, (result, failure) -> call(listener, message, failure));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw PgJmsErrors.withCause(
                    new JMSException("The thread was interrupted while it waited for earlier asynchronous sends"), e);
        }
        if (!taken) {
            throw new IllegalStateException("The session is closed");
        }
    }

    /** It is in its transaction already; only the callback is missing. */
    void sent(Message message, CompletionListener listener) {
        sends.sent(() -> call(listener, message, null));
    }

    /** Publishes what waits, so that what the caller sends next comes after it (section 7.3.3). */
    void flush() {
        sends.flush();
    }

    /** Waits until everything is published and called back (section 7.3.4). */
    void awaitDone() {
        sends.awaitDone();
    }

    void close() {
        sends.close();
    }

    /** @throws IllegalStateException if the caller is a CompletionListener of this session (section 7.3.4) */
    void checkNotInCallback(String what) throws IllegalStateException {
        if (sends.isTelling()) {
            throw new IllegalStateException(what + " cannot be called by a CompletionListener of its own session");
        }
    }

    @Override
    public long bytes(PgJmsSend send) {
        return send.content().bodyBytes();
    }

    @Override
    public boolean together(PgJmsSend first, PgJmsSend next) {
        return first.destination().equals(next.destination());
    }

    @Override
    public List<PublishResult> publish(List<PgJmsSend> batch) {
        long now = System.nanoTime();
        List<OutgoingMessage> messages =
                batch.stream().map(send -> send.message(now)).toList();
        String destination = batch.get(0).destination().name();
        boolean flushed = batch.stream().anyMatch(PgJmsSend::persistent);
        try {
            List<PublishResult> results =
                    flushed ? queue.publish(destination, messages) : queue.publishUnflushed(destination, messages);
            link.answered();
            return results;
        } catch (PgQueueException e) {
            link.failed(e);
            throw e;
        }
    }

    private static void call(CompletionListener listener, Message message, @Nullable Throwable failure) {
        if (failure == null) {
            listener.onCompletion(message);
        } else {
            listener.onException(message, PgJmsErrors.ofAny("Sending failed", failure));
        }
    }
}
