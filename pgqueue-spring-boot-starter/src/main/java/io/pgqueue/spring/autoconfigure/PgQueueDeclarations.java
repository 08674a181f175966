// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.autoconfigure;

import io.pgqueue.ConflictException;
import io.pgqueue.NotFoundException;
import io.pgqueue.QueueSpec;
import io.pgqueue.SubscriptionSpec;
import io.pgqueue.TopicSpec;
import io.pgqueue.client.PgQueue;
import io.pgqueue.client.PgQueueAdmin;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.SmartInitializingSingleton;

/**
 * Declares the destinations that are beans: after all singletons were made, so that a class may both define such beans and
 * use the template, and before listeners start.
 */
final class PgQueueDeclarations implements SmartInitializingSingleton {

    private static final Logger LOG = LoggerFactory.getLogger(PgQueueDeclarations.class);

    private final PgQueue queue;
    private final ChangedDestination changed;
    private final ObjectProvider<QueueSpec> queues;
    private final ObjectProvider<TopicSpec> topics;
    private final ObjectProvider<SubscriptionSpec> subscriptions;
    private final Supplier<Stream<Declared>> all;

    /** @param all what beans and listeners say, which must agree before any of it is written */
    PgQueueDeclarations(
            PgQueue queue,
            ChangedDestination changed,
            ObjectProvider<QueueSpec> queues,
            ObjectProvider<TopicSpec> topics,
            ObjectProvider<SubscriptionSpec> subscriptions,
            Supplier<Stream<Declared>> all) {
        this.queue = queue;
        this.changed = changed;
        this.queues = queues;
        this.topics = topics;
        this.subscriptions = subscriptions;
        this.all = all;
    }

    @Override
    public void afterSingletonsInstantiated() {
        ContradictionException.refuse(all.get());
        PgQueueAdmin admin = queue.admin();
        queues.orderedStream().forEach(spec -> declare(spec, admin::declareQueue, admin::alterQueue));
        topics.orderedStream().forEach(spec -> declare(spec, admin::declareTopic, admin::alterTopic));
        subscriptions
                .orderedStream()
                .forEach(spec -> declare(spec, admin::declareSubscription, admin::alterSubscription));
    }

    private <T> void declare(T spec, Consumer<T> declare, Consumer<T> alter) {
        try {
            declare.accept(spec);
        } catch (ConflictException e) {
            switch (changed) {
                case FAIL -> throw e;
                case WARN -> LOG.warn("A bean is not what is stored, which stays: {}", e.getMessage());
                case UPDATE -> update(spec, alter, e);
            }
        }
    }

    private static <T> void update(T spec, Consumer<T> alter, ConflictException conflict) {
        try {
            alter.accept(spec);
        } catch (NotFoundException e) {
            // A queue is no topic, and a subscription stays with its topic.
            throw conflict;
        }
        LOG.info("Changed to what the bean says: {}", conflict.getMessage());
    }
}
