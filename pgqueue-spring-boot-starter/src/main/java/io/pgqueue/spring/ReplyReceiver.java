// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring;

import io.pgqueue.Delivery;
import io.pgqueue.client.ActiveConsumer;
import io.pgqueue.client.Client;
import io.pgqueue.client.PgQueue;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The temporary queue on which a template gets its answers, and the thread that hands them to those who wait. Made with the
 * first question; what comes after nobody waits any more is discarded. Safe for use by several threads.
 */
final class ReplyReceiver implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(ReplyReceiver.class);

    private static final Duration WAIT = Duration.ofSeconds(30);
    private static final long RETRY_MS = 500;
    private static final int BATCH = 100;

    private final PgQueue queue;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<String, CompletableFuture<Delivery>> waiting = new ConcurrentHashMap<>();
    private @Nullable Client client;
    private @Nullable Thread thread;
    private String address = "";

    ReplyReceiver(PgQueue queue) {
        // A queue made in a caller's transaction would end with its rollback.
        this.queue = queue.independent();
    }

    /** Where the answers are to go. */
    String address() {
        lock.lock();
        try {
            if (client == null || client.lost()) {
                open();
            }
            return address;
        } finally {
            lock.unlock();
        }
    }

    /** @throws IllegalStateException if somebody waits for this one already */
    CompletableFuture<Delivery> expect(String correlationId) {
        CompletableFuture<Delivery> answer = new CompletableFuture<>();
        if (waiting.putIfAbsent(correlationId, answer) != null) {
            throw new IllegalStateException("An answer with correlation id " + correlationId
                    + " is waited for already; give each question another one, or none");
        }
        return answer;
    }

    void forget(String correlationId) {
        waiting.remove(correlationId);
    }

    @Override
    public void close() {
        lock.lock();
        try {
            if (client != null) {
                client.close();
            }
            if (thread != null) {
                thread.interrupt();
            }
        } finally {
            lock.unlock();
        }
    }

    /** After an outage that outlived the queue there is another one; answers to the old one are lost. */
    private void open() {
        if (client != null) {
            client.close();
        }
        Client opened = queue.client();
        String temporary = opened.createTemporaryQueue();
        ActiveConsumer consumer = opened.consume(temporary);
        client = opened;
        address = temporary;
        Thread receiving = new Thread(() -> receive(opened, consumer), "pgqueue-replies");
        receiving.setDaemon(true);
        receiving.start();
        thread = receiving;
    }

    private void receive(Client of, ActiveConsumer consumer) {
        try {
            while (!Thread.currentThread().isInterrupted() && !of.lost()) {
                try {
                    List<Delivery> answers = consumer.receiver().receive(BATCH, WAIT);
                    queue.ack(answers);
                    answers.forEach(this::answered);
                } catch (RuntimeException e) {
                    LOG.warn("Could not receive answers, and tries again: {}", e.getMessage());
                    Thread.sleep(RETRY_MS);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void answered(Delivery answer) {
        String correlationId = answer.headers().correlationId();
        CompletableFuture<Delivery> asked = correlationId == null ? null : waiting.remove(correlationId);
        if (asked == null) {
            LOG.debug("Nobody waits for {} any more", answer);
        } else {
            asked.complete(answer);
        }
    }
}
