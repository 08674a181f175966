// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.test;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueue.QueueSpec;
import io.pgqueue.client.PgQueue;
import io.pgqueue.spring.PgTemplate;
import io.pgqueue.spring.testing.QueueApplication;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import io.pgqueue.testing.TestDatabase;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.jdbc.core.JdbcTemplate;

@PostgresTest(template = MigratedSchema.class)
class PgQueueTestAutoConfigurationIT {

    private static final ApplicationContextRunner RUNNER = QueueApplication.withoutDatabase()
            .withConfiguration(AutoConfigurations.of(PgQueueTestAutoConfiguration.class));

    @Test
    void everyContextHasADatabaseOfItsOwnWhichGoesWithIt() {
        AtomicReference<String> first = new AtomicReference<>();
        RUNNER.run(context -> {
            first.set(databaseOf(context));
            RUNNER.run(other -> assertThat(databaseOf(other)).isNotEqualTo(first.get()));
            context.getBean(PgQueue.class).admin().declareQueue(QueueSpec.of("tested"));
            context.getBean(PgTemplate.class).convertAndSend("tested", "x");
            assertThat(context.getBean(PgQueueTester.class).assertSent("tested").body())
                    .isNotNull();
        });
        JdbcTemplate server = new JdbcTemplate(TestDatabase.shared().dataSource("postgres"));
        assertThat(server.queryForList("select 1 from pg_database where datname = ?", first.get()))
                .isEmpty();
    }

    @Test
    void aConfiguredDatabaseIsUsedWhenAskedFor(PGSimpleDataSource database) {
        RUNNER.withPropertyValues(
                        "pgqueue.test.database=configured",
                        "spring.datasource.url=" + database.getURL(),
                        "spring.datasource.username=" + database.getUser())
                .run(context -> assertThat(databaseOf(context)).isEqualTo(database.getDatabaseName()));
    }

    /** What {@code @ServiceConnection} makes of a container is a bean like this one. */
    @Test
    void aServiceConnectionGoesFirst(PGSimpleDataSource database) {
        RUNNER.withBean(JdbcConnectionDetails.class, () -> new ServiceConnection(database))
                .run(context -> assertThat(databaseOf(context)).isEqualTo(database.getDatabaseName()));
    }

    private static String databaseOf(ApplicationContext context) {
        return String.valueOf(
                context.getBean(JdbcTemplate.class).queryForObject("select current_database()", String.class));
    }

    private record ServiceConnection(PGSimpleDataSource database) implements JdbcConnectionDetails {

        @Override
        public String getJdbcUrl() {
            return database.getURL();
        }

        @Override
        public String getUsername() {
            return String.valueOf(database.getUser());
        }

        @Override
        public String getPassword() {
            return "";
        }
    }
}
