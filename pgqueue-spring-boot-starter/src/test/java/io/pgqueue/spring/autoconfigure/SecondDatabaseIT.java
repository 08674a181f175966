// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.pgqueue.QueueSpec;
import io.pgqueue.SchemaName;
import io.pgqueue.client.PgQueue;
import io.pgqueue.schema.SchemaMigrator;
import io.pgqueue.spring.PgMessageConverter;
import io.pgqueue.spring.PgOperations;
import io.pgqueue.spring.PgTemplate;
import io.pgqueue.spring.SpringConnectionSource;
import io.pgqueue.spring.annotation.PgListener;
import io.pgqueue.spring.listener.PgListenerContainerFactory;
import io.pgqueue.spring.testing.ListenerTest;
import io.pgqueue.spring.testing.QueueApplication;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.beans.factory.support.AbstractBeanDefinition;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Primary;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** SPR-12: which DataSource, and a second one. */
@PostgresTest(template = MigratedSchema.class)
class SecondDatabaseIT {

    private static PGSimpleDataSource other(PGSimpleDataSource database) {
        PGSimpleDataSource other = new PGSimpleDataSource();
        other.setUrl(database.getURL());
        other.setUser(database.getUser());
        return other;
    }

    @Test
    void theQualifiedDataSourceIsUsedAndItsManagerFound(PGSimpleDataSource database) {
        QueueApplication.on(database)
                .withBean("orders", DataSource.class, SecondDatabaseIT::unused, bean -> bean.setPrimary(true))
                .withUserConfiguration(Qualified.class)
                .run(context -> {
                    assertThat(context).hasNotFailed();
                    DataSource messages = context.getBean("messages", DataSource.class);
                    assertThat(context.getBean(SpringConnectionSource.class).dataSource())
                            .isSameAs(messages);
                    assertThat(context.getBean(QueueTransactionManager.class).manager())
                            .isSameAs(context.getBean("messagesManager"));
                });
    }

    @Test
    void aQualifiedManagerOfAnotherDataSourceStopsTheStart(PGSimpleDataSource database) {
        QueueApplication.on(database)
                .withUserConfiguration(WrongManager.class)
                .run(context -> assertThat(context)
                        .getFailure()
                        .rootCause()
                        .hasMessageContaining("work and messages would not be committed together"));
    }

    @Test
    void aListenerFactoryWithTheManagerOfAnotherDataSourceStopsTheStart(PGSimpleDataSource database) {
        QueueApplication.on(database)
                .withUserConfiguration(WrongFactory.class)
                .run(context -> assertThat(context)
                        .getFailure()
                        .rootCause()
                        .hasMessageContaining("work and messages would not be committed together"));
    }

    @Test
    void aSecondDatabaseHasItsOwnQueueTemplateAndListeners(PGSimpleDataSource database) {
        QueueApplication.on(database)
                .withBean(
                        "billingDatabase",
                        PGSimpleDataSource.class,
                        () -> other(database),
                        bean -> ((AbstractBeanDefinition) bean).setDefaultCandidate(false))
                .withUserConfiguration(Billing.class)
                .run(context -> {
                    assertThat(context).hasNotFailed();
                    context.getBean(PgQueue.class).admin().declareQueue(QueueSpec.of("only-first"));
                    PgOperations billing = context.getBean("billingTemplate", PgOperations.class);
                    TransactionTemplate transactions = new TransactionTemplate(
                            context.getBean("billingManager", PlatformTransactionManager.class));
                    transactions.executeWithoutResult(status -> {
                        billing.convertAndSend("invoices", "rolled back");
                        status.setRollbackOnly();
                    });
                    transactions.executeWithoutResult(status -> billing.convertAndSend("invoices", "kept"));
                    Billing seen = context.getBean(Billing.class);
                    await().atMost(ListenerTest.LONG).until(() -> seen.invoices.size() == 1);
                    assertThat(seen.invoices).containsExactly("kept");
                    assertThat(context.getBean(PgOperations.class))
                            .as("the first one is still the default")
                            .isNotSameAs(billing);
                });
    }

    private static DataSource unused() {
        return new PGSimpleDataSource();
    }

    @Configuration(proxyBeanMethods = false)
    static class Qualified {

        @Bean
        @PgQueueDataSource
        static DataSource messages(
                @Value("${spring.datasource.url}") String url, @Value("${spring.datasource.username}") String user) {
            PGSimpleDataSource messages = new PGSimpleDataSource();
            messages.setUrl(url);
            messages.setUser(user);
            return messages;
        }

        @Bean
        static PlatformTransactionManager messagesManager(@PgQueueDataSource DataSource messages) {
            return new JdbcTransactionManager(messages);
        }

        @Bean
        @Primary
        static PlatformTransactionManager ordersManager(@Qualifier("orders") DataSource orders) {
            return new JdbcTransactionManager(orders);
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class WrongManager {

        @Bean
        @PgQueueTransactionManager
        static PlatformTransactionManager other() {
            return new JdbcTransactionManager(unused());
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class WrongFactory {

        @Bean
        static PgListenerContainerFactory factory(PgQueue queue, SpringConnectionSource source) {
            return PgListenerContainerFactory.builder(queue, source, new JdbcTransactionManager(unused()))
                    .build();
        }
    }

    // snippet: spring-second-database
    @Configuration(proxyBeanMethods = false)
    static class Billing {

        final List<String> invoices = new CopyOnWriteArrayList<>();

        @Bean(defaultCandidate = false)
        SpringConnectionSource billingSource(@Qualifier("billingDatabase") DataSource database) {
            return new SpringConnectionSource(database);
        }

        @Bean(defaultCandidate = false)
        PlatformTransactionManager billingManager(@Qualifier("billingDatabase") DataSource database) {
            return new JdbcTransactionManager(database);
        }

        @Bean(defaultCandidate = false)
        PgQueue billingQueue(@Qualifier("billingSource") SpringConnectionSource source) {
            new SchemaMigrator(source, new SchemaName("billing")).migrate();
            PgQueue queue = PgQueue.builder(source).schema("billing").build();
            queue.admin().declareQueue(QueueSpec.of("invoices"));
            return queue;
        }

        @Bean(defaultCandidate = false)
        PgTemplate billingTemplate(
                @Qualifier("billingQueue") PgQueue queue,
                @Qualifier("billingSource") SpringConnectionSource source,
                PgMessageConverter converter,
                @Qualifier("billingManager") PlatformTransactionManager manager) {
            return PgTemplate.builder(queue, source, converter, manager).build();
        }

        @Bean(defaultCandidate = false)
        PgListenerContainerFactory billingListeners(
                @Qualifier("billingQueue") PgQueue queue,
                @Qualifier("billingSource") SpringConnectionSource source,
                @Qualifier("billingManager") PlatformTransactionManager manager) {
            return PgListenerContainerFactory.builder(queue, source, manager).build();
        }

        @PgListener(queues = "invoices", containerFactory = "billingListeners")
        void invoice(String invoice) {
            invoices.add(invoice);
        }
    }
    // end snippet
}
