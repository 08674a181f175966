// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.pgqueue.jdbc.DatabaseCall;
import io.pgqueue.jdbc.StatementListener;
import io.pgqueue.spring.OldRowsEvent;
import io.pgqueue.spring.testing.ListenerTest;
import io.pgqueue.spring.testing.QueueApplication;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.event.EventListener;
import org.springframework.jdbc.core.JdbcTemplate;

/** OBS-12: the application is told who keeps deleted rows from being removed. */
@PostgresTest(template = MigratedSchema.class)
@ExtendWith(OutputCaptureExtension.class)
class OldRowsIT {

    private static final String REPORT = "nightly report";

    @Test
    void eachPeriodIsToldOnce(PGSimpleDataSource database, CapturedOutput log) {
        application(database).run(context -> {
            Told told = context.getBean(Told.class);
            ListenerTest test = ListenerTest.of(context, "old-rows", settings -> settings);

            try (Connection report = report(database)) {
                test.send("a transaction that is younger");
                OldRowsEvent first = told.await(1);
                assertThat(first).isInstanceOf(OldRowsEvent.Held.class);
                assertThat(first.holder().kind()).isEqualTo("transaction");
                assertThat(first.holder().databaseUser()).isEqualTo(database.getUser());
                assertThat(first.holder().since()).isNotNull();
                assertThat(first.holder().age()).isPositive();
                // As many looks as would tell it three times, if each period of that length counted.
                int looks = told.looks.get();
                await().atMost(ListenerTest.LONG).until(() -> told.looks.get() > looks + 30);
                assertThat(told.events).hasSize(1);
                report.rollback();
                assertThat(told.await(2))
                        .isInstanceOfSatisfying(
                                OldRowsEvent.Released.class,
                                event -> assertThat(event.holder().name())
                                        .isEqualTo(first.holder().name()));
            }

            try (Connection report = report(database)) {
                test.send("a transaction that is younger");
                assertThat(told.await(3)).as("a period of its own").isInstanceOf(OldRowsEvent.Held.class);
                report.rollback();
                told.await(4);
            }
            assertThat(log.getOut().lines().filter(line -> line.contains("WARN") && line.contains(REPORT)))
                    .hasSize(2);
        });
    }

    @Test
    void canBeSwitchedOff(PGSimpleDataSource database) throws SQLException {
        try (Connection report = report(database)) {
            application(database).withPropertyValues("pgqueue.old-rows-held=0").run(context -> {
                Told told = context.getBean(Told.class);
                ListenerTest test = ListenerTest.of(context, "no-watch", settings -> settings);
                test.send("a transaction that is younger");
                assertThat(test.admin().horizon())
                        .anyMatch(holder -> REPORT.equals(holder.application()) && holder.age() > 0);
                assertThat(told.looks).as("that of the line above").hasValue(1);
                assertThat(Thread.getAllStackTraces().keySet())
                        .extracting(Thread::getName)
                        .doesNotContain("pgqueue-old-rows");
            });
            report.rollback();
        }
    }

    @Test
    void withoutTheRoleItIsAskedOnce(PGSimpleDataSource database, CapturedOutput log) {
        new JdbcTemplate(database).execute("drop role if exists blind; create role blind");
        application(database)
                .withPropertyValues(
                        "pgqueue.schema.initialize=never",
                        "pgqueue.maintenance.enabled=false",
                        "spring.datasource.hikari.connection-init-sql=set role blind")
                .run(context -> {
                    Told told = context.getBean(Told.class);
                    await().atMost(ListenerTest.LONG).until(() -> log.getOut().contains("grant pgqueue_reader"));
                    await().atMost(ListenerTest.LONG)
                            .until(() -> Thread.getAllStackTraces().keySet().stream()
                                    .noneMatch(thread -> thread.getName().equals("pgqueue-old-rows")));
                    assertThat(told.looks).hasValue(1);
                });
    }

    private static ApplicationContextRunner application(PGSimpleDataSource database) {
        return QueueApplication.on(database).withBean(Told.class).withPropertyValues("pgqueue.old-rows-held=1s");
    }

    /** A snapshot as that of a long query or of pg_dump. */
    private static Connection report(PGSimpleDataSource database) throws SQLException {
        String application = Objects.requireNonNullElse(database.getApplicationName(), "");
        database.setApplicationName(REPORT);
        Connection connection = database.getConnection();
        database.setApplicationName(application);
        connection.setAutoCommit(false);
        connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
        try (Statement statement = connection.createStatement()) {
            statement.execute("select 1");
        }
        return connection;
    }

    /** What is told of that transaction, and how often was looked. */
    static class Told implements StatementListener {

        final List<OldRowsEvent> events = new CopyOnWriteArrayList<>();
        final AtomicInteger looks = new AtomicInteger();

        @EventListener
        void on(OldRowsEvent event) {
            if (REPORT.equals(event.holder().application())) {
                events.add(event);
            }
        }

        @Override
        public void after(DatabaseCall call, Duration took, @Nullable SQLException failure) {
            if (call.function().equals("horizon")) {
                looks.incrementAndGet();
            }
        }

        OldRowsEvent await(int number) {
            org.awaitility.Awaitility.await().atMost(ListenerTest.LONG).until(() -> events.size() >= number);
            assertThat(events).hasSize(number);
            return events.get(number - 1);
        }
    }
}
