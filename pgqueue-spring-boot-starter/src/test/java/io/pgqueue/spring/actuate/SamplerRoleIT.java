// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.actuate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.pgqueue.spring.annotation.PgListener;
import io.pgqueue.spring.testing.ListenerTest;
import io.pgqueue.spring.testing.QueueApplication;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.core.io.ClassPathResource;
import org.springframework.jdbc.core.JdbcTemplate;

/** OPS-4: an application whose database user was granted roles and nothing else. */
@PostgresTest(template = MigratedSchema.class)
@ExtendWith(OutputCaptureExtension.class)
class SamplerRoleIT {

    private static final String WARNING = "There are no gauges of the queues";

    @BeforeEach
    void create(PGSimpleDataSource database) throws IOException {
        JdbcTemplate jdbc = new JdbcTemplate(database);
        jdbc.execute(script("roles.sql"));
        jdbc.execute("set search_path = pgqueue; " + script("schema/R__zz_privileges.sql"));
        jdbc.execute("drop role if exists gauged");
        jdbc.execute("create role gauged in role pgqueue_consumer");
        jdbc.queryForList("select pgqueue.create_queue('q', '{}', true)");
    }

    @Test
    void withoutTheRoleOneWarningSaysWhichIsMissing(PGSimpleDataSource database, CapturedOutput log) {
        application(database).run(context -> {
            await().atMost(ListenerTest.LONG).until(() -> log.getAll().contains(WARNING));
            new JdbcTemplate(database).execute("grant pgqueue_reader to gauged");
            awaitGauges(context.getBean(MeterRegistry.class));
            assertThat(log.getAll()).contains("grant pgqueue_reader to").containsOnlyOnce(WARNING);
        });
    }

    @Test
    void aConsumerThatMayReadHasGauges(PGSimpleDataSource database, CapturedOutput log) {
        new JdbcTemplate(database).execute("grant pgqueue_reader to gauged");
        application(database).run(context -> {
            awaitGauges(context.getBean(MeterRegistry.class));
            assertThat(log.getAll()).doesNotContain(WARNING);
        });
    }

    /** As the head of roles.sql says for a schema that was there before. */
    private static String script(String name) throws IOException {
        return new ClassPathResource("io/pgqueue/" + name).getContentAsString(StandardCharsets.UTF_8);
    }

    private static void awaitGauges(MeterRegistry registry) {
        await().atMost(ListenerTest.LONG)
                .until(() -> registry.find(MeterNames.MESSAGES + "ready")
                                .tag("subscription", "q")
                                .gauge()
                        != null);
    }

    private static ApplicationContextRunner application(PGSimpleDataSource database) {
        return QueueApplication.on(database)
                .withBean(SimpleMeterRegistry.class)
                .withBean(Listening.class)
                .withPropertyValues(
                        "pgqueue.schema.initialize=never",
                        "pgqueue.metrics.sample-interval=1s",
                        "spring.datasource.hikari.connection-init-sql=set role gauged");
    }

    static class Listening {

        @PgListener("q")
        void handle(String text) {}
    }
}
