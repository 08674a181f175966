// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.interop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.pgqueue.Delivery;
import io.pgqueue.QueueSpec;
import io.pgqueue.client.PgQueue;
import io.pgqueue.spring.PgTemplate;
import io.pgqueue.spring.testing.ListenerTest;
import io.pgqueue.spring.testing.QueueApplication;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.boot.autoconfigure.AutoConfigurationPackage;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.task.TaskExecutionAutoConfiguration;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.modulith.events.EventExternalizationConfiguration;
import org.springframework.modulith.events.Externalized;
import org.springframework.modulith.events.IncompleteEventPublications;
import org.springframework.modulith.events.config.EventExternalizationAutoConfiguration;
import org.springframework.modulith.events.config.EventPublicationAutoConfiguration;
import org.springframework.modulith.events.support.EventExternalizerModuleListener;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;
import org.springframework.util.ClassUtils;

/** Spring Modulith's registry of publications, with a queue as the place that events go to. */
@PostgresTest(template = MigratedSchema.class)
class ModulithIT {

    @Externalized("orders")
    record OrderPlaced(int number) {}

    /** To a queue that is not there yet. */
    @Externalized("reminders")
    record ReminderDue(int number) {}

    @Test
    void anEventIsSentAfterTheCommitAndNotAfterARollback(PGSimpleDataSource database) {
        modules(database).run(context -> {
            PgQueue queue = context.getBean(PgQueue.class);
            queue.admin().declareQueue(QueueSpec.of("orders"));
            publish(context, new OrderPlaced(1), true);
            publish(context, new OrderPlaced(2), false);
            assertThat(queue.receiver("orders").receive(10, ListenerTest.LONG))
                    .extracting(Delivery::text)
                    .containsExactly("{\"number\":2}");
            await().atMost(ListenerTest.LONG)
                    .until(() -> publications(context, OrderPlaced.class, "completion_date is not null") == 1);
            assertThat(publications(context, OrderPlaced.class, "true")).isEqualTo(1);
        });
    }

    @Test
    void anEventThatCouldNotBeSentIsSentAgain(PGSimpleDataSource database) {
        modules(database).run(context -> {
            PgQueue queue = context.getBean(PgQueue.class);
            publish(context, new ReminderDue(3), false);
            await().atMost(ListenerTest.LONG)
                    .until(() -> publications(context, ReminderDue.class, "completion_date is null") == 1);
            queue.admin().declareQueue(QueueSpec.of("reminders"));
            IncompleteEventPublications incomplete = context.getBean(IncompleteEventPublications.class);
            await().atMost(ListenerTest.LONG).until(() -> {
                // At least once: one that is being tried is tried again.
                incomplete.resubmitIncompletePublications(publication -> true);
                return publications(context, ReminderDue.class, "completion_date is null") == 0;
            });
            assertThat(queue.receiver("reminders").receive(10, ListenerTest.LONG))
                    .isNotEmpty()
                    .extracting(Delivery::text)
                    .containsOnly("{\"number\":3}");
        });
    }

    private static ApplicationContextRunner modules(PGSimpleDataSource database) {
        return QueueApplication.on(database)
                .withConfiguration(AutoConfigurations.of(
                        TaskExecutionAutoConfiguration.class,
                        EventPublicationAutoConfiguration.class,
                        EventExternalizationAutoConfiguration.class,
                        hidden("jackson.JacksonEventSerializationConfiguration"),
                        hidden("jdbc.JdbcEventPublicationAutoConfiguration")))
                .withPropertyValues("spring.modulith.events.jdbc.schema-initialization.enabled=true")
                .withUserConfiguration(Modules.class);
    }

    /** Boot finds it by its name. */
    private static Class<?> hidden(String name) {
        return ClassUtils.resolveClassName("org.springframework.modulith.events." + name, null);
    }

    private static void publish(AssertableApplicationContext context, Object event, boolean rollBack) {
        new TransactionTemplate(context.getBean(PlatformTransactionManager.class)).executeWithoutResult(status -> {
            context.publishEvent(event);
            if (rollBack) {
                status.setRollbackOnly();
            }
        });
    }

    private static int publications(AssertableApplicationContext context, Class<?> event, String condition) {
        List<Integer> counts = context.getBean(JdbcTemplate.class)
                .query("select count(*) from event_publication where " + condition, (row, number) -> row.getInt(1));
        return counts.get(0);
    }

    @Configuration(proxyBeanMethods = false)
    @AutoConfigurationPackage
    static class Modules {

        // snippet: spring-modulith
        @Bean
        EventExternalizerModuleListener toQueues(EventExternalizationConfiguration events, PgTemplate template) {
            return new EventExternalizerModuleListener(events, (event, target) -> {
                template.convertAndSend(target.getTarget(), event);
                return CompletableFuture.completedFuture(event);
            });
        }
        // end snippet
    }
}
