// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.autoconfigure;

import io.pgqueue.client.PgQueue;
import io.pgqueue.schema.SchemaMigrator;
import io.pgqueue.spring.SpringConnectionSource;
import io.pgqueue.spring.actuate.PgQueueHealthIndicator;
import io.pgqueue.spring.listener.PgListenerEndpointRegistry;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;

/** Auto-configuration for the health of {@code pgqueue}; {@code management.health.pgqueue.enabled=false} leaves it out. */
@AutoConfiguration(after = PgQueueListenerAutoConfiguration.class)
@ConditionalOnClass({HealthIndicator.class, ConditionalOnEnabledHealthIndicator.class})
@ConditionalOnBean(PgQueue.class)
public final class PgQueueHealthAutoConfiguration {

    PgQueueHealthAutoConfiguration() {}

    @Bean
    @ConditionalOnEnabledHealthIndicator("pgqueue")
    @ConditionalOnMissingBean(name = "pgqueueHealthIndicator")
    PgQueueHealthIndicator pgqueueHealthIndicator(
            PgQueue queue,
            SpringConnectionSource source,
            PgQueueProperties properties,
            ObjectProvider<PgListenerEndpointRegistry> registry) {
        // Flyway keeps a history of its own, so there is nothing to compare with.
        @Nullable
        SchemaMigrator schema = properties.schema().initialize() == SchemaInitialization.NEVER
                ? null
                : new SchemaMigrator(source, new PgQueuePropertiesMapper(properties).schemaName());
        return new PgQueueHealthIndicator(queue, schema, registry.getIfUnique());
    }
}
