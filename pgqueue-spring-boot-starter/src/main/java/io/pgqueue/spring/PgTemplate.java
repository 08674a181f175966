// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring;

import static io.pgqueue.InvalidArgumentException.requireGiven;

import io.pgqueue.CancelResult;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.PublishResult;
import io.pgqueue.UnavailableException;
import io.pgqueue.client.AsyncSends;
import io.pgqueue.client.Completion;
import io.pgqueue.client.PgQueue;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.transaction.IllegalTransactionStateException;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Sends messages inside the caller's Spring transaction. Safe for use by several threads.
 *
 * @see TemplateTransaction
 */
public final class PgTemplate implements PgOperations, AutoCloseable {

    private static final String SENDING = "Sending to";
    private static final Duration CLOSE_WAIT = Duration.ofSeconds(5);

    private final PgQueue queue;
    private final SpringConnectionSource source;
    private final PgMessageConverter converter;
    private final TemplateTransaction transaction;
    private final List<OutgoingMessagePostProcessor> postProcessors;
    private final @Nullable SendInterceptor interceptor;
    private final TransactionTemplate outside;
    private final TemplateReceiver receiver;
    private final AsyncSends<TemplateAsyncSend> async = TemplateAsyncSend.background();

    private PgTemplate(Builder builder) {
        this.queue = builder.queue;
        this.source = builder.source;
        this.converter = builder.converter;
        this.transaction = builder.transaction;
        List<OutgoingMessagePostProcessor> processors = new ArrayList<>();
        if (builder.inheritsConversation) {
            processors.add(new Conversation());
        }
        processors.addAll(builder.postProcessors);
        this.postProcessors = List.copyOf(processors);
        this.interceptor = builder.interceptor;
        this.receiver = new TemplateReceiver(this, source);
        this.outside = new TransactionTemplate(builder.manager);
        outside.setPropagationBehavior(TransactionDefinition.PROPAGATION_NOT_SUPPORTED);
    }

    /**
     * @param source the one that {@code queue} was built with
     * @param manager manages transactions of the same DataSource
     * @throws IllegalArgumentException if the manager is known to manage another DataSource
     */
    public static Builder builder(
            PgQueue queue,
            SpringConnectionSource source,
            PgMessageConverter converter,
            PlatformTransactionManager manager) {
        return new Builder(queue, source, converter, manager);
    }

    @Override
    public DestinationSpec destination(String name) {
        return new TemplateDestination(this, requireGiven("name", name), transaction);
    }

    @Override
    public PublishResult convertAndSend(String destination, Object payload) {
        return convertAndSend(destination, payload, Map.of());
    }

    @Override
    public PublishResult convertAndSend(String destination, Object payload, Map<String, ?> headers) {
        return send(destination, converter.toOutgoing(payload, headers));
    }

    @Override
    public List<PublishResult> convertAndSendAll(String destination, Collection<?> payloads) {
        return send(
                destination,
                requireGiven("payloads", payloads).stream()
                        .map(payload -> converter.toOutgoing(payload, Map.of()))
                        .toList());
    }

    @Override
    public PublishResult send(String destination, OutgoingMessage message) {
        return send(destination, message, transaction);
    }

    @Override
    public List<PublishResult> send(String destination, List<OutgoingMessage> messages) {
        return send(destination, messages, transaction);
    }

    @Override
    public CompletableFuture<PublishResult> convertAndSendAsync(String destination, Object payload) {
        return destination(requireGiven("destination", destination)).sendAsync(payload);
    }

    @Override
    public Completion convertAndSendTracked(String destination, Object payload) {
        return destination(requireGiven("destination", destination)).sendTracked(payload);
    }

    @Override
    public List<CancelResult> cancel(UUID messageId) {
        return inTransaction(
                "Cancelling message",
                messageId,
                transaction,
                () -> queue.scheduling().cancel(messageId));
    }

    @Override
    public List<String> reschedule(UUID messageId, Instant time) {
        return inTransaction(
                "Rescheduling message",
                messageId,
                transaction,
                () -> queue.scheduling().reschedule(messageId, time));
    }

    /** Sends what waits to be sent in the background, for a few seconds; other sending still works. */
    @Override
    public void close() {
        async.close(CLOSE_WAIT);
    }

    /**
     * {@link #send(String, OutgoingMessage)} with another policy than the template's.
     *
     * @throws io.pgqueue.PgQueueException as {@link PgQueue#publish} says
     */
    public PublishResult send(String destination, OutgoingMessage message, TemplateTransaction policy) {
        return publish(destination, process(destination, message), policy, interceptor);
    }

    List<PublishResult> send(String destination, List<OutgoingMessage> messages, TemplateTransaction policy) {
        List<OutgoingMessage> processed = requireGiven("messages", messages).stream()
                .map(message -> process(destination, message))
                .toList();
        return interceptor == null || processed.isEmpty()
                ? inTransaction(SENDING, destination, policy, () -> queue.publish(destination, processed))
                : interceptor.send(
                        destination,
                        processed,
                        sent -> inTransaction(SENDING, destination, policy, () -> queue.publish(destination, sent)));
    }

    CompletableFuture<PublishResult> sendAsync(
            String destination, OutgoingMessage message, TemplateTransaction policy) {
        boolean alone = policy == TemplateTransaction.REQUIRES_NEW
                || policy == TemplateTransaction.SUPPORTS
                        && !TransactionSynchronizationManager.isActualTransactionActive();
        if (!alone) {
            // The transaction is this thread's.
            return TemplateAsyncSend.withTransaction(send(destination, message, policy));
        }
        OutgoingMessage processed = process(destination, message);
        SendInterceptor inThatThread = interceptor == null ? null : interceptor.forOtherThread();
        return async.send(new TemplateAsyncSend(
                processed.bodyBytes(),
                () -> publish(destination, processed, TemplateTransaction.SUPPORTS, inThatThread)));
    }

    Completion sendTracked(String destination, OutgoingMessage message, Duration keep, TemplateTransaction policy) {
        OutgoingMessage processed = process(destination, message);
        if (interceptor == null) {
            return publishTracked(destination, processed, keep, policy);
        }
        List<Completion> tracked = new ArrayList<>(1);
        interceptor.send(destination, List.of(processed), sent -> {
            Completion completion = publishTracked(destination, sent.get(0), keep, policy);
            tracked.add(completion);
            // To how many it went is not known here, only whether to anybody.
            return List.of(new PublishResult(
                    completion.messageId(), completion.future().isDone() ? 0 : 1));
        });
        return tracked.get(0);
    }

    <T> T inTransaction(String what, Object whom, TemplateTransaction policy, Supplier<T> work) {
        if (policy == TemplateTransaction.REQUIRES_NEW) {
            return Objects.requireNonNull(outside.execute(status -> work.get()));
        }
        boolean active = TransactionSynchronizationManager.isActualTransactionActive();
        if ((active || policy == TemplateTransaction.MANDATORY) && !joins()) {
            throw new IllegalTransactionStateException(
                    active
                            ? what + " '" + whom + "' cannot join the current transaction, which belongs to another "
                                    + "transaction manager or DataSource: it would stay done when that rolls back. Name "
                                    + "the manager of pgqueue's DataSource in @Transactional, or ask for a transaction of "
                                    + "its own with requires-new"
                            : what + " '" + whom + "' needs a transaction of the DataSource that pgqueue uses "
                                    + "(policy mandatory), but there is none; call it from a @Transactional method");
        }
        return work.get();
    }

    PgMessageConverter converter() {
        return converter;
    }

    /** What it sends by. */
    public PgQueue queue() {
        return queue;
    }

    TemplateReceiver receiver() {
        return receiver;
    }

    /** Whether an operation now joins the transaction of the calling thread. */
    boolean joins() {
        try {
            return source.joins();
        } catch (SQLException e) {
            throw new UnavailableException(
                    "The connection of the current transaction does not work: " + e.getMessage()
                            + "; roll back and try again",
                    e);
        }
    }

    private OutgoingMessage process(String destination, OutgoingMessage message) {
        requireGiven("destination", destination);
        OutgoingMessage processed = requireGiven("message", message);
        for (OutgoingMessagePostProcessor processor : postProcessors) {
            processed = processor.process(destination, processed);
        }
        return processed;
    }

    private PublishResult publish(
            String destination, OutgoingMessage message, TemplateTransaction policy, @Nullable SendInterceptor around) {
        if (around == null) {
            return inTransaction(SENDING, destination, policy, () -> queue.publish(destination, message));
        }
        return around.send(
                        destination,
                        List.of(message),
                        sent -> List.of(inTransaction(
                                SENDING, destination, policy, () -> queue.publish(destination, sent.get(0)))))
                .get(0);
    }

    private Completion publishTracked(
            String destination, OutgoingMessage message, Duration keep, TemplateTransaction policy) {
        return inTransaction(SENDING, destination, policy, () -> queue.publishTracked(destination, message, keep));
    }

    /** Not safe for use by several threads. */
    public static final class Builder {

        private final PgQueue queue;
        private final SpringConnectionSource source;
        private final PgMessageConverter converter;
        private final PlatformTransactionManager manager;
        private final List<OutgoingMessagePostProcessor> postProcessors = new ArrayList<>();
        private TemplateTransaction transaction = TemplateTransaction.SUPPORTS;
        private boolean inheritsConversation = true;
        private @Nullable SendInterceptor interceptor;

        private Builder(
                PgQueue queue,
                SpringConnectionSource source,
                PgMessageConverter converter,
                PlatformTransactionManager manager) {
            source.requireManagedBy(manager);
            source.requireJoinedBy(queue);
            this.queue = queue;
            this.source = source;
            this.converter = converter;
            this.manager = manager;
        }

        /** What sends do about the caller's transaction; default SUPPORTS. */
        public Builder transaction(TemplateTransaction policy) {
            this.transaction = policy;
            return this;
        }

        /**
         * Whether messages sent by a handler get the correlation id of the one being handled, unless they have their own,
         * and its id as property {@code JMS_PGQ_CausationId}; default true.
         */
        public Builder inheritsConversation(boolean inherits) {
            this.inheritsConversation = inherits;
            return this;
        }

        /** One more, after those before. */
        public Builder postProcessor(OutgoingMessagePostProcessor processor) {
            postProcessors.add(processor);
            return this;
        }

        /** Stands around every send, after the post-processors; default none. A second one takes the place of the first. */
        public Builder interceptor(SendInterceptor around) {
            this.interceptor = around;
            return this;
        }

        public PgTemplate build() {
            return new PgTemplate(this);
        }
    }
}
