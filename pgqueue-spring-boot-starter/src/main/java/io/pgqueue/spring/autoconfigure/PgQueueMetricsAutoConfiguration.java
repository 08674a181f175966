// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.autoconfigure;

import io.micrometer.core.instrument.MeterRegistry;
import io.pgqueue.client.PgQueue;
import io.pgqueue.spring.actuate.PgQueueMetrics;
import io.pgqueue.spring.actuate.PgQueueSampler;
import io.pgqueue.spring.listener.PgListenerEndpointRegistry;
import java.time.Duration;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.core.annotation.Order;

/** Auto-configuration for metrics, if there is a registry for them. */
@AutoConfiguration(
        after = PgQueueListenerAutoConfiguration.class,
        afterName = {
            "org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration",
            "org.springframework.boot.micrometer.metrics.autoconfigure.export.simple.SimpleMetricsExportAutoConfiguration"
        })
@ConditionalOnClass(MeterRegistry.class)
@ConditionalOnBean({PgQueue.class, MeterRegistry.class})
@ConditionalOnBooleanProperty(name = "pgqueue.metrics.enabled", matchIfMissing = true)
@EnableConfigurationProperties(PgQueueMetricsProperties.class)
public final class PgQueueMetricsAutoConfiguration {

    PgQueueMetricsAutoConfiguration() {}

    @Bean
    @ConditionalOnMissingBean
    PgQueueMetrics pgQueueMetrics(MeterRegistry registry) {
        return new PgQueueMetrics(registry);
    }

    @Bean
    @ConditionalOnMissingBean
    @ConditionalOnBean(PgListenerEndpointRegistry.class)
    PgQueueSampler pgQueueSampler(
            MeterRegistry registry,
            PgQueue queue,
            PgListenerEndpointRegistry listeners,
            PgQueueMetricsProperties properties) {
        return new PgQueueSampler(registry, queue, listeners, sampleInterval(properties));
    }

    /** The gauges show what the samples of the database say, so those must not be rarer. */
    @Bean
    PgQueueCustomizer pgQueueSamplesForMetrics(PgQueueMetricsProperties properties) {
        return builder -> builder.sampleInterval(sampleInterval(properties));
    }

    /** Outermost, so that the time of the others is part of the handler's. */
    @Bean
    @Order(0)
    PgListenerContainerFactoryCustomizer pgQueueMetricsOfListeners(PgQueueMetrics metrics) {
        return builder -> builder.observer(metrics);
    }

    private static Duration sampleInterval(PgQueueMetricsProperties properties) {
        return PgQueuePropertiesMapper.between(
                "pgqueue.metrics.sample-interval",
                properties.sampleInterval(),
                Duration.ofSeconds(1),
                Duration.ofMinutes(5));
    }
}
