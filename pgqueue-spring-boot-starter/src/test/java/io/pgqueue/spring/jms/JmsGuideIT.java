// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.jms;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.pgqueue.QueueSpec;
import io.pgqueue.spring.testing.QueueApplication;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jms.annotation.JmsListener;
import org.springframework.jms.core.JmsTemplate;
import org.springframework.messaging.handler.annotation.SendTo;
import org.springframework.transaction.annotation.EnableTransactionManagement;
import org.springframework.transaction.annotation.Transactional;

/** The examples of docs/jms.md. */
@PostgresTest(template = MigratedSchema.class)
class JmsGuideIT {

    @Test
    void theExamplesOfTheGuideWork(PGSimpleDataSource database) {
        JdbcTemplate jdbc = new JdbcTemplate(database);
        jdbc.execute("create table orders (text text, paid boolean not null default false)");
        QueueApplication.jms(database).withUserConfiguration(Guide.class).run(context -> {
            context.getBean(Orders.class).place("order 1");
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> !jdbc.queryForList("select 1 from orders where paid")
                            .isEmpty());
            JmsTemplate template = context.getBean(JmsTemplate.class);
            template.setReceiveTimeout(20_000);
            assertThat(template.receiveAndConvert("receipts")).isEqualTo("paid: order 1");
        });
    }

    static class Orders {

        private final JdbcTemplate jdbc;
        private final JmsTemplate jms;

        Orders(JdbcTemplate jdbc, JmsTemplate jms) {
            this.jdbc = jdbc;
            this.jms = jms;
        }

        // snippet: jms-spring
        @Transactional
        public void place(String order) {
            jdbc.update("insert into orders (text) values (?)", order);
            jms.convertAndSend("payments", order);
        }

        @JmsListener(destination = "payments")
        @SendTo("receipts")
        public String pay(String order) {
            jdbc.update("update orders set paid = true where text = ?", order);
            return "paid: " + order;
        }
        // end snippet
    }

    @Configuration(proxyBeanMethods = false)
    @EnableTransactionManagement(proxyTargetClass = true)
    static class Guide {

        @Bean
        static Orders orders(JdbcTemplate jdbc, JmsTemplate jms) {
            return new Orders(jdbc, jms);
        }

        @Bean
        static QueueSpec payments() {
            return QueueSpec.of("payments");
        }

        @Bean
        static QueueSpec receipts() {
            return QueueSpec.of("receipts");
        }
    }
}
