// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueue.client.PgQueue;
import io.pgqueue.spring.PgMessageConverter;
import io.pgqueue.spring.PgTemplate;
import io.pgqueue.spring.SpringConnectionSource;
import io.pgqueue.spring.annotation.PgListener;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Primary;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;

/** What Boot says of DataSources and transaction managers that are missing, too many or do not fit together. */
@ExtendWith(OutputCaptureExtension.class)
class DataSourceAnalysisIT extends FailedStart {

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
}
