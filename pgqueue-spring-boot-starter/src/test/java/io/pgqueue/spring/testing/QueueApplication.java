// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.testing;

import io.pgqueue.spring.autoconfigure.PgQueueAutoConfiguration;
import io.pgqueue.spring.autoconfigure.PgQueueDeclarationAutoConfiguration;
import io.pgqueue.spring.autoconfigure.PgQueueEndpointAutoConfiguration;
import io.pgqueue.spring.autoconfigure.PgQueueHealthAutoConfiguration;
import io.pgqueue.spring.autoconfigure.PgQueueJmsAutoConfiguration;
import io.pgqueue.spring.autoconfigure.PgQueueListenerAutoConfiguration;
import io.pgqueue.spring.autoconfigure.PgQueueMetricsAutoConfiguration;
import io.pgqueue.spring.autoconfigure.PgQueueObservationAutoConfiguration;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jackson.autoconfigure.JacksonAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceTransactionManagerAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.JdbcTemplateAutoConfiguration;
import org.springframework.boot.jms.autoconfigure.JmsAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.transaction.autoconfigure.TransactionAutoConfiguration;

/** Applications as users have them: pooled DataSource from properties, everything else auto-configured. */
public final class QueueApplication {

    private QueueApplication() {}

    public static ApplicationContextRunner withoutDatabase() {
        return new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(
                        DataSourceAutoConfiguration.class,
                        DataSourceTransactionManagerAutoConfiguration.class,
                        TransactionAutoConfiguration.class,
                        JdbcTemplateAutoConfiguration.class,
                        JacksonAutoConfiguration.class,
                        PgQueueAutoConfiguration.class,
                        PgQueueListenerAutoConfiguration.class,
                        PgQueueDeclarationAutoConfiguration.class,
                        PgQueueHealthAutoConfiguration.class,
                        PgQueueEndpointAutoConfiguration.class,
                        PgQueueMetricsAutoConfiguration.class,
                        PgQueueObservationAutoConfiguration.class));
    }

    /** With Jakarta Messaging, as Boot configures it. */
    public static ApplicationContextRunner jms(PGSimpleDataSource database) {
        return on(database)
                .withConfiguration(
                        AutoConfigurations.of(PgQueueJmsAutoConfiguration.class, JmsAutoConfiguration.class));
    }

    public static ApplicationContextRunner on(PGSimpleDataSource database) {
        return withoutDatabase()
                .withPropertyValues(
                        "spring.datasource.url=" + database.getURL(),
                        "spring.datasource.username=" + database.getUser(),
                        "spring.datasource.hikari.maximum-pool-size=20",
                        "spring.datasource.hikari.minimum-idle=0");
    }
}
