// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import io.pgqueue.NotFoundException;
import io.pgqueue.client.PgQueue;
import io.pgqueue.client.Receiver;
import io.pgqueue.client.ReceiverOptions;
import io.pgqueue.spring.PgTemplate;
import io.pgqueue.spring.SpringConnectionSource;
import io.pgqueue.spring.TemplateTransaction;
import io.pgqueue.spring.TransactionMismatchException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.transaction.PlatformTransactionManager;

/** Makes containers that share a queue, a transaction manager and default options. Safe for use by several threads. */
public final class PgListenerContainerFactory implements DisposableBean {

    private static final int RENEWAL_THREADS = 2;

    private final PgQueue queue;
    private final SpringConnectionSource source;
    private final PlatformTransactionManager manager;
    private final ContainerOptions options;
    private final boolean virtualThreads;
    private final Consumer<PgListenerEvent> events;
    private final ProcessingObserver observer;
    private final ReplyPublisher replies;
    private final ScheduledThreadPoolExecutor renewals;

    private PgListenerContainerFactory(Builder builder) {
        this.queue = builder.queue;
        this.source = builder.source;
        this.manager = builder.manager;
        this.options = builder.options;
        this.virtualThreads = builder.virtualThreads;
        this.events = builder.events;
        this.replies = builder.replies;
        this.observer = new ProcessingObservers(builder.observers);
        this.renewals = new ScheduledThreadPoolExecutor(RENEWAL_THREADS, task -> {
            Thread thread = new Thread(task, "pgqueue-lease-renewal");
            thread.setDaemon(true);
            return thread;
        });
        renewals.setRemoveOnCancelPolicy(true);
    }

    /**
     * @param source the one that {@code queue} was built with
     * @param manager manages transactions of the same DataSource
     * @throws TransactionMismatchException if the manager is known to manage another DataSource, or the queue
     *     joins the transactions of another one
     */
    public static Builder builder(PgQueue queue, SpringConnectionSource source, PlatformTransactionManager manager) {
        return new Builder(queue, source, manager);
    }

    /** A container that does not run yet. */
    public PgListenerContainer createContainer(PgListenerEndpoint endpoint) {
        return new PgListenerContainer(
                endpoint, endpoint.options().apply(options.toBuilder()).build(), this);
    }

    @Override
    public void destroy() {
        renewals.shutdownNow();
    }

    /** Where return values of handlers go. */
    public ReplyPublisher replies() {
        return replies;
    }

    PgQueue queue() {
        return queue;
    }

    boolean virtualThreads() {
        return virtualThreads;
    }

    Consumer<PgListenerEvent> events() {
        return events;
    }

    ProcessingObserver observer() {
        return observer;
    }

    ScheduledExecutorService renewals() {
        return renewals;
    }

    /**
     * The lease time is fixed while the container runs, since leases are renewed by it: a change of the subscription's own
     * time counts from the next start.
     */
    Receiver receiver(PgListenerEndpoint endpoint, ContainerOptions options) {
        ReceiverOptions receiving = ReceiverOptions.DEFAULT.withLease(options.lease());
        new ListenerDeclaration(queue.admin(), endpoint, options.deadLetterQueue()).declare();
        if (endpoint.topic() == null) {
            receiving = receiving.withSelector(endpoint.filter().selector());
        }
        Receiver found = find(endpoint, receiving);
        if (options.lease() != null) {
            return found;
        }
        found.close();
        return queue.receiver(endpoint.topic(), endpoint.name(), receiving.withLease(found.leaseTime()));
    }

    HandlerExecution execution(PgListenerEndpoint endpoint, ContainerOptions options, DeliveryBuffer buffer) {
        return switch (options.ackMode()) {
            case TRANSACTION ->
                new TransactionExecution(endpoint, queue, source, manager, options.transactionTimeout());
            case AUTO -> new AutoExecution(endpoint, queue, buffer, renewals);
            case MANUAL -> new ManualExecution(endpoint, queue);
            case NONE -> new AtMostOnceExecution(endpoint, queue);
        };
    }

    private Receiver find(PgListenerEndpoint endpoint, ReceiverOptions receiving) {
        @Nullable String topic = endpoint.topic();
        try {
            return queue.receiver(topic, endpoint.name(), receiving);
        } catch (NotFoundException e) {
            throw new NotFoundException(
                    "The " + endpoint + " cannot start. " + e.getMessage()
                            + (topic == null
                                    ? ": as a bean of type QueueSpec, or set pgqueue.missing-destination=create"
                                    : ": as a bean of type SubscriptionSpec, and its topic as one of type TopicSpec"),
                    e);
        }
    }

    /** Not safe for use by several threads. */
    public static final class Builder {

        private final PgQueue queue;
        private final SpringConnectionSource source;
        private final PlatformTransactionManager manager;
        private ContainerOptions options = ContainerOptions.DEFAULT;
        private boolean virtualThreads;
        private Consumer<PgListenerEvent> events = event -> {};
        private ReplyPublisher replies;
        private final List<ProcessingObserver> observers = new ArrayList<>();

        private Builder(PgQueue queue, SpringConnectionSource source, PlatformTransactionManager manager) {
            source.requireManagedBy(manager);
            source.requireJoinedBy(queue);
            this.queue = queue;
            this.source = source;
            this.manager = manager;
            this.replies = queue::publish;
        }

        /** What endpoints do not say otherwise. */
        public Builder options(UnaryOperator<ContainerOptions.Builder> change) {
            this.options = change.apply(options.toBuilder()).build();
            return this;
        }

        /** Whether handlers run in virtual threads, which needs Java 21; default false. */
        public Builder virtualThreads(boolean virtual) {
            this.virtualThreads = virtual;
            return this;
        }

        /** Told of what containers do, usually {@code ApplicationEventPublisher::publishEvent}; default nobody. */
        public Builder events(Consumer<PgListenerEvent> listener) {
            this.events = listener;
            return this;
        }

        /** One more that watches what the containers do, inside those before. */
        public Builder observer(ProcessingObserver observer) {
            observers.add(observer);
            return this;
        }

        /**
         * Sends what handlers return, so that it inherits and is processed and traced as all that the template sends; always
         * in the handler's transaction, if there is one, whatever the template's policy. Default: it is published as it is.
         *
         * @throws TransactionMismatchException if the template sends by another {@link PgQueue}: its answers would be in another
         *     database, or outside the transaction
         */
        public Builder template(PgTemplate template) {
            if (template.queue() != queue) {
                throw new TransactionMismatchException("The template " + template
                        + " sends by another PgQueue than that of the listeners; build both with the same one");
            }
            this.replies = (destination, message) -> template.send(destination, message, TemplateTransaction.SUPPORTS);
            return this;
        }

        public PgListenerContainerFactory build() {
            return new PgListenerContainerFactory(this);
        }
    }
}
