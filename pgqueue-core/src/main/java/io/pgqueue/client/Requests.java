// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import io.pgqueue.ConflictException;
import io.pgqueue.Delivery;
import io.pgqueue.InvalidArgumentException;
import io.pgqueue.OutgoingMessage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Requests of this JVM and their replies: one temporary queue for all of them, read by one thread, which is started with the
 * first request and asks the database for nothing while no reply is awaited.
 */
final class Requests implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Requests.class);

    private static final int REPLIES_AT_ONCE = 100;
    private static final Duration WAIT = Duration.ofSeconds(1);

    private final Publisher publisher;
    private final Settlement settlement;
    private final Supplier<Client> clients;
    private final Map<String, CompletableFuture<Delivery>> awaited = new ConcurrentHashMap<>();
    private final AtomicLong late = new AtomicLong();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private @Nullable ReplyQueue replyQueue;
    private @Nullable Thread reader;
    private boolean closed;

    private record ReplyQueue(Client client, String name, ActiveConsumer consumer) {}

    /** @param publisher one that sends in transactions of its own */
    Requests(Publisher publisher, Settlement settlement, Supplier<Client> clients) {
        this.publisher = publisher;
        this.settlement = settlement;
        this.clients = clients;
    }

    Optional<Delivery> request(String destination, OutgoingMessage message, Duration timeout)
            throws InterruptedException {
        return request(message, timeout, addressed -> publisher.publish(destination, addressed));
    }

    /** @param send given the message with its id and where to reply; has committed it when it returns */
    Optional<Delivery> request(OutgoingMessage message, Duration timeout, Consumer<OutgoingMessage> send)
            throws InterruptedException {
        if (message.replyTo() != null) {
            throw new InvalidArgumentException("replyTo is '" + message.replyTo()
                    + "', must be absent: a request is answered to a queue of its own; publish it instead");
        }
        UUID id = message.messageId() == null ? MessageIds.next() : message.messageId();
        CompletableFuture<Delivery> reply = new CompletableFuture<>();
        List<String> keys = keys(id, message.correlationId());
        await(keys, reply);
        try {
            String replyTo = replyQueue().name();
            send.accept(message.toBuilder().messageId(id).replyTo(replyTo).build());
            return Optional.of(reply.get(timeout.toNanos(), TimeUnit.NANOSECONDS));
        } catch (TimeoutException none) {
            return Optional.empty();
        } catch (ExecutionException e) {
            throw new IllegalStateException("The queue of replies was closed", e);
        } finally {
            keys.forEach(key -> awaited.remove(key, reply));
        }
    }

    /**
     * An answer, addressed to where the request wants it.
     *
     * @throws InvalidArgumentException if it does not ask for one
     */
    static AddressedMessage answer(Delivery request, OutgoingMessage reply) {
        String replyTo = request.headers().replyTo();
        if (replyTo == null) {
            throw new InvalidArgumentException("replyTo of message " + request.messageId()
                    + " is absent, must be given: its sender does not ask for a reply");
        }
        String correlationId = request.headers().correlationId();
        return new AddressedMessage(
                replyTo,
                reply.toBuilder()
                        .correlationId(correlationId == null ? "ID:" + request.messageId() : correlationId)
                        .build());
    }

    /** Replies for which nobody waited any more. */
    long lateReplies() {
        return late.get();
    }

    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            if (reader != null) {
                reader.interrupt();
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        IllegalStateException ended = new IllegalStateException("The PgQueue was closed");
        awaited.values().forEach(reply -> reply.completeExceptionally(ended));
    }

    /** What a reply may name as its correlation: what the sender gave, else the message's id, as text or as in JMS. */
    private static List<String> keys(UUID id, @Nullable String correlationId) {
        List<String> keys = new ArrayList<>(List.of(id.toString(), "ID:" + id));
        if (correlationId != null && !keys.contains(correlationId)) {
            keys.add(correlationId);
        }
        return keys;
    }

    private void await(List<String> keys, CompletableFuture<Delivery> reply) {
        for (String key : keys) {
            if (awaited.putIfAbsent(key, reply) != null) {
                keys.forEach(each -> awaited.remove(each, reply));
                throw new ConflictException("A reply to '" + key
                        + "' is awaited already: give each request a correlation id of its own, or none");
            }
        }
    }

    /** Made with the first request, and anew when its client was lost. */
    private ReplyQueue replyQueue() {
        lock.lock();
        try {
            if (closed) {
                throw new IllegalStateException("The PgQueue is closed");
            }
            ReplyQueue known = replyQueue;
            if (known == null || known.client().lost()) {
                Client client = clients.get();
                String name = client.createTemporaryQueue();
                known = new ReplyQueue(client, name, client.consume(name));
                replyQueue = known;
            }
            if (reader == null) {
                reader = new Thread(this::read, "pgqueue-replies");
                reader.setDaemon(true);
                reader.start();
            }
            changed.signalAll();
            return known;
        } finally {
            lock.unlock();
        }
    }

    private void read() {
        try {
            while (true) {
                Receiver receiver = nextToRead();
                try {
                    List<Delivery> replies = receiver.receive(REPLIES_AT_ONCE, WAIT);
                    if (!replies.isEmpty()) {
                        settlement.ackAlone(replies);
                        replies.forEach(this::arrived);
                    }
                } catch (RuntimeException | Error e) {
                    LOG.warn("Replies could not be read, which is tried again: {}", e.getMessage());
                    TimeUnit.MILLISECONDS.sleep(WAIT.toMillis());
                }
            }
        } catch (InterruptedException closing) {
            Thread.currentThread().interrupt();
        }
    }

    private Receiver nextToRead() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (awaited.isEmpty()
                    || replyQueue == null
                    || replyQueue.client().lost()) {
                changed.await();
            }
            return Objects.requireNonNull(replyQueue).consumer().receiver();
        } finally {
            lock.unlock();
        }
    }

    private void arrived(Delivery reply) {
        String correlationId = reply.headers().correlationId();
        CompletableFuture<Delivery> waiting = correlationId == null ? null : awaited.get(correlationId);
        if (waiting == null || !waiting.complete(reply)) {
            late.incrementAndGet();
            LOG.debug("Reply {} came too late and was dropped", reply.messageId());
        }
    }
}
