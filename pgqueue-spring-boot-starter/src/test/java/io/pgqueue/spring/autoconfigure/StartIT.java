// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.pgqueue.QueueSpec;
import io.pgqueue.SubscriptionSpec;
import io.pgqueue.TopicSpec;
import io.pgqueue.client.PgQueue;
import io.pgqueue.jdbc.DatabaseCall;
import io.pgqueue.jdbc.StatementListener;
import io.pgqueue.schema.SchemaException;
import io.pgqueue.spring.PgOperations;
import io.pgqueue.spring.PgTemplate;
import io.pgqueue.spring.annotation.PgListener;
import io.pgqueue.spring.listener.PgListenerEndpointRegistry;
import io.pgqueue.spring.testing.ListenerTest;
import io.pgqueue.spring.testing.Note;
import io.pgqueue.spring.testing.QueueApplication;
import io.pgqueue.testing.PostgresTest;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;
import org.springframework.boot.persistence.autoconfigure.EntityScan;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;

/** From an empty database to a running application, and what is said when it cannot run. */
@PostgresTest
class StartIT {

    @Test
    void anEmptyDatabaseIsEnough(PGSimpleDataSource database) {
        QueueApplication.on(database)
                .withPropertyValues("pgqueue.schema.name=start_empty")
                .withUserConfiguration(Destinations.class)
                .run(context -> {
                    assertThat(context).hasNotFailed();
                    assertThat(context.getBean(PgOperations.class)
                                    .convertAndSend("events", "x")
                                    .matched())
                            .isEqualTo(1);
                    assertThat(context.getBean(PgListenerEndpointRegistry.class).getListenerContainers())
                            .isNotEmpty()
                            .allMatch(container -> container.isRunning());
                });
        QueueApplication.on(database)
                .withPropertyValues("pgqueue.schema.name=start_empty", "pgqueue.schema.initialize=validate")
                .withUserConfiguration(Destinations.class)
                .run(context -> assertThat(context).as("a second start").hasNotFailed());
    }

    @Test
    void aMissingSchemaIsExplained(PGSimpleDataSource database) {
        QueueApplication.on(database)
                .withPropertyValues("pgqueue.schema.name=start_missing", "pgqueue.schema.initialize=validate")
                .run(context -> {
                    FailureAnalysis analysis = schemaAnalysis(context.getStartupFailure());
                    assertThat(analysis.getDescription()).contains("start_missing lacks");
                    assertThat(analysis.getAction()).contains("pgqueue.schema.initialize=always");
                });
    }

    @Test
    void anUnreachableDatabaseIsExplained() {
        QueueApplication.withoutDatabase()
                .withPropertyValues(
                        "spring.datasource.url=jdbc:postgresql://localhost:1/none",
                        "spring.datasource.hikari.connection-timeout=250",
                        "spring.datasource.hikari.initialization-fail-timeout=-1")
                .run(context -> {
                    Throwable root = Objects.requireNonNull(context.getStartupFailure());
                    assertThat(root).hasRootCauseInstanceOf(java.net.ConnectException.class);
                    assertThat(schemaAnalysis(root).getAction()).contains("runs and can be reached");
                });
    }

    @Test
    void whatUsesTheDatabaseWaitsForTheSchema(PGSimpleDataSource database) {
        QueueApplication.on(database)
                .withConfiguration(AutoConfigurations.of(HibernateJpaAutoConfiguration.class))
                .withUserConfiguration(Entities.class)
                .withPropertyValues("pgqueue.schema.name=start_order")
                .run(context -> {
                    assertThat(context).hasNotFailed();
                    assertThat(context.getBeanFactory().getDependenciesForBean("entityManagerFactory"))
                            .contains("pgQueueSchemaInitializer");
                    assertThat(context.getBeanFactory().getDependenciesForBean("pgQueue"))
                            .contains("pgQueueSchemaInitializer");
                });
    }

    @Test
    void aMissingQueueStopsTheStart(PGSimpleDataSource database) {
        QueueApplication.on(database)
                .withPropertyValues("pgqueue.schema.name=start_queue")
                .withUserConfiguration(MissingQueue.class)
                .run(context -> assertThat(context)
                        .getFailure()
                        .rootCause()
                        .hasMessageContaining("There is no queue 'nowhere'"));
    }

    @Test
    void aMissingQueueIsCreatedIfThatIsWantedWhoeverNamesIt(PGSimpleDataSource database) {
        QueueApplication.on(database)
                .withPropertyValues("pgqueue.schema.name=start_create", "pgqueue.missing-destination=create")
                .withUserConfiguration(MissingQueue.class)
                .run(context -> {
                    assertThat(context).hasNotFailed();
                    context.getBean(PgTemplate.class).convertAndSend("start.sent", "x");
                    assertThat(context.getBean(PgQueue.class).admin().destinations(""))
                            .containsExactly("nowhere", "start.sent");
                });
    }

    /** OBS-9, OBS-10. */
    @Test
    void beansAreToldOfEveryCallToTheDatabase(PGSimpleDataSource database) {
        List<DatabaseCall> calls = new CopyOnWriteArrayList<>();
        QueueApplication.on(database)
                .withUserConfiguration(OneQueue.class)
                .withPropertyValues("pgqueue.slow-call=0")
                .withBean(StatementListener.class, () -> new StatementListener() {
                    @Override
                    public void before(DatabaseCall call) {
                        calls.add(call);
                    }
                })
                .run(context -> {
                    context.getBean(PgTemplate.class).convertAndSend("start.details", "x");
                    assertThat(calls).isNotEmpty();
                });
    }

    /** As Docker Compose and {@code @ServiceConnection} say where the database is: no property names it. */
    @Test
    void connectionDetailsAreAllItNeeds(PGSimpleDataSource database) {
        QueueApplication.withoutDatabase()
                .withBean(JdbcConnectionDetails.class, () -> new Details(database))
                .withUserConfiguration(OneQueue.class)
                .run(context -> {
                    assertThat(context).hasNotFailed();
                    PgTemplate template = context.getBean(PgTemplate.class);
                    template.convertAndSend("start.details", "x");
                    assertThat(template.destination("start.details").receive(String.class))
                            .contains("x");
                    // The connection that listens for wake-ups is made of the same details.
                    await().atMost(ListenerTest.LONG)
                            .until(() -> context.getBean(PgQueue.class).listening());
                });
    }

    @Test
    void withNeverNothingIsInstalled(PGSimpleDataSource database) {
        QueueApplication.on(database)
                .withPropertyValues("pgqueue.schema.name=start_never", "pgqueue.schema.initialize=never")
                .run(context -> {
                    assertThat(context).hasNotFailed();
                    assertThat(context.getBean(JdbcTemplate.class)
                                    .queryForObject(
                                            "select count(*) from pg_namespace where nspname = 'start_never'",
                                            Integer.class))
                            .isZero();
                });
    }

    private static FailureAnalysis schemaAnalysis(@Nullable Throwable failure) {
        assertThat(failure).isNotNull();
        FailureAnalysis analysis = new PgQueueFailureAnalyzer().analyze(failure);
        assertThat(analysis).isNotNull();
        assertThat(analysis.getCause()).isInstanceOf(SchemaException.class);
        return analysis;
    }

    @Configuration(proxyBeanMethods = false)
    static class Destinations {

        @Bean
        QueueSpec jobs() {
            return QueueSpec.of("jobs");
        }

        @Bean
        TopicSpec events() {
            return TopicSpec.of("events");
        }

        @Bean
        SubscriptionSpec audit() {
            return SubscriptionSpec.of("events", "audit");
        }

        @PgListener(queues = "jobs")
        void job(String text) {}

        @PgListener(topic = "events", subscription = "audit")
        void audited(String text) {}
    }

    @Configuration(proxyBeanMethods = false)
    static class MissingQueue {

        @PgListener(queues = "nowhere")
        void handle(String text) {}
    }

    @Configuration(proxyBeanMethods = false)
    @EntityScan(basePackageClasses = Note.class)
    static class Entities {}

    @Configuration(proxyBeanMethods = false)
    static class OneQueue {

        @Bean
        static QueueSpec details() {
            return QueueSpec.of("start.details");
        }
    }

    private record Details(PGSimpleDataSource database) implements JdbcConnectionDetails {

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
