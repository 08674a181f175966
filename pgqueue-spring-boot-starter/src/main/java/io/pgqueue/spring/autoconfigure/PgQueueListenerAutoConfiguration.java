// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.autoconfigure;

import io.pgqueue.client.PgQueue;
import io.pgqueue.spring.PgMessageConverter;
import io.pgqueue.spring.PgTemplate;
import io.pgqueue.spring.SpringConnectionSource;
import io.pgqueue.spring.annotation.PgListenerAnnotationBeanPostProcessor;
import io.pgqueue.spring.listener.DeliveryHandlerFactory;
import io.pgqueue.spring.listener.ListenerErrorHandler;
import io.pgqueue.spring.listener.PgListenerContainerFactory;
import io.pgqueue.spring.listener.PgListenerEndpointRegistry;
import java.time.Duration;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.thread.Threading;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.validation.Validator;

/** Auto-configuration for {@link io.pgqueue.spring.annotation.PgListener}. */
@AutoConfiguration(after = PgQueueAutoConfiguration.class)
@ConditionalOnClass(PgQueue.class)
@ConditionalOnBooleanProperty(name = "pgqueue.enabled", matchIfMissing = true)
public final class PgQueueListenerAutoConfiguration {

    PgQueueListenerAutoConfiguration() {}

    /** Also without a DataSource: then a listener method stops the start, instead of never being called. */
    @Bean
    static PgListenerAnnotationBeanPostProcessor pgListenerAnnotationBeanPostProcessor() {
        return new PgListenerAnnotationBeanPostProcessor();
    }

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnBean(PgQueue.class)
    static class ContainerConfiguration {

        private static final Duration DEFAULT_PHASE = Duration.ofSeconds(30);

        @Bean
        @ConditionalOnMissingBean
        PgListenerEndpointRegistry pgListenerEndpointRegistry(SpringConnectionSource source) {
            return new PgListenerEndpointRegistry(PoolSize.of(source.dataSource()));
        }

        @Bean
        @ConditionalOnMissingBean
        DeliveryHandlerFactory pgDeliveryHandlerFactory(
                PgMessageConverter converter,
                ObjectProvider<Validator> validator,
                ObjectProvider<PgDeliveryHandlerFactoryCustomizer> customizers,
                BeanFactory beanFactory) {
            DeliveryHandlerFactory.Builder builder =
                    DeliveryHandlerFactory.builder(converter, beanFactory).validator(validator.getIfUnique());
            customizers.orderedStream().forEach(customizer -> customizer.customize(builder));
            return builder.build();
        }

        @Bean
        @ConditionalOnMissingBean
        PgListenerContainerFactory pgListenerContainerFactory(
                PgQueue queue,
                SpringConnectionSource source,
                QueueTransactionManager transactions,
                PgQueueProperties properties,
                ObjectProvider<PgTemplate> templates,
                ObjectProvider<ListenerErrorHandler> errorHandler,
                ObjectProvider<PgListenerContainerFactoryCustomizer> customizers,
                ApplicationEventPublisher publisher,
                Environment environment) {
            PgQueuePropertiesMapper mapper = new PgQueuePropertiesMapper(properties);
            Duration phase = Binder.get(environment)
                    .bind("spring.lifecycle.timeout-per-shutdown-phase", Duration.class)
                    .orElse(DEFAULT_PHASE);
            PgListenerContainerFactory.Builder builder = PgListenerContainerFactory.builder(
                            queue, source, transactions.manager())
                    .options(options -> mapper.configure(options, phase, errorHandler.getIfUnique()))
                    .virtualThreads(Threading.VIRTUAL.isActive(environment))
                    .events(publisher::publishEvent);
            // An application may have templates of other databases too.
            templates
                    .orderedStream()
                    .filter(template -> template.queue() == queue)
                    .findFirst()
                    .ifPresent(builder::template);
            customizers.orderedStream().forEach(customizer -> customizer.customize(builder));
            return builder.build();
        }
    }
}
