// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.jms;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import io.pgqueue.spring.annotation.PgListener;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import jakarta.jms.Message;
import jakarta.jms.Queue;
import jakarta.jms.TextMessage;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Configuration;
import org.springframework.jms.annotation.JmsListener;
import org.springframework.jms.core.JmsClient;
import org.springframework.jms.core.JmsTemplate;
import org.springframework.messaging.handler.annotation.SendTo;

/** An application with the starter and a database, in which nothing else is configured. */
@PostgresTest(template = MigratedSchema.class)
class JmsApplicationIT {

    private static final BlockingQueue<String> HANDLED = new LinkedBlockingQueue<>();

    private static ApplicationContextRunner application(PGSimpleDataSource database) {
        return new ApplicationContextRunner()
                .withUserConfiguration(Application.class)
                .withPropertyValues(
                        "spring.datasource.url=" + database.getURL(),
                        "spring.datasource.username=" + database.getUser(),
                        "pgqueue.missing-destination=create");
    }

    @Test
    void templateClientAndListenerWork(PGSimpleDataSource database) {
        application(database).run(context -> {
            JmsTemplate template = context.getBean(JmsTemplate.class);
            template.setReceiveTimeout(20_000);
            template.convertAndSend("requests", "by template");
            assertThat(HANDLED.poll(20, TimeUnit.SECONDS)).isEqualTo("by template");
            assertThat(template.receiveAndConvert("replies")).isEqualTo("re: by template");
            JmsClient client = context.getBean(JmsClient.class);
            client.destination("requests").withPriority(7).send("by client");
            assertThat(HANDLED.poll(20, TimeUnit.SECONDS)).isEqualTo("by client");
            assertThat(client.destination("replies").withReceiveTimeout(20_000).receive(String.class))
                    .contains("re: by client");
        });
    }

    /** As clients of Jakarta Messaging ask: the answer is the one that carries the id of the question. */
    @Test
    void aPgListenerAnswersAClientOfJms(PGSimpleDataSource database) {
        application(database).run(context -> {
            JmsTemplate template = context.getBean(JmsTemplate.class);
            String answer = template.execute(
                    session -> {
                        Queue replies = session.createTemporaryQueue();
                        TextMessage question = session.createTextMessage("who");
                        question.setJMSReplyTo(replies);
                        session.createProducer(session.createQueue("asked")).send(question);
                        String selector = "JMSCorrelationID = '" + question.getJMSMessageID() + "'";
                        Message received =
                                session.createConsumer(replies, selector).receive(20_000);
                        return received == null ? "none" : received.getBody(String.class);
                    },
                    true);
            assertThat(answer).isEqualTo("me, asked who");
        });
    }

    @Test
    void healthAsksTheDatabase(PGSimpleDataSource database) {
        application(database)
                .withPropertyValues("spring.datasource.hikari.connection-timeout=500")
                .run(context -> {
                    HealthIndicator health = context.getBean("jmsHealthContributor", HealthIndicator.class);
                    assertThat(health.health(true))
                            .satisfies(up -> assertThat(up.getStatus()).isEqualTo(Status.UP));
                    context.getBean(HikariDataSource.class).close();
                    assertThat(health.health(true))
                            .satisfies(down -> assertThat(down.getStatus()).isEqualTo(Status.DOWN));
                });
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Application {

        @PgListener("asked")
        String answer(String text) {
            return "me, asked " + text;
        }

        @JmsListener(destination = "requests")
        @SendTo("replies")
        String handle(String text) {
            HANDLED.add(text);
            return "re: " + text;
        }
    }
}
