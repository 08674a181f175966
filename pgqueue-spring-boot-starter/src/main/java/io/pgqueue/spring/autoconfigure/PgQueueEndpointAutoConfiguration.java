// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.autoconfigure;

import io.pgqueue.client.PgQueue;
import io.pgqueue.spring.actuate.PgQueueEndpoint;
import io.pgqueue.spring.actuate.PgQueueEndpoint.Action;
import io.pgqueue.spring.listener.PgListenerEndpointRegistry;
import java.util.EnumSet;
import java.util.Set;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;

/** Auto-configuration for the Actuator endpoint {@code pgqueue}, if it is exposed. */
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

    private static Set<Action> allowed(PgQueueEndpointProperties properties) {
        Set<Action> allowed = EnumSet.noneOf(Action.class);
        if (properties.isAllowPause()) {
            allowed.add(Action.PAUSE);
        }
        if (properties.isAllowResume()) {
            allowed.add(Action.RESUME);
        }
        if (properties.isAllowRedrive()) {
            allowed.add(Action.REDRIVE);
        }
        if (properties.isAllowPurge()) {
            allowed.add(Action.PURGE);
        }
        return allowed;
    }
}
