// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.pgqueue.RedeliveryPolicy;
import io.pgqueue.spring.testing.Blocker;
import io.pgqueue.spring.testing.ListenerTest;
import io.pgqueue.spring.testing.QueueApplication;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.jdbc.core.JdbcTemplate;

/** Connections die, the database refuses new ones for a while, and everything goes on by itself. */
@PostgresTest(template = MigratedSchema.class)
class OutageIT {

    @Test
    void killedConnectionsAreReplaced(PGSimpleDataSource database) {
        QueueApplication.on(database).run(context -> {
            ListenerTest test = ListenerTest.of(context, "killed", settings -> settings);
            test.listen(delivery -> test.done(delivery.text()), options -> options.concurrency(2));
            test.send("before");
            test.awaitNothingLeft();
            killAll(database);
            await().atMost(Duration.ofSeconds(10)).ignoreExceptions().until(() -> {
                test.send("after");
                return true;
            });
            await().atMost(Duration.ofSeconds(10))
                    .ignoreExceptions()
                    .until(() -> test.done().contains("after"));
            await().atMost(Duration.ofSeconds(20)).until(() -> test.queue().listening());
        });
    }

    @Test
    void workOfAKilledConnectionIsDoneAgain(PGSimpleDataSource database) {
        QueueApplication.on(database).run(context -> {
            ListenerTest test = ListenerTest.of(
                    context,
                    "again",
                    settings -> settings.withRedelivery(RedeliveryPolicy.DEFAULT.withFixedBackoff(Duration.ZERO)));
            Blocker blocker = new Blocker();
            test.listen(
                    delivery -> {
                        test.done("attempt " + delivery.attempts());
                        blocker.block();
                    },
                    options -> options);
            test.send("x");
            blocker.awaitEntered();
            killAll(database);
            blocker.release();
            await().atMost(Duration.ofSeconds(15))
                    .ignoreExceptions()
                    .untilAsserted(() -> assertThat(test.done()).containsExactly("attempt 2"));
        });
    }

    /**
     * While the database is away a failed delivery cannot be given back; it must not wait for the end of its lease. An outage
     * may last for hours, so the log has one line of it for each who notices, not one for each attempt.
     */
    @Test
    @ExtendWith(OutputCaptureExtension.class)
    void afterAnOutageEverythingGoesOnWithinSeconds(PGSimpleDataSource database, CapturedOutput log) {
        QueueApplication.on(database)
                .withPropertyValues(
                        "spring.datasource.hikari.connection-timeout=500",
                        "spring.datasource.hikari.validation-timeout=300")
                .run(context -> {
                    ListenerTest test = ListenerTest.of(
                            context,
                            "outage",
                            settings -> settings.withLease(Duration.ofMinutes(10))
                                    .withRedelivery(RedeliveryPolicy.DEFAULT.withFixedBackoff(Duration.ZERO)));
                    Blocker blocker = new Blocker();
                    test.listen(
                            delivery -> {
                                test.done("attempt " + delivery.attempts());
                                blocker.block();
                            },
                            options -> options);
                    test.send("x");
                    blocker.awaitEntered();
                    allowConnections(database, false);
                    killAll(database);
                    blocker.release();
                    await().atMost(ListenerTest.LONG).until(() -> refused(test));
                    allowConnections(database, true);
                    await().atMost(Duration.ofSeconds(15))
                            .ignoreExceptions()
                            .untilAsserted(() -> assertThat(test.done()).containsExactly("attempt 2"));
                    await().atMost(ListenerTest.LONG)
                            .until(() -> log.getAll().contains("The connection that listens for wake-ups is back"));
                    assertThat(log.getAll().split("The connection that listens for wake-ups failed", -1))
                            .hasSize(2);
                });
    }

    private static boolean refused(ListenerTest test) {
        try {
            test.done();
            return false;
        } catch (RuntimeException e) {
            return true;
        }
    }

    static void killAll(PGSimpleDataSource database) {
        server(database)
                .queryForList(
                        "select pg_terminate_backend(pid) from pg_stat_activity where datname = ?",
                        database.getDatabaseName());
    }

    static void allowConnections(PGSimpleDataSource database, boolean allow) {
        server(database).execute("alter database " + database.getDatabaseName() + " allow_connections " + allow);
    }

    /** Connections to another database of the same server. */
    private static JdbcTemplate server(PGSimpleDataSource database) {
        PGSimpleDataSource server = new PGSimpleDataSource();
        server.setUrl(database.getURL());
        server.setUser(database.getUser());
        server.setDatabaseName("postgres");
        return new JdbcTemplate(server);
    }
}
