// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.pgqueue.OutgoingMessage;
import io.pgqueue.QueueSpec;
import io.pgqueue.RedeliveryPolicy;
import io.pgqueue.SubscriptionSettings;
import io.pgqueue.maintenance.Maintenance;
import io.pgqueue.model.Fault;
import io.pgqueue.sql.Sql;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.io.File;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * Four consumers in two JVMs that are killed at random. {@code -Dpgqueue.test.cluster.messages=100000} for the full run,
 * {@code -Dpgqueue.test.seed} for the times of the faults.
 */
@PostgresTest(template = MigratedSchema.class)
class ClusterIT {

    private static final int MESSAGES = Integer.getInteger("pgqueue.test.cluster.messages", 8_000);
    private static final int GROUPS = 40;
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final List<Consumer> consumers = new ArrayList<>();
    private final Set<String> killed = new HashSet<>();
    private final Random random = random();
    private PGSimpleDataSource dataSource;
    private int terminated;
    private int messages = MESSAGES;
    private final AtomicInteger sent = new AtomicInteger();
    private boolean grouped;

    private record Consumer(String name, Process process) {}

    /** Also what a test that failed has left, or the next one would count it. */
    @AfterEach
    void end() throws Exception {
        for (Consumer consumer : consumers) {
            consumer.process().destroyForcibly().waitFor();
        }
        try (PgQueue queue = PgQueue.builder(dataSource).maintenance(false).build()) {
            queue.admin().dropDestination("cluster", true);
        }
    }

    /** Effect and ack commit together: whatever dies, every message has exactly one effect. */
    @Test
    void inTransactionsEveryMessageTakesEffectOnce() throws Exception {
        try (Sql sql = new Sql(dataSource)) {
            run(sql, true, Duration.ofSeconds(2));
            assertThat(sql.number("select count(*) from effect")).isEqualTo(MESSAGES);
            assertThat(sql.number("select count(distinct message_id) from effect"))
                    .isEqualTo(MESSAGES);
            assertThat(terminated).isPositive();
            assertThat(sql.number("select count(*) from effect where attempt > 1"))
                    .isPositive();
        }
    }

    /** Also of groups whose head dies with its JVM. Fewer messages, since each such group waits for the end of a lease. */
    @Test
    void inTransactionsTheEffectsOfAGroupComeInTheOrderPublished() throws Exception {
        messages = MESSAGES / 5;
        grouped = true;
        try (Sql sql = new Sql(dataSource)) {
            run(sql, true, Duration.ofSeconds(2));
            assertThat(outOfOrder(sql))
                    .as("effects before those of messages published earlier in their group")
                    .isEmpty();
            assertThat(sql.number("select count(distinct message_group) from effect"))
                    .isEqualTo(GROUPS);
            assertThat(sql.number("select count(*) from effect")).isEqualTo(messages);
        }
    }

    /** The check above is worth what it finds: when two of a group are handled at once. */
    @Test
    void effectsOutOfOrderAreSeen() throws Exception {
        grouped = true;
        try (Sql sql = new Sql(dataSource);
                Sql saboteur = new Sql(dataSource);
                PgQueue queue = begin(sql, Duration.ofSeconds(2))) {
            List<String> originals = Fault.GROUP_GETS_TWO_TURNS.plant(saboteur);
            try {
                start(true);
                start(true);
                publish(queue);
                await().atMost(PATIENCE).until(() -> !outOfOrder(sql).isEmpty());
            } finally {
                Fault.heal(saboteur, originals);
            }
        }
    }

    private static List<Object> outOfOrder(Sql sql) throws SQLException {
        return sql.column("select message_group || ': ' || number || ' after ' || earlier from (select message_group, "
                + "number, lag(number) over (partition by message_group order by id) as earlier from effect) e "
                + "where number <= earlier");
    }

    /** Acks are merged after the handler: only what a killed JVM held may take effect twice. */
    @Test
    void withMergedAcksOnlyAKilledJvmLeavesDuplicates() throws Exception {
        try (Sql sql = new Sql(dataSource)) {
            run(sql, false, Duration.ofSeconds(6));
            assertThat(sql.number("select count(distinct message_id) from effect"))
                    .isEqualTo(MESSAGES);
            List<Object> beforeTheLast = sql.column("select process from (select process, row_number() over ("
                    + "partition by message_id order by attempt desc) as n from effect) e where n > 1");
            System.out.println("ClusterIT: " + beforeTheLast.size() + " duplicates");
            assertThat(killed)
                    .containsAll(beforeTheLast.stream().map(String::valueOf).toList());
        }
    }

    private PgQueue begin(Sql sql, Duration lease) throws SQLException {
        sql.run("drop table if exists effect");
        sql.run(
                "create table effect (id bigint generated always as identity, message_id uuid not null, number integer not null, "
                        + "message_group text, process text not null, attempt integer not null)");
        PgQueue queue = PgQueue.builder(dataSource)
                .listenOn(dataSource::getConnection)
                .maintenance(new Maintenance.Settings(Duration.ofSeconds(1), 3_000, Duration.ofSeconds(30)))
                .build();
        queue.admin()
                .declareQueue(QueueSpec.of("cluster")
                        .withSettings(SubscriptionSettings.DEFAULT
                                .withLease(lease)
                                .withRedelivery(RedeliveryPolicy.DEFAULT.withMaxAttempts(0))));
        return queue;
    }

    private void run(Sql sql, boolean transaction, Duration lease) throws Exception {
        try (PgQueue queue = begin(sql, lease)) {
            start(transaction);
            start(transaction);
            CompletableFuture<Void> published = CompletableFuture.runAsync(() -> publish(queue));
            long next = messages / 20;
            long least = Long.MAX_VALUE;
            long progress = System.nanoTime();
            while (true) {
                long left = messages
                        - sent.get()
                        + queue.admin().stats(null, "cluster").unfinished();
                if (left == 0 || published.isCompletedExceptionally()) {
                    break;
                }
                if (left < least) {
                    least = left;
                    progress = System.nanoTime();
                }
                assertThat(System.nanoTime() - progress)
                        .as("nanoseconds since fewer than %d messages were left", least)
                        .isLessThan(PATIENCE.toNanos());
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
                long done = sql.number("select count(*) from effect");
                if (done >= next && done < messages * 0.95) {
                    fault(sql, transaction);
                    next = done + messages / 16 + random.nextInt(messages / 8);
                }
            }
            published.join();
        }
        assertThat(killed).hasSizeGreaterThan(1);
        System.out.println("ClusterIT: " + messages + " messages, transaction " + transaction + ", " + killed.size()
                + " JVMs killed, " + terminated + " connections ended");
    }

    private void fault(Sql sql, boolean transaction) throws SQLException, IOException, InterruptedException {
        Consumer victim = consumers.remove(random.nextInt(consumers.size()));
        killed.add(victim.name());
        victim.process().destroyForcibly().waitFor();
        start(transaction);
        if (transaction) {
            terminated += sql.column("select pg_terminate_backend(pid) from pg_stat_activity "
                            + "where application_name = 'cluster' and datname = current_database() and random() < 0.5")
                    .size();
        }
    }

    /** In a group the order is the publisher's, whatever the priorities. */
    private void publish(PgQueue queue) {
        for (int from = 0; from < messages; from += 100) {
            int to = Math.min(from + 100, messages);
            queue.publish(
                    "cluster", IntStream.range(from, to).mapToObj(this::message).toList());
            sent.set(to);
        }
    }

    private OutgoingMessage message(int number) {
        return OutgoingMessage.text(Integer.toString(number))
                .priority(number % 3)
                .group(grouped ? "g" + number % GROUPS : null)
                .build();
    }

    private void start(boolean transaction) throws IOException {
        String name = UUID.randomUUID().toString();
        Process process = new ProcessBuilder(List.of(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "-Xmx128m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        ClusterConsumer.class.getName(),
                        dataSource.getUrl(),
                        String.valueOf(dataSource.getUser()),
                        dataSource.getPassword() == null ? "" : dataSource.getPassword(),
                        name,
                        Boolean.toString(transaction)))
                .redirectErrorStream(true)
                .redirectOutput(new File("target/cluster-" + name + ".log"))
                .start();
        consumers.add(new Consumer(name, process));
    }

    private static Random random() {
        long seed = Long.getLong("pgqueue.test.seed", System.nanoTime());
        System.out.println("ClusterIT seed " + seed);
        return new Random(seed);
    }
}
