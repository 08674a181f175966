// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.autoconfigure;

import io.pgqueue.QueueSpec;
import io.pgqueue.SubscriptionSpec;
import io.pgqueue.TopicSpec;
import io.pgqueue.client.PgQueue;
import io.pgqueue.spring.listener.PgListenerEndpointRegistry;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.Stream;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.context.annotation.Bean;

/**
 * Auto-configuration for the beans that declare queues, topics and subscriptions. After that of listeners, so that these are
 * known, though not started, when the beans are declared.
 */
@AutoConfiguration(after = PgQueueListenerAutoConfiguration.class)
@ConditionalOnClass(PgQueue.class)
@ConditionalOnBooleanProperty(name = "pgqueue.enabled", matchIfMissing = true)
@ConditionalOnBean({PgQueue.class, PgQueueProperties.class})
public final class PgQueueDeclarationAutoConfiguration {

    PgQueueDeclarationAutoConfiguration() {}

    @Bean
    PgQueueDeclarations pgQueueDeclarations(
            PgQueue queue,
            PgQueueProperties properties,
            ObjectProvider<QueueSpec> queues,
            ObjectProvider<TopicSpec> topics,
            ObjectProvider<SubscriptionSpec> subscriptions,
            ObjectProvider<Map<String, QueueSpec>> namedQueues,
            ObjectProvider<Map<String, TopicSpec>> namedTopics,
            ObjectProvider<Map<String, SubscriptionSpec>> namedSubscriptions,
            ObjectProvider<PgListenerEndpointRegistry> listeners) {
        return new PgQueueDeclarations(
                queue,
                properties.changedDestination(),
                queues,
                topics,
                subscriptions,
                () -> Stream.of(
                                declared(namedQueues, Declared::by),
                                declared(namedTopics, Declared::by),
                                declared(namedSubscriptions, Declared::by),
                                listeners.stream().flatMap(registry -> declared(registry, queue)))
                        .flatMap(Function.identity()));
    }

    private static <T> Stream<Declared> declared(
            ObjectProvider<Map<String, T>> beans, BiFunction<String, T, Declared> declaration) {
        return beans.getIfAvailable(Map::of).entrySet().stream()
                .map(bean -> declaration.apply(bean.getKey(), bean.getValue()));
    }

    /** Those that are going to be started, and of this queue: an application may listen in other databases too. */
    private static Stream<Declared> declared(PgListenerEndpointRegistry registry, PgQueue queue) {
        return registry.getListenerContainers().stream()
                .filter(container ->
                        container.queue() == queue && container.options().autoStartup())
                .map(Declared::by);
    }
}
