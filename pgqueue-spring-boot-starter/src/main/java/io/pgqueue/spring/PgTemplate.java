// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring;

import io.pgqueue.OutgoingMessage;
import io.pgqueue.PublishResult;
import io.pgqueue.UnavailableException;
import io.pgqueue.client.PgQueue;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
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
public final class PgTemplate implements PgOperations {

    private final PgQueue queue;
    private final SpringConnectionSource source;
    private final PgMessageConverter converter;
    private final TemplateTransaction transaction;
    private final List<OutgoingMessagePostProcessor> postProcessors;
    private final @Nullable SendInterceptor interceptor;
    private final TransactionTemplate outside;

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
        return new TemplateDestination(this, name, transaction);
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
                payloads.stream()
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

    PublishResult send(String destination, OutgoingMessage message, TemplateTransaction policy) {
        OutgoingMessage processed = process(destination, message);
        if (interceptor == null) {
            return inTransaction(destination, policy, () -> queue.publish(destination, processed));
        }
        return interceptor
                .send(
                        destination,
                        List.of(processed),
                        sent -> List.of(
                                inTransaction(destination, policy, () -> queue.publish(destination, sent.get(0)))))
                .get(0);
    }

    List<PublishResult> send(String destination, List<OutgoingMessage> messages, TemplateTransaction policy) {
        List<OutgoingMessage> processed =
                messages.stream().map(message -> process(destination, message)).toList();
        return interceptor == null || processed.isEmpty()
                ? inTransaction(destination, policy, () -> queue.publish(destination, processed))
                : interceptor.send(
                        destination,
                        processed,
                        sent -> inTransaction(destination, policy, () -> queue.publish(destination, sent)));
    }

    PgMessageConverter converter() {
        return converter;
    }

    PgQueue queue() {
        return queue;
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
        OutgoingMessage processed = message;
        for (OutgoingMessagePostProcessor processor : postProcessors) {
            processed = processor.process(destination, processed);
        }
        return processed;
    }

    private <T> T inTransaction(String destination, TemplateTransaction policy, Supplier<T> send) {
        if (policy == TemplateTransaction.REQUIRES_NEW) {
            return Objects.requireNonNull(outside.execute(status -> send.get()));
        }
        boolean active = TransactionSynchronizationManager.isActualTransactionActive();
        if ((active || policy == TemplateTransaction.MANDATORY) && !joins()) {
            throw new IllegalTransactionStateException(
                    active
                            ? "Sending to '" + destination + "' cannot join the current transaction, which belongs to "
                                    + "another transaction manager or DataSource: the message would stay when it rolls "
                                    + "back. Name the manager of pgqueue's DataSource in @Transactional, or ask for a "
                                    + "transaction of its own with requires-new"
                            : "Sending to '" + destination
                                    + "' needs a transaction of the DataSource that pgqueue uses "
                                    + "(policy mandatory), but there is none; call it from a @Transactional method");
        }
        return send.get();
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
