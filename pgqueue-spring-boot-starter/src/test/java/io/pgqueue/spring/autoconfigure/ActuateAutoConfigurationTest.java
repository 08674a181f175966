// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.observation.ObservationRegistry;
import io.pgqueue.client.PgQueue;
import io.pgqueue.spring.actuate.PgQueueEndpoint;
import io.pgqueue.spring.actuate.PgQueueHealthIndicator;
import io.pgqueue.spring.actuate.PgQueueMetrics;
import io.pgqueue.spring.actuate.PgQueueSampler;
import io.pgqueue.spring.testing.QueueApplication;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

/** What is there with which of the optional libraries. */
class ActuateAutoConfigurationTest {

    private final ApplicationContextRunner runner = QueueApplication.withoutDatabase()
            .withPropertyValues(
                    "spring.datasource.url=jdbc:postgresql://localhost:1/none",
                    "pgqueue.schema.initialize=never",
                    "pgqueue.wakeup.enabled=false",
                    "pgqueue.maintenance.enabled=false");

    @Test
    void healthIsThereUnlessSwitchedOff() {
        runner.run(context -> assertThat(context).hasSingleBean(PgQueueHealthIndicator.class));
        runner.withPropertyValues("management.health.pgqueue.enabled=false")
                .run(context -> assertThat(context).doesNotHaveBean(PgQueueHealthIndicator.class));
    }

    @Test
    void theEndpointIsThereOnlyWhenExposed() {
        runner.run(context -> assertThat(context).doesNotHaveBean(PgQueueEndpoint.class));
        runner.withPropertyValues("management.endpoints.web.exposure.include=pgqueue")
                .run(context -> assertThat(context).hasSingleBean(PgQueueEndpoint.class));
    }

    @Test
    void nothingOfItIsThereWithoutPgqueue() {
        runner.withPropertyValues("pgqueue.enabled=false", "management.endpoints.web.exposure.include=pgqueue")
                .run(context -> assertThat(context)
                        .hasNotFailed()
                        .doesNotHaveBean(PgQueueHealthIndicator.class)
                        .doesNotHaveBean(PgQueueEndpoint.class));
    }

    @Test
    void metricsAreThereWithARegistry() {
        runner.run(context -> assertThat(context)
                .doesNotHaveBean(PgQueueMetrics.class)
                .doesNotHaveBean(PgQueueObservationAutoConfiguration.class));
        runner.withBean(SimpleMeterRegistry.class)
                .run(context ->
                        assertThat(context).hasSingleBean(PgQueueMetrics.class).hasSingleBean(PgQueueSampler.class));
        runner.withBean(SimpleMeterRegistry.class)
                .withPropertyValues("pgqueue.metrics.enabled=false")
                .run(context -> assertThat(context).doesNotHaveBean(PgQueueMetrics.class));
    }

    @Test
    void observationsCanBeSwitchedOff() {
        ApplicationContextRunner observed = runner.withBean(ObservationRegistry.class, ObservationRegistry::create);
        observed.run(context -> assertThat(context).hasSingleBean(PgQueueObservationAutoConfiguration.class));
        observed.withPropertyValues("pgqueue.observation.enabled=false")
                .run(context -> assertThat(context).doesNotHaveBean(PgQueueObservationAutoConfiguration.class));
    }

    @Test
    void aWrongSampleIntervalIsNamed() {
        runner.withBean(SimpleMeterRegistry.class)
                .withPropertyValues("pgqueue.metrics.sample-interval=10ms")
                .run(context -> assertThat(context)
                        .getFailure()
                        .rootCause()
                        .hasMessageContaining("pgqueue.metrics.sample-interval"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "org.springframework.boot.health",
                "org.springframework.boot.actuate",
                "org.springframework.boot.micrometer",
                "io.micrometer"
            })
    void theQueueWorksWithoutThatLibrary(String missing) {
        runner.withPropertyValues("management.endpoints.web.exposure.include=pgqueue")
                .withClassLoader(new FilteredClassLoader(missing))
                .run(context -> assertThat(context).hasNotFailed().hasSingleBean(PgQueue.class));
    }
}
