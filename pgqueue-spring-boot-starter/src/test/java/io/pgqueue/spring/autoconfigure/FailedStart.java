// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.autoconfigure;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.jackson.autoconfigure.JacksonAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceTransactionManagerAutoConfiguration;
import org.springframework.boot.transaction.autoconfigure.TransactionAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;

/** What Boot says when an application cannot start, and what it says to do: each by starting one. */
@PostgresTest(template = MigratedSchema.class)
abstract class FailedStart {

    @BeforeEach
    void forget() {
        RecordedAnalyses.take();
    }

    static ConfigurableApplicationContext start(
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

    static FailureAnalysis analysis(PGSimpleDataSource database, Class<?> application, String... properties) {
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
        PgQueueListenerAutoConfiguration.class,
        PgQueueDeclarationAutoConfiguration.class
    })
    @interface Application {}
}
