// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueue.jms.PgJmsConnectionFactory;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import jakarta.jms.JMSContext;
import org.apache.camel.CamelContext;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.component.jms.JmsComponent;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/** Apache Camel's JMS component. */
@PostgresTest(template = MigratedSchema.class)
class CamelIT {

    private PgJmsConnectionFactory factory;
    private CamelContext camel;

    @BeforeEach
    void start(PGSimpleDataSource database) throws Exception {
        factory = new PgJmsConnectionFactory(database);
        factory.setAutoCreate(true);
        camel = new DefaultCamelContext();
        camel.addComponent("jms", JmsComponent.jmsComponentTransacted(factory));
        camel.addRoutes(new RouteBuilder() {
            @Override
            public void configure() {
                from("jms:in")
                        .process(exchange -> exchange.getMessage()
                                .setBody(exchange.getMessage().getBody(String.class) + "!"))
                        .to("jms:out");
                from("jms:ask")
                        .process(exchange -> exchange.getMessage()
                                .setBody("re: " + exchange.getMessage().getBody(String.class)));
            }
        });
        camel.start();
    }

    @AfterEach
    void stop() {
        camel.stop();
        factory.close();
    }

    @Test
    void aRouteConsumesAndSends() {
        try (JMSContext context = factory.createContext()) {
            context.createProducer().setProperty("color", "red").send(context.createQueue("in"), "hello");
            jakarta.jms.Message out =
                    context.createConsumer(context.createQueue("out")).receive(20_000);
            assertThat(out).isNotNull().satisfies(message -> {
                assertThat(message.getBody(String.class)).isEqualTo("hello!");
                assertThat(message.getStringProperty("color")).isEqualTo("red");
            });
        }
    }

    /** Over a temporary queue, which Camel creates and listens on. */
    @Test
    void aRequestHasItsReply() {
        assertThat(camel.createProducerTemplate().requestBody("jms:ask?transacted=false", "who", String.class))
                .isEqualTo("re: who");
    }
}
