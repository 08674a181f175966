// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.autoconfigure;

import io.micrometer.observation.ObservationRegistry;
import io.pgqueue.client.PgQueue;
import io.pgqueue.spring.actuate.ObservedProcessing;
import io.pgqueue.spring.actuate.ObservedSends;
import io.pgqueue.spring.actuate.PgListenerObservationConvention;
import io.pgqueue.spring.actuate.PgTemplateObservationConvention;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.context.annotation.Bean;
import org.springframework.core.annotation.Order;

/** Auto-configuration for observations of the template and the listeners, if there is a registry for them. */
@AutoConfiguration(
        after = PgQueueListenerAutoConfiguration.class,
        afterName = "org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration")
@ConditionalOnClass(ObservationRegistry.class)
@ConditionalOnBean({PgQueue.class, ObservationRegistry.class})
@ConditionalOnBooleanProperty(name = "pgqueue.observation.enabled", matchIfMissing = true)
public final class PgQueueObservationAutoConfiguration {

    PgQueueObservationAutoConfiguration() {}

    @Bean
    PgTemplateCustomizer pgQueueObservationOfSends(
            ObservationRegistry registry, ObjectProvider<PgTemplateObservationConvention> convention) {
        ObservedSends observed = new ObservedSends(registry, convention.getIfUnique());
        return builder -> builder.interceptor(observed);
    }

    @Bean
    @Order(1)
    PgListenerContainerFactoryCustomizer pgQueueObservationOfListeners(
            ObservationRegistry registry, ObjectProvider<PgListenerObservationConvention> convention) {
        ObservedProcessing observed = new ObservedProcessing(registry, convention.getIfUnique());
        return builder -> builder.observer(observed);
    }
}
