// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueue.CancelResult;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.PublishResult;
import io.pgqueue.client.Completion;
import io.pgqueue.client.PgQueue;
import io.pgqueue.spring.DestinationSpec;
import io.pgqueue.spring.PgOperations;
import io.pgqueue.spring.PgTemplate;
import io.pgqueue.spring.annotation.PgListener;
import io.pgqueue.spring.listener.PgListenerContainerFactory;
import io.pgqueue.spring.listener.PgListenerEndpoint;
import io.pgqueue.spring.listener.PgListenerEndpointRegistry;
import io.pgqueue.spring.testing.QueueApplication;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.beans.factory.support.StaticListableBeanFactory;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;

class PgQueueAutoConfigurationTest {

    private final ApplicationContextRunner runner = QueueApplication.withoutDatabase()
            .withPropertyValues(
                    "spring.datasource.url=jdbc:postgresql://localhost:1/none",
                    "pgqueue.schema.initialize=never",
                    "pgqueue.wakeup.enabled=false",
                    "pgqueue.maintenance.enabled=false");

    private final ApplicationContextRunner withoutDataSource = new ApplicationContextRunner()
            .withConfiguration(
                    AutoConfigurations.of(PgQueueAutoConfiguration.class, PgQueueListenerAutoConfiguration.class));

    @Test
    void everythingIsThere() {
        runner.run(context -> assertThat(context)
                .hasNotFailed()
                .hasSingleBean(PgQueue.class)
                .hasSingleBean(PgTemplate.class)
                .hasSingleBean(PgListenerContainerFactory.class)
                .hasSingleBean(PgListenerEndpointRegistry.class));
    }

    @Test
    void canBeSwitchedOffAltogether() {
        runner.withPropertyValues("pgqueue.enabled=false")
                .withUserConfiguration(Listening.class)
                .run(context -> assertThat(context)
                        .hasNotFailed()
                        .doesNotHaveBean(PgQueue.class)
                        .doesNotHaveBean(PgListenerEndpointRegistry.class));
    }

    @Test
    void needsTheDriver() {
        runner.withBean(DataSource.class, PGSimpleDataSource::new)
                .withClassLoader(new FilteredClassLoader("org.postgresql.Driver"))
                .run(context -> assertThat(context).hasNotFailed().doesNotHaveBean(PgQueue.class));
    }

    @Test
    void worksWithoutHikari() {
        runner.withClassLoader(new FilteredClassLoader("com.zaxxer.hikari"))
                .withBean(DataSource.class, PGSimpleDataSource::new)
                .run(context -> assertThat(context).hasNotFailed().hasSingleBean(PgListenerEndpointRegistry.class));
    }

    @Test
    void usersBeansWin() {
        runner.withUserConfiguration(OwnTemplate.class)
                .run(context -> assertThat(context)
                        .hasNotFailed()
                        .doesNotHaveBean(PgTemplate.class)
                        .hasSingleBean(PgOperations.class));
    }

    @Test
    void withoutDataSourceAListenerStopsTheStart() {
        withoutDataSource.withUserConfiguration(Listening.class).run(context -> {
            FailureAnalysis analysis = analyze(context.getStartupFailure(), Map.of());
            assertThat(analysis.getDescription()).contains("needs a DataSource").contains("there is none");
            assertThat(analysis.getAction()).contains("spring.datasource.url");
        });
    }

    @Test
    void twoDataSourcesAreExplained() {
        DataSource one = new PGSimpleDataSource();
        DataSource two = new PGSimpleDataSource();
        withoutDataSource
                .withBean("one", DataSource.class, () -> one)
                .withBean("two", DataSource.class, () -> two)
                .withUserConfiguration(Listening.class)
                .run(context -> {
                    FailureAnalysis analysis =
                            analyze(context.getStartupFailure(), new TreeMap<>(Map.of("one", one, "two", two)));
                    assertThat(analysis.getDescription()).contains("one, two");
                    assertThat(analysis.getAction()).contains("@Primary");
                });
    }

    @Test
    void withoutDataSourceAndWithoutUseNothingHappens() {
        withoutDataSource.run(context -> assertThat(context).hasNotFailed());
    }

    @ParameterizedTest
    @CsvSource({
        "pgqueue.listener.concurrency, 0",
        "pgqueue.listener.batch-size, 1001",
        "pgqueue.listener.max-processing-time, 25h",
        "pgqueue.listener.shutdown-timeout, 2h",
        "pgqueue.listener.min-concurrency, 2",
        "pgqueue.listener.transaction-timeout, 11m",
        "pgqueue.listener.idle-event-interval, 10ms",
        "pgqueue.poll-interval, 10ms",
        "pgqueue.client-lease, 301s",
        "pgqueue.wakeup.merge, 0ms",
        "pgqueue.slow-call, 61s",
        "pgqueue.old-rows-held, 999ms",
        "pgqueue.schema.name, Queue",
    })
    void aWrongValueNamesTheProperty(String property, String value) {
        runner.withPropertyValues(property + "=" + value)
                .run(context -> assertThat(context).getFailure().rootCause().hasMessageContaining(property));
    }

    @Test
    void handlersHaveALittleLessThanTheShutdownPhase() {
        runner.withPropertyValues("spring.lifecycle.timeout-per-shutdown-phase=20s")
                .run(context -> assertThat(context.getBean(PgListenerContainerFactory.class)
                                .createContainer(
                                        PgListenerEndpoint.ofQueue("x", "x", (delivery, acknowledgement) -> {}))
                                .options()
                                .shutdownTimeout())
                        .isEqualTo(Duration.ofSeconds(19)));
    }

    @Test
    void theTransactionManagerOfOurDataSourceIsUsed() {
        runner.run(context -> assertThat(
                        context.getBean(QueueTransactionManager.class).manager())
                .isSameAs(context.getBean(PlatformTransactionManager.class)));
    }

    @Test
    void anotherDataSourcesTransactionManagerIsNotUsed() {
        runner.withBean(
                        PlatformTransactionManager.class,
                        () -> new DataSourceTransactionManager(new PGSimpleDataSource()))
                .run(context -> assertThat(
                                context.getBean(QueueTransactionManager.class).manager())
                        .isInstanceOfSatisfying(
                                JdbcTransactionManager.class,
                                manager -> assertThat(manager.getDataSource())
                                        .isSameAs(context.getBean(DataSource.class))));
    }

    @Configuration(proxyBeanMethods = false)
    static class Listening {

        @PgListener(queues = "a", autoStartup = "false")
        void handle(String text) {}
    }

    @Configuration(proxyBeanMethods = false)
    static class OwnTemplate {

        @Bean
        static PgOperations ownTemplate() {
            return new NoOperations();
        }
    }

    private static final class NoOperations implements PgOperations {

        @Override
        public DestinationSpec destination(String name) {
            throw new UnsupportedOperationException();
        }

        @Override
        public PublishResult convertAndSend(String destination, Object payload) {
            throw new UnsupportedOperationException();
        }

        @Override
        public PublishResult convertAndSend(String destination, Object payload, Map<String, ?> headers) {
            throw new UnsupportedOperationException();
        }

        @Override
        public List<PublishResult> convertAndSendAll(String destination, Collection<?> payloads) {
            throw new UnsupportedOperationException();
        }

        @Override
        public PublishResult send(String destination, OutgoingMessage message) {
            throw new UnsupportedOperationException();
        }

        @Override
        public List<PublishResult> send(String destination, List<OutgoingMessage> messages) {
            throw new UnsupportedOperationException();
        }

        @Override
        public CompletableFuture<PublishResult> convertAndSendAsync(String destination, Object payload) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Completion convertAndSendTracked(String destination, Object payload) {
            throw new UnsupportedOperationException();
        }

        @Override
        public List<CancelResult> cancel(UUID messageId) {
            throw new UnsupportedOperationException();
        }

        @Override
        public List<String> reschedule(UUID messageId, Instant time) {
            throw new UnsupportedOperationException();
        }
    }

    private static FailureAnalysis analyze(@Nullable Throwable failure, Map<String, Object> beans) {
        StaticListableBeanFactory factory = new StaticListableBeanFactory(beans);
        return Objects.requireNonNull(
                new NoDataSourceFailureAnalyzer(factory).analyze(Objects.requireNonNull(failure)));
    }
}
