// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import io.pgqueue.NotFoundException;
import io.pgqueue.QueueSpec;
import io.pgqueue.client.PgQueue;
import io.pgqueue.client.Receiver;
import io.pgqueue.client.ReceiverOptions;
import io.pgqueue.spring.SpringConnectionSource;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
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
    private final MissingDestination missingDestination;
    private final boolean virtualThreads;
    private final ScheduledThreadPoolExecutor renewals;

    /**
     * @param source the one that {@code queue} was built with
     * @param manager manages transactions of the same DataSource
     * @param options what endpoints do not say otherwise
     * @param missingDestination what to do about queues that do not exist
     * @param virtualThreads whether handlers run in virtual threads, which needs Java 21
     */
    public PgListenerContainerFactory(
            PgQueue queue,
            SpringConnectionSource source,
            PlatformTransactionManager manager,
            ContainerOptions options,
            MissingDestination missingDestination,
            boolean virtualThreads) {
        this.queue = queue;
        this.source = source;
        this.manager = manager;
        this.options = options;
        this.missingDestination = missingDestination;
        this.virtualThreads = virtualThreads;
        this.renewals = new ScheduledThreadPoolExecutor(RENEWAL_THREADS, task -> {
            Thread thread = new Thread(task, "pgqueue-lease-renewal");
            thread.setDaemon(true);
            return thread;
        });
        renewals.setRemoveOnCancelPolicy(true);
    }

    /** A container that does not run yet. */
    public PgListenerContainer createContainer(PgListenerEndpoint endpoint) {
        return new PgListenerContainer(endpoint, endpoint.options().apply(options), this);
    }

    @Override
    public void destroy() {
        renewals.shutdownNow();
    }

    PgQueue queue() {
        return queue;
    }

    boolean virtualThreads() {
        return virtualThreads;
    }

    ScheduledExecutorService renewals() {
        return renewals;
    }

    /**
     * The lease time is fixed while the container runs, since leases are renewed by it: a change of the subscription's own
     * time counts from the next start.
     */
    Receiver receiver(PgListenerEndpoint endpoint, ContainerOptions options) {
        Receiver found = find(endpoint, options);
        return options.lease() != null
                ? found
                : queue.receiver(
                        endpoint.topic(), endpoint.name(), ReceiverOptions.DEFAULT.withLease(found.leaseTime()));
    }

    HandlerExecution execution(PgListenerEndpoint endpoint, ContainerOptions options) {
        return switch (options.ackMode()) {
            case TRANSACTION -> new TransactionExecution(endpoint, queue, source, manager, options.maxProcessingTime());
            case AUTO -> new AutoExecution(endpoint, queue);
        };
    }

    private Receiver find(PgListenerEndpoint endpoint, ContainerOptions options) {
        @Nullable String topic = endpoint.topic();
        ReceiverOptions receiving = ReceiverOptions.DEFAULT.withLease(options.lease());
        try {
            return queue.receiver(topic, endpoint.name(), receiving);
        } catch (NotFoundException e) {
            if (topic != null || missingDestination == MissingDestination.FAIL) {
                throw new NotFoundException(
                        "The " + endpoint + " cannot start. " + e.getMessage()
                                + (topic == null
                                        ? ": as a bean of type QueueSpec, or set pgqueue.missing-destination=create"
                                        : ": as a bean of type SubscriptionSpec, and its topic as one of type TopicSpec"),
                        e);
            }
            queue.admin().declareQueue(QueueSpec.of(endpoint.name()));
            return queue.receiver(null, endpoint.name(), receiving);
        }
    }
}
