// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.autoconfigure;

import io.pgqueue.client.PgQueue;
import io.pgqueue.spring.actuate.PgListenersEndpoint;
import io.pgqueue.spring.actuate.PgListenersEndpointWebExtension;
import io.pgqueue.spring.actuate.PgQueueEndpoint;
import io.pgqueue.spring.actuate.PgQueueEndpoint.Action;
import io.pgqueue.spring.actuate.PgQueueEndpointWebExtension;
import io.pgqueue.spring.listener.PgListenerEndpointRegistry;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.actuate.autoconfigure.endpoint.expose.EndpointExposure;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;

/** Auto-configuration for the Actuator endpoints {@code pgqueue} and {@code pgqueuelisteners}, if they are exposed. */
@AutoConfiguration(after = PgQueueListenerAutoConfiguration.class)
@ConditionalOnClass(ConditionalOnAvailableEndpoint.class)
@ConditionalOnBean(PgQueue.class)
@EnableConfigurationProperties(PgQueueEndpointProperties.class)
public final class PgQueueEndpointAutoConfiguration {

    PgQueueEndpointAutoConfiguration() {}

    @Bean
    @ConditionalOnAvailableEndpoint
    @ConditionalOnMissingBean
    PgQueueEndpoint pgQueueEndpoint(
            PgQueue queue, ObjectProvider<PgListenerEndpointRegistry> registry, PgQueueEndpointProperties properties) {
        return new PgQueueEndpoint(queue, registry.getIfUnique(), allowed(properties));
    }

    @Bean
    @ConditionalOnAvailableEndpoint(exposure = EndpointExposure.WEB)
    @ConditionalOnMissingBean
    @ConditionalOnBean(PgQueueEndpoint.class)
    PgQueueEndpointWebExtension pgQueueEndpointWebExtension(PgQueueEndpoint endpoint) {
        return new PgQueueEndpointWebExtension(endpoint);
    }

    @Bean
    @ConditionalOnAvailableEndpoint
    @ConditionalOnMissingBean
    @ConditionalOnBean(PgListenerEndpointRegistry.class)
    PgListenersEndpoint pgListenersEndpoint(PgListenerEndpointRegistry registry, PgQueueEndpointProperties properties) {
        return new PgListenersEndpoint(registry, allowed(properties.listeners()));
    }

    @Bean
    @ConditionalOnAvailableEndpoint(exposure = EndpointExposure.WEB)
    @ConditionalOnMissingBean
    @ConditionalOnBean(PgListenersEndpoint.class)
    PgListenersEndpointWebExtension pgListenersEndpointWebExtension(PgListenersEndpoint endpoint) {
        return new PgListenersEndpointWebExtension(endpoint);
    }

    private static Set<Action> allowed(PgQueueEndpointProperties properties) {
        return chosen(Map.of(
                Action.PAUSE, properties.allowPause(),
                Action.RESUME, properties.allowResume(),
                Action.REDRIVE, properties.allowRedrive(),
                Action.PURGE, properties.allowPurge()));
    }

    private static Set<PgListenersEndpoint.Action> allowed(PgQueueEndpointProperties.Listeners properties) {
        return chosen(Map.of(
                PgListenersEndpoint.Action.START, properties.allowStart(),
                PgListenersEndpoint.Action.STOP, properties.allowStop(),
                PgListenersEndpoint.Action.PAUSE, properties.allowPause(),
                PgListenersEndpoint.Action.RESUME, properties.allowResume()));
    }

    private static <A> Set<A> chosen(Map<A, Boolean> allowed) {
        return allowed.entrySet().stream()
                .filter(Map.Entry::getValue)
                .map(Map.Entry::getKey)
                .collect(Collectors.toUnmodifiableSet());
    }
}
