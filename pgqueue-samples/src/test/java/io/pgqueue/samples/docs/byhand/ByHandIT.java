// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.samples.docs.byhand;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.pgqueue.OutgoingMessage;
import io.pgqueue.client.PgQueue;
import io.pgqueue.testing.PostgresTest;
import jakarta.jms.ConnectionFactory;
import java.time.Duration;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.jms.core.JmsTemplate;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** pgqueue-core in a Spring application without the starter, as with Spring Boot 3.5. */
@PostgresTest
class ByHandIT {

    @Test
    void sendsAndWorkJoinSpringsTransactions(DataSource database) {
        try (AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext()) {
            context.registerBean(DataSource.class, () -> database);
            context.registerBean(JdbcTemplate.class, () -> new JdbcTemplate(database));
            context.registerBean(PlatformTransactionManager.class, () -> new JdbcTransactionManager(database));
            new JdbcTemplate(database).execute("create table shipments (address text primary key)");
            context.register(QueueConfiguration.class, ShipmentWorker.class);
            context.refresh();

            PgQueue queue = context.getBean(PgQueue.class);
            TransactionTemplate transactions =
                    new TransactionTemplate(context.getBean(PlatformTransactionManager.class));
            JmsTemplate jms = new JmsTemplate(context.getBean(ConnectionFactory.class));
            transactions.executeWithoutResult(status -> {
                queue.publish("shipments", OutgoingMessage.text("rolled back").build());
                jms.convertAndSend("shipments", "rolled back too");
                status.setRollbackOnly();
            });
            transactions.executeWithoutResult(status -> {
                queue.publish("shipments", OutgoingMessage.text("London").build());
                jms.convertAndSend("shipments", "Paris");
            });
            // The second one breaks the key: its transaction rolls back, and it is tried again.
            queue.publish("shipments", OutgoingMessage.text("London").build());
            await().atMost(Duration.ofSeconds(30))
                    .until(() -> queue.admin().stats("shipments").retrying() == 1);
            assertThat(context.getBean(JdbcTemplate.class)
                            .queryForList("select address from shipments order by 1", String.class))
                    .containsExactly("London", "Paris");
        }
    }
}
