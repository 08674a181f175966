// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.pgqueue.client.PgQueue;
import io.pgqueue.spring.PgOperations;
import io.pgqueue.spring.testing.ListenerTest;
import io.pgqueue.spring.testing.QueueApplication;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.time.Duration;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** With polling as good as switched off, messages arrive by wake-ups alone. */
@PostgresTest(template = MigratedSchema.class)
class WakeupIT {

    private static final Duration SOON = Duration.ofSeconds(10);

    private static ApplicationContextRunner application(PGSimpleDataSource database) {
        return QueueApplication.on(database).withPropertyValues("pgqueue.poll-interval=60s");
    }

    @Test
    void inTheSameJvmTheCommitWakes(PGSimpleDataSource database) {
        application(database).withPropertyValues("pgqueue.wakeup.enabled=false").run(context -> {
            ListenerTest test = ListenerTest.of(context, "local", settings -> settings);
            test.listen(delivery -> test.done(delivery.text()), options -> options);
            TransactionTemplate transaction =
                    new TransactionTemplate(context.getBean(PlatformTransactionManager.class));
            for (int i = 0; i < 3; i++) {
                String text = "text " + i;
                transaction.executeWithoutResult(status -> test.send(text));
                await().atMost(SOON).until(() -> test.done().contains(text));
            }
            assertThat(context.getBean(PgQueue.class).listening()).isFalse();
        });
    }

    @Test
    void betweenJvmsANotificationWakes(PGSimpleDataSource database) {
        application(database).run(receiving -> {
            ListenerTest test = ListenerTest.of(receiving, "remote", settings -> settings);
            test.listen(delivery -> test.done(delivery.text()), options -> options);
            await().atMost(SOON).until(() -> test.queue().listening());
            application(database).run(sending -> {
                sending.getBean(PgOperations.class).convertAndSend("remote", "x");
                await().atMost(SOON).until(() -> test.done().contains("x"));
            });
        });
    }

    /** A DataSource of the user's own says nothing of its URL by JdbcConnectionDetails. */
    @Test
    void theUrlOfAnOwnDataSourceIsFound(PGSimpleDataSource database) {
        application(database)
                .withBean(DataSource.class, () -> database)
                .run(context -> await().atMost(SOON)
                        .until(() -> context.getBean(PgQueue.class).listening()));
    }
}
