// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.autoconfigure;

import io.pgqueue.QueueSpec;
import io.pgqueue.SubscriptionSpec;
import io.pgqueue.TopicSpec;
import io.pgqueue.client.PgQueue;
import io.pgqueue.client.PgQueueAdmin;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.SmartInitializingSingleton;

/**
 * Declares the destinations that are beans: after all singletons were made, so that a class may both define such beans and
 * use the template, and before listeners start.
 */
final class PgQueueDeclarations implements SmartInitializingSingleton {

    private final PgQueue queue;
    private final ObjectProvider<QueueSpec> queues;
    private final ObjectProvider<TopicSpec> topics;
    private final ObjectProvider<SubscriptionSpec> subscriptions;

    PgQueueDeclarations(
            PgQueue queue,
            ObjectProvider<QueueSpec> queues,
            ObjectProvider<TopicSpec> topics,
            ObjectProvider<SubscriptionSpec> subscriptions) {
        this.queue = queue;
        this.queues = queues;
        this.topics = topics;
        this.subscriptions = subscriptions;
    }

    @Override
    public void afterSingletonsInstantiated() {
        PgQueueAdmin admin = queue.admin();
        queues.orderedStream().forEach(admin::declareQueue);
        topics.orderedStream().forEach(admin::declareTopic);
        subscriptions.orderedStream().forEach(admin::declareSubscription);
    }
}
