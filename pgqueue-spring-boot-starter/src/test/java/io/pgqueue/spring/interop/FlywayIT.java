// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueue.Delivery;
import io.pgqueue.QueueSpec;
import io.pgqueue.client.PgQueue;
import io.pgqueue.schema.SchemaException;
import io.pgqueue.spring.testing.ListenerTest;
import io.pgqueue.spring.testing.QueueApplication;
import io.pgqueue.testing.PostgresTest;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.flyway.autoconfigure.FlywayAutoConfiguration;
import org.springframework.boot.flyway.autoconfigure.FlywayMigrationStrategy;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;

/** Boot's Flyway for the application's own migrations, and for the scripts of this library or not. */
class FlywayIT {

    /** Each installation needs a database where there is none. */
    @Nested
    @PostgresTest
    class ForBoth {

        @Test
        void itRunsOursBeforeTheApplicationsWhichUseThem(PGSimpleDataSource database) {
            ApplicationContextRunner application = application(database)
                    .withPropertyValues("spring.flyway.locations=classpath:shop/migration")
                    .withUserConfiguration(QueueFirst.class);
            application.withPropertyValues("pgqueue.schema.initialize=never").run(context -> {
                PgQueue queue = context.getBean(PgQueue.class);
                assertThat(queue.receiver("notes").receive(1, ListenerTest.LONG))
                        .extracting(Delivery::text)
                        .containsExactly("\"migrated\"");
                assertThat(versions(context, "public")).isEqualTo(1);
                assertThat(versions(context, "pgqueue")).isGreaterThan(20);
            });
            application
                    .withPropertyValues("pgqueue.schema.initialize=never")
                    .run(context -> assertThat(versions(context, "public"))
                            .as("started again")
                            .isEqualTo(1));
            application
                    .withPropertyValues("pgqueue.schema.initialize=validate")
                    .run(context -> assertThat(context)
                            .getFailure()
                            .rootCause()
                            .isInstanceOf(SchemaException.class)
                            .hasMessageContaining("when Flyway runs the scripts"));
        }
    }

    @Nested
    @PostgresTest
    class ForTheApplicationOnly {

        @Test
        void theStarterInstallsItsOwnBesideIt(PGSimpleDataSource database) {
            ApplicationContextRunner application =
                    application(database).withPropertyValues("spring.flyway.locations=classpath:shop/alone");
            for (String initialize : new String[] {"always", "validate"}) {
                application
                        .withPropertyValues("pgqueue.schema.initialize=" + initialize)
                        .run(context -> {
                            PgQueue queue = context.getBean(PgQueue.class);
                            queue.admin().declareQueue(QueueSpec.of("notes"));
                            assertThat(versions(context, "public")).isEqualTo(1);
                        });
            }
        }
    }

    private static ApplicationContextRunner application(PGSimpleDataSource database) {
        return QueueApplication.on(database).withConfiguration(AutoConfigurations.of(FlywayAutoConfiguration.class));
    }

    private static int versions(AssertableApplicationContext context, String schema) {
        return context.getBean(JdbcTemplate.class)
                .query(
                        "select count(*) from " + schema + ".flyway_schema_history where success and type = 'SQL'",
                        (row, number) -> row.getInt(1))
                .get(0);
    }

    @Configuration(proxyBeanMethods = false)
    static class QueueFirst {

        // snippet: spring-flyway
        @Bean
        FlywayMigrationStrategy queueFirst() {
            return application -> {
                Flyway.configure()
                        .dataSource(application.getConfiguration().getDataSource())
                        .locations("classpath:io/pgqueue/schema")
                        .defaultSchema("pgqueue")
                        .load()
                        .migrate();
                application.migrate();
            };
        }
        // end snippet
    }
}
