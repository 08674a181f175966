// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueue.spring.testing.QueueApplication;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import jakarta.jms.ConnectionFactory;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.integration.config.EnableIntegration;
import org.springframework.integration.dsl.IntegrationFlow;
import org.springframework.integration.jms.dsl.Jms;
import org.springframework.jms.core.JmsTemplate;

/** Spring Integration's adapters, in and out, and its gateways. */
@PostgresTest(template = MigratedSchema.class)
class SpringIntegrationIT {

    @Test
    void aFlowConsumesAndSends(PGSimpleDataSource database) {
        QueueApplication.jms(database)
                .withPropertyValues("pgqueue.missing-destination=create")
                .withUserConfiguration(Flows.class)
                .run(context -> {
                    JmsTemplate template = context.getBean("jmsTemplate", JmsTemplate.class);
                    template.setReceiveTimeout(20_000);
                    template.convertAndSend("in", "hello");
                    assertThat(template.receiveAndConvert("out")).isEqualTo("re: HELLO");
                });
    }

    @Configuration(proxyBeanMethods = false)
    @EnableIntegration
    static class Flows {

        @Bean
        IntegrationFlow shouting(ConnectionFactory factory) {
            return IntegrationFlow.from(Jms.messageDrivenChannelAdapter(factory).destination("in"))
                    .transform(String.class, String::toUpperCase)
                    .handle(Jms.outboundGateway(factory).requestDestination("ask"))
                    .handle(Jms.outboundAdapter(factory).destination("out"))
                    .get();
        }

        @Bean
        IntegrationFlow answering(ConnectionFactory factory) {
            return IntegrationFlow.from(Jms.inboundGateway(factory).requestDestination("ask"))
                    .transform(String.class, text -> "re: " + text)
                    .get();
        }
    }
}
