// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueue.jms.PgJmsConnectionFactory;
import io.pgqueue.spring.jms.PgJmsListenerContainerFactory;
import io.pgqueue.spring.testing.QueueApplication;
import jakarta.jms.ConnectionFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jms.autoconfigure.JmsAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.jms.config.DefaultJmsListenerContainerFactory;
import org.springframework.jms.core.JmsClient;
import org.springframework.jms.core.JmsTemplate;

class PgQueueJmsAutoConfigurationTest {

    private final ApplicationContextRunner runner = QueueApplication.jms(new PGSimpleDataSource())
            .withPropertyValues(
                    "spring.datasource.url=jdbc:postgresql://localhost:1/none",
                    "pgqueue.schema.initialize=never",
                    "pgqueue.wakeup.enabled=false",
                    "pgqueue.maintenance.enabled=false");

    @Test
    void bootMakesItsBeansOfOurConnectionFactory() {
        runner.run(context -> assertThat(context)
                .hasNotFailed()
                .hasSingleBean(JmsTemplate.class)
                .hasSingleBean(JmsClient.class)
                .getBean(ConnectionFactory.class)
                .isInstanceOf(PgJmsConnectionFactory.class));
        runner.run(context -> assertThat(context.getBean("jmsListenerContainerFactory"))
                .isInstanceOf(PgJmsListenerContainerFactory.class));
    }

    @Test
    void anotherConnectionFactoryWinsWithBootsOwnContainers() {
        ConnectionFactory other = new PgJmsConnectionFactory("jdbc:postgresql://localhost:1/other");
        runner.withBean(ConnectionFactory.class, () -> other).run(context -> {
            assertThat(context).getBean(ConnectionFactory.class).isSameAs(other);
            assertThat(context)
                    .doesNotHaveBean(PgJmsListenerContainerFactory.class)
                    .hasSingleBean(DefaultJmsListenerContainerFactory.class);
        });
    }

    @Test
    void theApplicationsContainerFactoryWins() {
        runner.withBean(
                        "jmsListenerContainerFactory",
                        DefaultJmsListenerContainerFactory.class,
                        DefaultJmsListenerContainerFactory::new)
                .run(context -> assertThat(context)
                        .hasNotFailed()
                        .hasSingleBean(PgJmsConnectionFactory.class)
                        .doesNotHaveBean(PgJmsListenerContainerFactory.class));
    }

    @ParameterizedTest
    @CsvSource({"pgqueue.jms.enabled", "pgqueue.enabled"})
    void canBeSwitchedOff(String property) {
        runner.withPropertyValues(property + "=false")
                .run(context -> assertThat(context).hasNotFailed().doesNotHaveBean(ConnectionFactory.class));
    }

    @Test
    void needsADataSource() {
        new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(
                        PgQueueAutoConfiguration.class, PgQueueJmsAutoConfiguration.class, JmsAutoConfiguration.class))
                .run(context -> assertThat(context).hasNotFailed().doesNotHaveBean(ConnectionFactory.class));
    }

    @Test
    void applicationsWithoutSpringJmsStart() {
        runner.withClassLoader(new FilteredClassLoader("org.springframework.jms"))
                .run(context -> assertThat(context).hasNotFailed().doesNotHaveBean(ConnectionFactory.class));
    }

    @Test
    void propertiesAndCustomizersReachTheFactory() {
        runner.withPropertyValues(
                        "pgqueue.jms.prefetch=7",
                        "pgqueue.jms.client-id=me",
                        "pgqueue.jms.lease=20s",
                        "pgqueue.jms.redelivery-backoff=true",
                        "pgqueue.jms.object-classes=com.example.One,com.example.Two",
                        "pgqueue.missing-destination=create")
                .withBean(
                        PgJmsConnectionFactoryCustomizer.class,
                        () -> (PgJmsConnectionFactory factory) -> factory.setMaxDeliveryAttempts(9))
                .run(context -> assertThat(context.getBean(PgJmsConnectionFactory.class))
                        .asString()
                        .contains(
                                "prefetch=7",
                                "clientId=me",
                                "lease=20000",
                                "redeliveryDelay=policy",
                                "objectClasses=com.example.One,com.example.Two",
                                "autoCreate=true",
                                "maxDeliveryAttempts=9"));
    }

    @ParameterizedTest
    @CsvSource({"pgqueue.jms.prefetch, 0", "pgqueue.jms.lease, 100ms"})
    void aWrongValueNamesTheProperty(String property, String value) {
        runner.withPropertyValues(property + "=" + value)
                .run(context -> assertThat(context).getFailure().rootCause().hasMessageContaining(property));
    }
}
