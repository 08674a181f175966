// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueue.Delivery;
import io.pgqueue.Failure;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.PgQueueException;
import io.pgqueue.QueueSpec;
import io.pgqueue.RedeliveryPolicy;
import io.pgqueue.SubscriptionSettings;
import io.pgqueue.maintenance.Maintenance;
import io.pgqueue.sql.Sql;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * ORD-2, I7: several clients handle groups while deliveries fail, leases end, connections are killed and the ring turns. Each
 * handler writes what it did into a table in the transaction of its ack, so that the order of the writes is the order in
 * which deliveries became final; meanwhile the database is asked again and again who has a turn.
 * {@code -Dpgqueue.test.groups.messages} and {@code -Dpgqueue.test.seed} for other runs.
 */
@PostgresTest(template = MigratedSchema.class)
class GroupsIT {

    private static final int MESSAGES = Integer.getInteger("pgqueue.test.groups.messages", 3_000);
    private static final int GROUPS = 40;
    private static final int CLIENTS = 3;
    private static final Duration LEASE = Duration.ofSeconds(2);

    /** Groups in which more than one has its turn, or more than one is leased; read in one snapshot. */
    private static final String VIOLATIONS = "select group_key from (select d.group_key from pgqueue.delivery d "
            + "where d.group_key is not null and d.priority < 10 union all "
            + "select d.group_key || ' leased' from pgqueue.delivery d "
            + "where d.group_key is not null and d.lease_until > clock_timestamp() union all "
            + "select s.group_key from pgqueue.scheduled s where s.has_turn) turn group by group_key having count(*) > 1";

    private final AtomicBoolean done = new AtomicBoolean();
    private PGSimpleDataSource dataSource;

    @Test
    @Timeout(180)
    void theOrderOfAGroupIsNeverViolatedAndOneIsInFlight() throws Exception {
        long seed = Long.getLong("pgqueue.test.seed", System.nanoTime());
        System.out.println("GroupsIT seed " + seed);
        Random random = new Random(seed);
        List<PgQueue> clients = new ArrayList<>();
        try (Sql sql = new Sql(dataSource)) {
            sql.run("create table done (at bigserial, group_key text, number integer, attempt integer)");
            for (int i = 0; i < CLIENTS; i++) {
                clients.add(PgQueue.builder(dataSource)
                        .pollInterval(Duration.ofMillis(200))
                        .maintenance(new Maintenance.Settings(Duration.ofSeconds(1), 500, Duration.ofSeconds(30)))
                        .build());
            }
            clients.get(0)
                    .admin()
                    .declareQueue(QueueSpec.of("groups")
                            .withSettings(SubscriptionSettings.DEFAULT
                                    .withLease(LEASE)
                                    .withRedelivery(RedeliveryPolicy.DEFAULT
                                            .withMaxAttempts(0)
                                            .withFixedBackoff(Duration.ofMillis(20)))));
            List<CompletableFuture<Void>> workers = new ArrayList<>();
            for (int i = 0; i < CLIENTS * 2; i++) {
                PgQueue client = clients.get(i % CLIENTS);
                Random own = new Random(random.nextLong());
                workers.add(CompletableFuture.runAsync(() -> consume(client, own), task -> new Thread(task).start()));
            }
            CompletableFuture<Void> publisher =
                    CompletableFuture.runAsync(() -> publish(clients.get(0), new Random(seed)));
            int kills = 0;
            int looks = 0;
            while (!publisher.isDone()
                    || clients.get(0).admin().stats(null, "groups").unfinished() > 0) {
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
                assertThat(sql.column(VIOLATIONS)).as("seed %d", seed).isEmpty();
                looks++;
                if (looks % 10 == 0 && kills < 15) {
                    kills += (int)
                            sql.number("select count(pg_terminate_backend(pid)) from (select pid from pg_stat_activity "
                                    + "where datname = current_database() and pid <> pg_backend_pid() and application_name = 'handler' "
                                    + "order by random() limit 1) one");
                }
            }
            publisher.get(30, TimeUnit.SECONDS);
            done.set(true);
            clients.forEach(PgQueue::close);
            for (CompletableFuture<Void> worker : workers) {
                worker.get(30, TimeUnit.SECONDS);
            }
            assertThat(sql.number("select count(*) from done")).isEqualTo(MESSAGES);
            assertThat(sql.column("select group_key || ' ' || number from (select group_key, number, lag(number) over ("
                            + "partition by group_key order by at) as before from done where group_key is not null) o "
                            + "where number < before"))
                    .as("seed %d", seed)
                    .isEmpty();
            assertThat(kills).isPositive();
            assertThat(sql.number("select count(*) from done where attempt > 1"))
                    .isPositive();
        }
    }

    private void publish(PgQueue queue, Random random) {
        int number = 0;
        while (number < MESSAGES) {
            List<OutgoingMessage> batch = new ArrayList<>();
            for (int n = Math.min(1 + random.nextInt(40), MESSAGES - number); n > 0; n--) {
                // Some without a group.
                int group = random.nextInt(GROUPS + 1);
                OutgoingMessage.Builder message =
                        OutgoingMessage.text(Integer.toString(number++)).priority(random.nextInt(3) + 3);
                batch.add((group == GROUPS ? message : message.group("g" + group)).build());
            }
            queue.publish("groups", batch);
        }
    }

    private void consume(PgQueue queue, Random random) {
        PGSimpleDataSource handlers = new PGSimpleDataSource();
        handlers.setUrl(dataSource.getURL());
        handlers.setUser(dataSource.getUser());
        handlers.setPassword(dataSource.getPassword());
        handlers.setApplicationName("handler");
        while (!done.get()) {
            try (Connection connection = handlers.getConnection();
                    Receiver receiver = queue.receiver("groups")) {
                connection.setAutoCommit(false);
                while (!done.get()) {
                    for (Delivery delivery : receiver.receive(1 + random.nextInt(8), Duration.ofMillis(500))) {
                        handle(queue, connection, delivery, random);
                    }
                }
            } catch (SQLException | PgQueueException lost) {
                continue;
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private void handle(PgQueue queue, Connection connection, Delivery delivery, Random random) throws SQLException {
        try {
            switch (random.nextInt(20)) {
                case 0 -> queue.nack(delivery, Failure.NONE);
                case 1 -> queue.nack(delivery, Duration.ZERO, Failure.NONE);
                case 2 -> queue.retryLater(delivery, Duration.ofMillis(random.nextInt(30)));
                case 3 -> queue.release(List.of(delivery));
                case 4 -> {
                    if (random.nextInt(10) > 0) {
                        finish(queue, connection, delivery);
                    }
                }
                default -> finish(queue, connection, delivery);
            }
        } catch (PgQueueException stale) {
            connection.rollback();
        }
    }

    private static void finish(PgQueue queue, Connection connection, Delivery delivery) throws SQLException {
        try (var insert =
                connection.prepareStatement("insert into done (group_key, number, attempt) values (?, ?, ?)")) {
            insert.setString(1, delivery.headers().group());
            insert.setInt(2, Integer.parseInt(delivery.text()));
            insert.setInt(3, delivery.attempts());
            insert.executeUpdate();
        }
        queue.ack(connection, List.of(delivery));
        connection.commit();
        queue.wake("groups");
    }
}
