// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring;

import io.pgqueue.OutgoingMessage;
import io.pgqueue.PublishResult;
import io.pgqueue.UnavailableException;
import io.pgqueue.client.PgQueue;
import java.sql.SQLException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
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

    private static final Logger LOG = LoggerFactory.getLogger(PgTemplate.class);

    private final PgQueue queue;
    private final SpringConnectionSource source;
    private final PgMessageConverter converter;
    private final TemplateTransaction transaction;
    private final TransactionTemplate outside;
    private final AtomicBoolean warned = new AtomicBoolean();

    /**
     * @param source the one that {@code queue} was built with
     * @param manager manages transactions of the same DataSource
     */
    public PgTemplate(
            PgQueue queue,
            SpringConnectionSource source,
            PgMessageConverter converter,
            TemplateTransaction transaction,
            PlatformTransactionManager manager) {
        this.queue = queue;
        this.source = source;
        this.converter = converter;
        this.transaction = transaction;
        this.outside = new TransactionTemplate(manager);
        outside.setPropagationBehavior(TransactionDefinition.PROPAGATION_NOT_SUPPORTED);
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
        return inTransaction(destination, () -> queue.publish(destination, message));
    }

    @Override
    public List<PublishResult> send(String destination, List<OutgoingMessage> messages) {
        return inTransaction(destination, () -> queue.publish(destination, messages));
    }

    private <T> T inTransaction(String destination, Supplier<T> send) {
        return switch (transaction) {
            case SUPPORTS -> {
                warnOfForeignTransaction(destination);
                yield send.get();
            }
            case MANDATORY -> {
                requireTransaction(destination);
                yield send.get();
            }
            case REQUIRES_NEW -> Objects.requireNonNull(outside.execute(status -> send.get()));
        };
    }

    private void requireTransaction(String destination) {
        if (!joins()) {
            throw new IllegalTransactionStateException("Sending to '" + destination
                    + "' needs a transaction of the DataSource that pgqueue uses (pgqueue.template.transaction=mandatory), "
                    + (TransactionSynchronizationManager.isActualTransactionActive()
                            ? "but the current one belongs to another transaction manager; name the right one in "
                                    + "@Transactional"
                            : "but there is none; call it from a @Transactional method"));
        }
    }

    private void warnOfForeignTransaction(String destination) {
        if (!TransactionSynchronizationManager.isActualTransactionActive() || joins()) {
            return;
        }
        String text = "The current transaction belongs to another transaction manager or DataSource, so the message to "
                + "'{}' is sent in a transaction of its own and stays when that one rolls back. Name the transaction "
                + "manager of pgqueue's DataSource in @Transactional, or set pgqueue.template.transaction: requires-new "
                + "if this is meant, mandatory to forbid it";
        if (warned.compareAndSet(false, true)) {
            LOG.warn(text, destination);
        } else {
            LOG.debug(text, destination);
        }
    }

    private boolean joins() {
        try {
            return source.joins();
        } catch (SQLException e) {
            throw new UnavailableException(
                    "The connection of the current transaction does not work: " + e.getMessage()
                            + "; roll back and try again",
                    e);
        }
    }
}
