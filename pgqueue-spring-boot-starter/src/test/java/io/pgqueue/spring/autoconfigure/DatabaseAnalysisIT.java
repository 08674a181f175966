// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueue.QueueSpec;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.context.annotation.Bean;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DelegatingDataSource;

/** What Boot says of a database that is away, too old, without our schema, or closed to its user. */
class DatabaseAnalysisIT extends FailedStart {

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

        private static DataSource dataSource(String url, String user) {
            PGSimpleDataSource source = new PGSimpleDataSource();
            source.setUrl(url);
            source.setUser(user);
            return source;
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
}
