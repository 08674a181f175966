// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import io.pgqueue.Delivery;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.QueueSpec;
import io.pgqueue.SubscriptionSettings;
import io.pgqueue.client.PgQueue;
import io.pgqueue.spring.PgOperations;
import io.pgqueue.spring.annotation.PgListener;
import io.pgqueue.spring.testing.ListenerTest;
import io.pgqueue.spring.testing.QueueApplication;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.ConnectionCallback;
import org.springframework.jdbc.core.JdbcTemplate;

/** SPR-4: a pool of the size that docs/operations.md tells to give is enough, and a smaller one is what the warning says. */
@PostgresTest(template = MigratedSchema.class)
@ExtendWith(OutputCaptureExtension.class)
class PoolSizeIT {

    private static final String WARNING = "The connection pool has";
    private static final int WORKERS = 3 + 2;
    private static final int COUNTED = 3 + 2 + 2 + 2 + 2;
    private static final int MESSAGES = 300;

    private JdbcTemplate outside = new JdbcTemplate();

    /** Not from the pool. */
    @BeforeEach
    void connect(PGSimpleDataSource database) {
        outside = new JdbcTemplate(database);
        outside.execute("drop table if exists done; create table done (text text, attempt int)");
    }

    @Test
    void theCountedSizeIsEnoughWhileEveryWorkerHoldsAConnection(PGSimpleDataSource database, CapturedOutput log) {
        application(database, COUNTED).run(context -> {
            Work work = context.getBean(Work.class);
            PgOperations template = context.getBean(PgOperations.class);
            sendToEveryWorker(template);
            work.awaitAll();
            assertThat(context.getBean(HikariDataSource.class)
                            .getHikariPoolMXBean()
                            .getActiveConnections())
                    .isGreaterThanOrEqualTo(WORKERS);
            List<Integer> ends = leaseEnds();
            assertThat(ends).hasSize(WORKERS);
            await().atMost(ListenerTest.LONG)
                    .untilAsserted(() ->
                            assertThat(leaseEnds()).hasSize(WORKERS).allMatch(end -> end >= ends.get(WORKERS - 1) + 3));
            template.convertAndSendAll(
                    "pool.tx", IntStream.range(0, MESSAGES).boxed().toList());
            template.convertAndSendAll(
                    "pool.auto", IntStream.range(0, MESSAGES).boxed().toList());
            work.letGo.countDown();
            awaitNothingLeft(context);
            assertThat(done("select count(*) from done")).isEqualTo(WORKERS + 2 * MESSAGES);
            assertThat(done("select count(*) from done where attempt > 1"))
                    .as("no lease ended")
                    .isZero();
        });
        assertThat(log.getAll()).doesNotContain(WARNING).doesNotContain("Connection is not available");
    }

    @Test
    void withOneForEachWorkerLeasesEndAsTheWarningSaysAndNothingIsLost(
            PGSimpleDataSource database, CapturedOutput log) {
        application(database, WORKERS).run(context -> {
            assertThat(log.getOut())
                    .contains(WARNING + " " + WORKERS + " connections", "2 listeners need up to " + COUNTED)
                    .contains("leases may end before they are renewed", "spring.datasource.hikari.maximum-pool-size");
            Work work = context.getBean(Work.class);
            PgQueue queue = PgQueue.builder(database).maintenance(false).build();
            try (queue) {
                for (int i = 0; i < WORKERS; i++) {
                    queue.publish(
                            i < 3 ? "pool.tx" : "pool.auto",
                            OutgoingMessage.text("held").build());
                }
                work.awaitAll();
                await("nobody renews")
                        .atMost(ListenerTest.LONG)
                        .until(() -> done("select count(*) from pgqueue.delivery "
                                        + "where attempts > 0 and lease_until < clock_timestamp()")
                                > 0);
            }
            work.letGo.countDown();
            awaitNothingLeft(context);
            assertThat(done("select count(*) from done where text = 'tx'"))
                    .as("who lost the lease rolled back")
                    .isEqualTo(3);
            assertThat(done("select count(*) from done where text = 'auto'"))
                    .as("at least once")
                    .isGreaterThanOrEqualTo(2);
        });
    }

    private static void sendToEveryWorker(PgOperations template) {
        template.convertAndSendAll("pool.tx", List.of(1, 2, 3));
        template.convertAndSendAll("pool.auto", List.of(1, 2));
    }

    private void awaitNothingLeft(ApplicationContext context) {
        PgQueue queue = context.getBean(PgQueue.class);
        for (String name : List.of("pool.tx", "pool.auto")) {
            await().atMost(Duration.ofSeconds(60))
                    .ignoreExceptions()
                    .until(() -> queue.admin().stats(null, name).unfinished() == 0);
        }
    }

    private int done(String sql) {
        Integer count = outside.queryForObject(sql, Integer.class);
        return count == null ? 0 : count;
    }

    /** In seconds, in order. */
    private List<Integer> leaseEnds() {
        return outside.query(
                "select extract(epoch from lease_until)::int from pgqueue.delivery where attempts > 0 order by 1",
                (row, number) -> row.getInt(1));
    }

    private static ApplicationContextRunner application(PGSimpleDataSource database, int poolSize) {
        return QueueApplication.on(database)
                .withUserConfiguration(Work.class)
                .withPropertyValues(
                        "spring.datasource.hikari.maximum-pool-size=" + poolSize,
                        "spring.datasource.hikari.connection-timeout=5000");
    }

    /** Five workers, which hold a connection each until they are let go. */
    @Configuration(proxyBeanMethods = false)
    static class Work {

        final CountDownLatch busy = new CountDownLatch(WORKERS);
        final CountDownLatch letGo = new CountDownLatch(1);
        private final JdbcTemplate jdbc;

        Work(JdbcTemplate jdbc) {
            this.jdbc = jdbc;
        }

        @Bean
        static QueueSpec inTransactions() {
            return QueueSpec.of("pool.tx").withSettings(shortLease());
        }

        @Bean
        static QueueSpec merged() {
            return QueueSpec.of("pool.auto").withSettings(shortLease());
        }

        @PgListener(queues = "pool.tx", concurrency = "3", ackMode = "TRANSACTION")
        void inTransaction(Delivery delivery) {
            work("tx", delivery.attempts());
        }

        @PgListener(queues = "pool.auto", concurrency = "2", ackMode = "AUTO")
        void merged(Delivery delivery) {
            work("auto", delivery.attempts());
        }

        void awaitAll() throws InterruptedException {
            assertThat(busy.await(30, TimeUnit.SECONDS))
                    .as("all workers hold a connection")
                    .isTrue();
        }

        /** The transaction's connection, or one of its own. */
        private void work(String text, int attempt) {
            jdbc.execute((ConnectionCallback<Boolean>) connection -> {
                busy.countDown();
                try {
                    assertThat(letGo.await(60, TimeUnit.SECONDS)).isTrue();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
                return true;
            });
            jdbc.update("insert into done values (?, ?)", text, attempt);
        }

        private static SubscriptionSettings shortLease() {
            return SubscriptionSettings.DEFAULT.withLease(Duration.ofSeconds(2));
        }
    }
}
