// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import io.pgqueue.InvalidArgumentException;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.QueueSpec;
import io.pgqueue.SubscriptionSettings;
import io.pgqueue.SubscriptionSpec;
import io.pgqueue.TopicSpec;
import io.pgqueue.client.PgQueue;
import io.pgqueue.client.PgQueueAdmin;
import io.pgqueue.spring.PgMessageConverter;
import io.pgqueue.spring.PgTemplate;
import io.pgqueue.spring.SpringConnectionSource;
import io.pgqueue.spring.annotation.PgListener;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.ApplicationRunner;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.jackson.autoconfigure.JacksonAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceTransactionManagerAutoConfiguration;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.boot.transaction.autoconfigure.TransactionAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Primary;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;

/** What Boot says when an application cannot start, and what it says to do: each by starting one. */
@PostgresTest(template = MigratedSchema.class)
@ExtendWith(OutputCaptureExtension.class)
class FailureAnalysisIT {

    @BeforeEach
    void forget() {
        RecordedAnalyses.take();
    }

    @Test
    void aMissingSchemaThatNobodyChecksIsExplained(PGSimpleDataSource database) {
        FailureAnalysis analysis =
                analysis(database, Queue.class, "pgqueue.schema.name=nowhere", "pgqueue.schema.initialize=never");
        assertThat(analysis.getDescription()).contains("nowhere", "the schema is missing");
        assertThat(analysis.getAction()).contains("pgqueue.schema.initialize=always", "pgqueue.schema.name");
    }

    @Test
    void aMissingSchemaThatIsCheckedIsExplained(PGSimpleDataSource database) {
        FailureAnalysis analysis =
                analysis(database, Queue.class, "pgqueue.schema.name=nowhere", "pgqueue.schema.initialize=validate");
        assertThat(analysis.getDescription()).contains("Schema nowhere lacks");
        assertThat(analysis.getAction()).contains("pgqueue.schema.initialize=always");
    }

    @Test
    void anOldServerIsExplained(PGSimpleDataSource database) {
        FailureAnalysis analysis = analysis(database, OldServer.class);
        assertThat(analysis.getDescription()).contains("PostgreSQL 15 or later is needed");
        assertThat(analysis.getAction()).contains("Do what the description says");
    }

    @ParameterizedTest
    @CsvSource({"always", "never"})
    void aDatabaseThatIsAwayIsExplained(String initialize, PGSimpleDataSource database) {
        FailureAnalysis analysis = analysis(
                database,
                Queue.class,
                "spring.datasource.url=jdbc:postgresql://localhost:1/none",
                "spring.datasource.hikari.connection-timeout=250",
                "spring.datasource.hikari.initialization-fail-timeout=-1",
                "pgqueue.wakeup.enabled=false",
                "pgqueue.schema.initialize=" + initialize);
        assertThat(analysis.getDescription()).contains("cannot be reached");
        assertThat(analysis.getAction()).contains("spring.datasource.url runs and can be reached");
    }

    @Test
    void aQueueThatIsAnotherThanItsBeanIsExplained(PGSimpleDataSource database) {
        store(
                database,
                admin -> admin.declareQueue(QueueSpec.of("changed")
                        .withSettings(SubscriptionSettings.DEFAULT.withLease(Duration.ofSeconds(5)))));
        FailureAnalysis analysis = analysis(database, Changed.class);
        assertThat(analysis.getDescription())
                .isEqualTo("The queue 'changed' exists with lease PT5S, declared with PT30S; declare it as it is, or "
                        + "change it with alter");
        assertThat(analysis.getAction()).contains("pgqueue.changed-destination=update", "alterQueue");

        try (ConfigurableApplicationContext context =
                start(database, Changed.class, "pgqueue.changed-destination=warn")) {
            assertThat(context.getBean(PgQueue.class)
                            .admin()
                            .queue("changed")
                            .settings()
                            .lease())
                    .isEqualTo(Duration.ofSeconds(5));
        }
        try (ConfigurableApplicationContext context =
                start(database, Changed.class, "pgqueue.changed-destination=update")) {
            assertThat(context.getBean(PgQueue.class).admin().queue("changed")).isEqualTo(QueueSpec.of("changed"));
        }
    }

    @Test
    void aTopicAndASubscriptionThatAreOthersThanTheirBeansAreExplainedOrChanged(PGSimpleDataSource database) {
        store(database, admin -> {
            admin.declareTopic(TopicSpec.of("varied").withMaxBodyBytes(5000));
            admin.declareSubscription(
                    SubscriptionSpec.of("varied", "varied.red").withSelector("color = 'blue'"));
        });
        assertThat(analysis(database, Varied.class).getDescription())
                .contains("The topic 'varied' exists with maxBodyBytes 5000");
        store(database, admin -> admin.alterTopic(TopicSpec.of("varied")));
        assertThat(analysis(database, Varied.class).getDescription())
                .contains("The subscription 'varied.red' exists with filters", "blue", "red");
        try (ConfigurableApplicationContext context =
                start(database, Varied.class, "pgqueue.changed-destination=update")) {
            assertThat(context.getBean(PgQueue.class).admin().subscription("varied", "varied.red"))
                    .isEqualTo(Varied.RED);
        }
    }

    /** There is nothing to update: a queue is no topic. */
    @Test
    void aNameThatIsTakenIsAnErrorAlsoWithUpdate(PGSimpleDataSource database) {
        store(database, admin -> admin.declareQueue(QueueSpec.of("taken")));
        assertThat(analysis(database, Taken.class, "pgqueue.changed-destination=update")
                        .getDescription())
                .contains("'taken' is a queue; choose another name");
    }

    @Test
    void aListenerWithAnotherQueueForDeadLettersIsExplained(PGSimpleDataSource database) {
        store(database, admin -> {
            admin.declareQueue(QueueSpec.of("letters.dead"));
            admin.declareQueue(QueueSpec.of("letters"));
        });
        FailureAnalysis analysis = analysis(database, Letters.class);
        assertThat(analysis.getDescription())
                .contains("listener 'letters' of queue 'letters' cannot start", "exists with deadLetters");
        assertThat(analysis.getAction()).contains("alterQueue");
    }

    @Test
    void aListenerWithoutItsQueueIsExplained(PGSimpleDataSource database) {
        FailureAnalysis analysis = analysis(database, Lost.class);
        assertThat(analysis.getDescription()).contains("There is no queue 'lost'");
        assertThat(analysis.getAction()).contains("pgqueue.missing-destination=create");
    }

    /** No stack where a sentence will do, which names the bean or listener, the value and the rule. */
    @Test
    void aValueThatIsNotAllowedIsExplained(PGSimpleDataSource database) {
        FailureAnalysis bean = analysis(database, NoName.class);
        assertThat(bean.getDescription())
                .startsWith("The bean 'noName' of ")
                .contains("'no name' is not a name for a queue");
        assertThat(bean.getAction()).isEqualTo("Correct the value.");

        FailureAnalysis filter = analysis(database, HalfSelector.class);
        assertThat(filter.getDescription())
                .startsWith("The listener 'half' of subscription 'half' of topic 'halves' cannot start.")
                .contains("At character 9");
        assertThat(filter.getAction()).isEqualTo("Correct the value.");
    }

    /** Who called with it is seen in the stack only. */
    @Test
    void aValueThatTheApplicationPassesIsNotExplainedAway(PGSimpleDataSource database) {
        assertThatThrownBy(() -> start(database, WrongCall.class).close()).isInstanceOf(InvalidArgumentException.class);
        assertThat(RecordedAnalyses.take()).isEmpty();
    }

    @Test
    void aListenerMethodThatCannotWorkIsExplained(PGSimpleDataSource database) {
        FailureAnalysis analysis = analysis(database, Later.class);
        assertThat(analysis.getDescription()).contains("@PgListener on ", "returns a CompletableFuture");
        assertThat(analysis.getAction()).startsWith("Correct the annotation");
    }

    /** What the server says and advises, and nothing of our functions. */
    @Test
    void aSubscriptionWithoutItsTopicIsExplained(PGSimpleDataSource database) {
        assertThat(analysis(database, NoTopic.class).getDescription())
                .isEqualTo(
                        "There is no topic 'nowhere'. Check the spelling (case matters), or create the topic first.");
    }

    @Test
    void aDatabaseThatDoesNotExistIsExplained(PGSimpleDataSource database) {
        FailureAnalysis analysis = analysis(
                database,
                Queue.class,
                "spring.datasource.url=" + database.getURL().replaceFirst("/[^/?]+(\\?|$)", "/nowhere$1"));
        assertThat(analysis.getDescription()).contains("\"nowhere\" does not exist");
        assertThat(analysis.getAction()).contains("spring.datasource.url runs", "spring.datasource.username");
    }

    @Test
    void aUserWithoutARoleIsExplained(PGSimpleDataSource database) {
        new JdbcTemplate(database).execute("create role powerless");
        new JdbcTemplate(database).execute("grant usage on schema pgqueue to powerless");
        FailureAnalysis analysis = analysis(
                database,
                Queue.class,
                "pgqueue.schema.initialize=never",
                "spring.datasource.hikari.connection-init-sql=set role powerless");
        assertThat(analysis.getDescription()).contains("permission denied");
        assertThat(analysis.getAction()).contains("pgqueue_admin to declare");
        new JdbcTemplate(database).execute("drop owned by powerless; drop role powerless");
    }

    @Test
    void noDataSourceIsExplained(PGSimpleDataSource database) {
        FailureAnalysis analysis = analysis(database, NoDatabase.class);
        assertThat(analysis.getDescription()).contains("pgqueue needs a DataSource", "there is none");
        assertThat(analysis.getAction()).contains("spring.datasource.url");
    }

    @Test
    void twoDataSourcesAreExplained(PGSimpleDataSource database) {
        FailureAnalysis analysis = analysis(database, TwoDatabases.class);
        assertThat(analysis.getDescription()).contains("there are several: one, two");
        assertThat(analysis.getAction()).contains("@PgQueueDataSource");
    }

    @Test
    void theManagerOfAnotherDataSourceIsExplained(PGSimpleDataSource database) {
        FailureAnalysis analysis = analysis(database, ForeignManager.class);
        assertThat(analysis.getDescription()).contains("work and messages would not be committed together");
        assertThat(analysis.getAction()).contains("@PgQueueTransactionManager");
    }

    @Test
    void aTemplateOfAnotherDataSourceIsExplained(PGSimpleDataSource database) {
        FailureAnalysis analysis = analysis(database, ForeignTemplate.class);
        assertThat(analysis.getDescription()).contains("The PgQueue joins the transactions of");
        assertThat(analysis.getAction()).contains("@PgQueueDataSource");
    }

    /** SPR-12: with strict an error, else a warning. */
    @Test
    void noManagerOfOurDataSourceIsAnErrorWhereStrict(PGSimpleDataSource database, CapturedOutput log) {
        FailureAnalysis analysis = analysis(database, OnlyForeignManager.class, "pgqueue.transaction.strict=true");
        assertThat(analysis.getDescription())
                .contains("None of the transaction managers [foreign]", "pgqueue.transaction.strict is true");
        assertThat(analysis.getAction()).contains("@PgQueueTransactionManager");
        start(database, OnlyForeignManager.class).close();
        assertThat(log.getAll()).contains("sends join none. If another one is meant, mark it");
    }

    @Test
    void twoManagersOfOurDataSourceAreAnErrorWhereStrict(PGSimpleDataSource database, CapturedOutput log) {
        FailureAnalysis analysis = analysis(database, TwoManagers.class, "pgqueue.transaction.strict=true");
        assertThat(analysis.getDescription()).contains("[first, second] all manage the DataSource");
        try (ConfigurableApplicationContext context = start(database, TwoManagers.class)) {
            assertThat(context.getBean(QueueTransactionManager.class).manager()).isSameAs(context.getBean("first"));
            assertThat(log.getAll()).contains("none is primary: 'first' is used");
        }
        start(database, PrimaryManager.class, "pgqueue.transaction.strict=true").close();
    }

    private static void store(PGSimpleDataSource database, Consumer<PgQueueAdmin> work) {
        try (PgQueue queue = PgQueue.builder(database).maintenance(false).build()) {
            work.accept(queue.admin());
        }
    }

    private static ConfigurableApplicationContext start(
            PGSimpleDataSource database, Class<?> application, String... properties) {
        List<String> all = new ArrayList<>(List.of(
                "spring.main.banner-mode=off",
                "spring.datasource.url=" + database.getURL(),
                "spring.datasource.username=" + database.getUser(),
                "test.url=" + database.getURL(),
                "test.user=" + database.getUser()));
        all.addAll(List.of(properties));
        return new SpringApplicationBuilder(application)
                .web(WebApplicationType.NONE)
                .properties(all.toArray(String[]::new))
                .run();
    }

    private static FailureAnalysis analysis(PGSimpleDataSource database, Class<?> application, String... properties) {
        assertThatThrownBy(() -> start(database, application, properties).close())
                .isInstanceOf(RuntimeException.class);
        return RecordedAnalyses.take().orElseGet(() -> fail("Boot has nothing to say"));
    }

    @Retention(RetentionPolicy.RUNTIME)
    @Target(ElementType.TYPE)
    @Configuration(proxyBeanMethods = false)
    @ImportAutoConfiguration({
        DataSourceAutoConfiguration.class,
        DataSourceTransactionManagerAutoConfiguration.class,
        TransactionAutoConfiguration.class,
        JacksonAutoConfiguration.class,
        PgQueueAutoConfiguration.class,
        PgQueueListenerAutoConfiguration.class
    })
    @interface Application {}

    @Application
    static class Queue {

        @Bean
        static QueueSpec any() {
            return QueueSpec.of("any");
        }
    }

    /** Its DataSource is of a server that says it is PostgreSQL 14. */
    @Application
    static class OldServer {

        @Bean
        static DataSource old(@Value("${test.url}") String url, @Value("${test.user}") String user) {
            return new DelegatingDataSource(dataSource(url, user)) {
                @Override
                public Connection getConnection() throws SQLException {
                    return instead(Connection.class, super.getConnection());
                }
            };
        }

        /** The same, but for the version in what is asked of its statements. */
        private static <T> T instead(Class<T> type, T of) {
            return type.cast(Proxy.newProxyInstance(
                    type.getClassLoader(), new Class<?>[] {type}, (proxy, method, all) -> {
                        if (method.getName().equals("executeQuery") && all != null) {
                            all[0] = String.valueOf(all[0])
                                    .replace("current_setting('server_version_num')::int", "140010");
                        }
                        try {
                            Object result = method.invoke(of, all);
                            return method.getName().equals("createStatement")
                                    ? instead(Statement.class, (Statement) result)
                                    : result;
                        } catch (InvocationTargetException e) {
                            throw e.getTargetException();
                        }
                    }));
        }
    }

    @Application
    static class Changed {

        @Bean
        static QueueSpec changed() {
            return QueueSpec.of("changed");
        }
    }

    @Application
    static class Varied {

        static final SubscriptionSpec RED =
                SubscriptionSpec.of("varied", "varied.red").withSelector("color = 'red'");

        @Bean
        static TopicSpec varied() {
            return TopicSpec.of("varied");
        }

        @Bean
        static SubscriptionSpec red() {
            return RED;
        }
    }

    @Application
    static class Taken {

        @Bean
        static TopicSpec taken() {
            return TopicSpec.of("taken");
        }
    }

    @Application
    static class Letters {

        @PgListener(queues = "letters", deadLetterQueue = "letters.dead")
        void handle(String text) {}
    }

    @Application
    static class NoName {

        @Bean
        static QueueSpec noName() {
            return QueueSpec.of("no name");
        }
    }

    @Application
    static class HalfSelector {

        @Bean
        static TopicSpec halves() {
            return TopicSpec.of("halves");
        }

        @PgListener(topic = "halves", subscription = "half", selector = "amount >")
        void handle(String text) {}
    }

    @Application
    static class WrongCall {

        @Bean
        static ApplicationRunner send(PgQueue queue) {
            return arguments ->
                    queue.publish("any", OutgoingMessage.text("x").priority(11).build());
        }
    }

    @Application
    static class Later {

        @PgListener("any")
        CompletableFuture<String> handle(String text) {
            return new CompletableFuture<>();
        }
    }

    @Application
    static class NoTopic {

        @Bean
        static SubscriptionSpec lost() {
            return SubscriptionSpec.of("nowhere", "lost");
        }
    }

    @Application
    static class Lost {

        @PgListener("lost")
        void handle(String text) {}
    }

    @Configuration(proxyBeanMethods = false)
    @ImportAutoConfiguration({PgQueueAutoConfiguration.class, PgQueueListenerAutoConfiguration.class})
    static class NoDatabase {

        @PgListener("any")
        void handle(String text) {}
    }

    @Configuration(proxyBeanMethods = false)
    @ImportAutoConfiguration({PgQueueAutoConfiguration.class, PgQueueListenerAutoConfiguration.class})
    static class TwoDatabases {

        @Bean
        static DataSource one() {
            return new PGSimpleDataSource();
        }

        @Bean
        static DataSource two() {
            return new PGSimpleDataSource();
        }

        @PgListener("any")
        void handle(String text) {}
    }

    @Application
    static class ForeignManager {

        @Bean
        @PgQueueTransactionManager
        static PlatformTransactionManager foreign() {
            return new JdbcTransactionManager(new PGSimpleDataSource());
        }
    }

    @Application
    static class OnlyForeignManager {

        @Bean
        static PlatformTransactionManager foreign() {
            return new JdbcTransactionManager(new PGSimpleDataSource());
        }
    }

    @Application
    static class ForeignTemplate {

        @Bean
        static PgTemplate template(PgQueue queue, PgMessageConverter converter) {
            DataSource other = new PGSimpleDataSource();
            return PgTemplate.builder(
                            queue, new SpringConnectionSource(other), converter, new JdbcTransactionManager(other))
                    .build();
        }
    }

    @Application
    static class TwoManagers {

        @Bean
        static PlatformTransactionManager first(DataSource ours) {
            return new JdbcTransactionManager(ours);
        }

        @Bean
        static PlatformTransactionManager second(DataSource ours) {
            return new JdbcTransactionManager(ours);
        }
    }

    @Application
    static class PrimaryManager {

        @Bean
        static PlatformTransactionManager first(DataSource ours) {
            return new JdbcTransactionManager(ours);
        }

        @Bean
        @Primary
        static PlatformTransactionManager second(DataSource ours) {
            return new JdbcTransactionManager(ours);
        }
    }

    private static PGSimpleDataSource dataSource(String url, String user) {
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setUrl(url);
        source.setUser(user);
        return source;
    }
}
