// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring;

import static io.pgqueue.InvalidArgumentException.requireGiven;

import io.pgqueue.CancelResult;
import io.pgqueue.InvalidArgumentException;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.PublishResult;
import io.pgqueue.ReplaceMode;
import io.pgqueue.client.Completion;
import io.pgqueue.client.PgQueue;
import io.pgqueue.client.Receiver;
import io.pgqueue.client.ReceiverOptions;
import io.pgqueue.client.Scheduling;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.messaging.Message;
import org.springframework.messaging.MessageHeaders;

/** Collects headers and options, and hands them to its template. */
final class TemplateDestination implements DestinationSpec {

    private static final Duration REPLY_TIMEOUT = Duration.ofSeconds(5);
    private static final Duration KEEP_OUTCOMES = Duration.ofHours(1);

    private final PgTemplate template;
    private final String name;
    private final Map<String, Object> headers = new HashMap<>();
    private TemplateTransaction transaction;
    private @Nullable String subscription;
    private @Nullable String selector;
    private @Nullable Duration timeout;

    TemplateDestination(PgTemplate template, String name, TemplateTransaction transaction) {
        this.template = template;
        this.name = name;
        this.transaction = transaction;
    }

    @Override
    public DestinationSpec property(String property, Object value) {
        headers.put(requireGiven("name", property), value);
        return this;
    }

    @Override
    public DestinationSpec headers(Map<String, ?> more) {
        headers.putAll(requireGiven("headers", more));
        return this;
    }

    @Override
    public DestinationSpec priority(int priority) {
        return property(PgHeaders.PRIORITY, priority);
    }

    @Override
    public DestinationSpec delay(Duration delay) {
        return property(PgHeaders.DELAY, delay);
    }

    @Override
    public DestinationSpec deliverAt(Instant time) {
        return property(PgHeaders.DELIVER_AT, time);
    }

    @Override
    public DestinationSpec timeToLive(Duration timeToLive) {
        return property(PgHeaders.TIME_TO_LIVE, timeToLive);
    }

    @Override
    public DestinationSpec group(String group) {
        return property(PgHeaders.GROUP, group);
    }

    @Override
    public DestinationSpec correlationId(String id) {
        return property(PgHeaders.CORRELATION_ID, id);
    }

    @Override
    public DestinationSpec replyTo(String destination) {
        return property(PgHeaders.REPLY_TO, destination);
    }

    @Override
    public DestinationSpec type(String type) {
        return property(PgHeaders.TYPE, type);
    }

    @Override
    public DestinationSpec dedupKey(String key) {
        return property(PgHeaders.DEDUP_KEY, key);
    }

    @Override
    public DestinationSpec replaceKey(String key, ReplaceMode mode) {
        return property(PgHeaders.REPLACE_KEY, key).property(PgHeaders.REPLACE_MODE, mode);
    }

    @Override
    public DestinationSpec messageId(UUID id) {
        return property(PgHeaders.MESSAGE_ID, id);
    }

    @Override
    public DestinationSpec contentType(String type) {
        return property(MessageHeaders.CONTENT_TYPE, type);
    }

    @Override
    public DestinationSpec transaction(TemplateTransaction policy) {
        this.transaction = requireGiven("policy", policy);
        return this;
    }

    @Override
    public PublishResult send(Object payload) {
        return template.send(name, outgoing(payload), transaction);
    }

    @Override
    public List<PublishResult> sendAll(Collection<?> payloads) {
        return template.send(
                name,
                requireGiven("payloads", payloads).stream().map(this::outgoing).toList(),
                transaction);
    }

    @Override
    public CompletableFuture<PublishResult> sendAsync(Object payload) {
        return template.sendAsync(name, outgoing(payload), transaction);
    }

    @Override
    public Completion sendTracked(Object payload) {
        return sendTracked(payload, KEEP_OUTCOMES);
    }

    @Override
    public Completion sendTracked(Object payload, Duration keep) {
        return template.sendTracked(name, outgoing(payload), keep, transaction);
    }

    @Override
    public CancelResult.Outcome cancel(UUID messageId) {
        return inTransaction(scheduling -> subscription == null
                ? scheduling.cancel(null, name, messageId)
                : scheduling.cancel(name, subscription, messageId));
    }

    @Override
    public int cancel(int limit) {
        Map<String, Function<Scheduling, Integer>> given = new TreeMap<>();
        if (headers.get(PgHeaders.CORRELATION_ID) instanceof String id) {
            given.put("correlationId", scheduling -> scheduling.cancelByCorrelationId(name, id, limit));
        }
        if (headers.get(PgHeaders.GROUP) instanceof String group) {
            given.put("group", scheduling -> scheduling.cancelByGroup(name, group, limit));
        }
        String text = selector;
        if (text != null) {
            given.put("selector", scheduling -> scheduling.cancelBySelector(name, text, limit));
        }
        if (given.size() != 1 || subscription != null) {
            throw new InvalidArgumentException("cancel(limit) in '" + name + "' has "
                    + (subscription == null ? given.keySet() : "a subscription")
                    + ", must have one of correlationId, group and selector, and cancels for all subscriptions");
        }
        return inTransaction(given.values().iterator().next());
    }

    @Override
    public DestinationSpec subscription(String subscriptionName) {
        this.subscription = requireGiven("name", subscriptionName);
        return this;
    }

    @Override
    public DestinationSpec selector(String text) {
        this.selector = requireGiven("selector", text);
        return this;
    }

    @Override
    public DestinationSpec timeout(Duration time) {
        this.timeout = requireGiven("timeout", time);
        return this;
    }

    @Override
    public <T> Optional<T> receive(Class<T> type) {
        return receiveMessage(type).map(Message::getPayload);
    }

    @Override
    public <T> Optional<Message<T>> receiveMessage(Class<T> type) {
        requireGiven("type", type);
        PgQueue queue = template.queue();
        ReceiverOptions options = ReceiverOptions.DEFAULT.withSelector(selector);
        try (Receiver receiver = subscription == null
                ? queue.receiver(null, name, options)
                : queue.receiver(name, subscription, options)) {
            return template.receiver().receive(receiver, timeout == null ? Duration.ZERO : timeout, type);
        }
    }

    @Override
    public <T> Optional<T> sendAndReceive(Object payload, Class<T> type) {
        requireGiven("type", type);
        OutgoingMessage question = outgoing(payload);
        String correlationId = question.correlationId();
        try {
            return template.queue()
                    .request(
                            question.toBuilder()
                                    .correlationId(
                                            correlationId == null
                                                    ? UUID.randomUUID().toString()
                                                    : correlationId)
                                    .replyTo(null)
                                    .build(),
                            timeout == null ? REPLY_TIMEOUT : timeout,
                            addressed -> template.send(name, addressed, TemplateTransaction.REQUIRES_NEW))
                    .map(answer -> template.receiver().convert(answer, type).getPayload());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }

    private <T> T inTransaction(Function<Scheduling, T> work) {
        return template.inTransaction(
                "Cancelling in",
                name,
                transaction,
                () -> work.apply(template.queue().scheduling()));
    }

    private OutgoingMessage outgoing(Object payload) {
        return template.converter().toOutgoing(payload, headers);
    }
}
