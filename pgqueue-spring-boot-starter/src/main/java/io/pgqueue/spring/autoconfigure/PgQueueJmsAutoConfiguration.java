// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.autoconfigure;

import io.pgqueue.client.PgQueue;
import io.pgqueue.jms.PgJmsConnectionFactory;
import io.pgqueue.spring.SpringConnectionSource;
import io.pgqueue.spring.jms.PgJmsListenerContainerFactory;
import jakarta.jms.ConnectionFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.jms.autoconfigure.DefaultJmsListenerContainerFactoryConfigurer;
import org.springframework.boot.jms.autoconfigure.JmsAutoConfiguration;
import org.springframework.boot.jms.autoconfigure.JndiConnectionFactoryAutoConfiguration;
import org.springframework.boot.thread.Threading;
import org.springframework.context.annotation.Bean;
import org.springframework.core.env.Environment;
import org.springframework.jms.core.JmsTemplate;

/**
 * Auto-configuration for Jakarta Messaging: the {@link ConnectionFactory} that Boot's own makes {@code JmsTemplate},
 * {@code JmsClient} and {@code @JmsListener} of, and the listeners' containers. An application that has another
 * {@link ConnectionFactory}, made by itself or by the auto-configuration of another broker, keeps that one.
 */
@AutoConfiguration(
        after = {PgQueueAutoConfiguration.class, JndiConnectionFactoryAutoConfiguration.class},
        afterName = {
            "org.springframework.boot.activemq.autoconfigure.ActiveMQAutoConfiguration",
            "org.springframework.boot.artemis.autoconfigure.ArtemisAutoConfiguration"
        },
        before = JmsAutoConfiguration.class)
@ConditionalOnClass({ConnectionFactory.class, JmsTemplate.class})
@ConditionalOnBooleanProperty(name = "pgqueue.jms.enabled", matchIfMissing = true)
@ConditionalOnBean(PgQueue.class)
@ConditionalOnMissingBean(ConnectionFactory.class)
public final class PgQueueJmsAutoConfiguration {

    PgQueueJmsAutoConfiguration() {}

    @Bean
    PgJmsConnectionFactory pgJmsConnectionFactory(
            PgQueue queue,
            SpringConnectionSource source,
            PgQueueProperties properties,
            ObjectProvider<PgJmsConnectionFactoryCustomizer> customizers) {
        PgJmsConnectionFactory factory = new PgJmsConnectionFactory(queue, source);
        new PgQueuePropertiesMapper(properties).configure(factory);
        customizers.orderedStream().forEach(customizer -> customizer.customize(factory));
        return factory;
    }

    /** Instead of Boot's, which makes the acknowledgement a transaction apart from the listener's work. */
    @Bean
    @ConditionalOnMissingBean(name = "jmsListenerContainerFactory")
    PgJmsListenerContainerFactory jmsListenerContainerFactory(
            DefaultJmsListenerContainerFactoryConfigurer configurer,
            PgJmsConnectionFactory connectionFactory,
            SpringConnectionSource source,
            QueueTransactionManager transactions,
            Environment environment) {
        PgJmsListenerContainerFactory factory = new PgJmsListenerContainerFactory(source, transactions.manager());
        configurer.configure(factory, connectionFactory);
        factory.setVirtualThreads(Threading.VIRTUAL.isActive(environment));
        return factory;
    }
}
