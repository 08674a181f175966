// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueue.CancelResult;
import io.pgqueue.Delivery;
import io.pgqueue.Failure;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.QueueSpec;
import io.pgqueue.RedeliveryPolicy;
import io.pgqueue.StaleDeliveryException;
import io.pgqueue.SubscriptionSettings;
import io.pgqueue.sql.Sql;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * SCH-3 under load: consumers move deliveries between the ring and `scheduled`, maintenance between slots. What was
 * cancelled is never acknowledged, what a cancel did not find was, and nothing is left.
 */
@PostgresTest(template = MigratedSchema.class)
class CancelRaceIT {

    private static final int MESSAGES = 3000;

    @Test
    void everyMessageIsEitherCancelledOrHandled(PGSimpleDataSource dataSource) throws Exception {
        Set<UUID> acked = ConcurrentHashMap.newKeySet();
        Set<UUID> cancelled = ConcurrentHashMap.newKeySet();
        AtomicBoolean done = new AtomicBoolean();
        ExecutorService threads = Executors.newCachedThreadPool();
        try (PgQueue queue = PgQueue.builder(dataSource).maintenance(false).build()) {
            queue.admin()
                    .declareQueue(QueueSpec.of("race")
                            .withSettings(SubscriptionSettings.DEFAULT.withRedelivery(
                                    RedeliveryPolicy.DEFAULT.withMaxAttempts(0))));
            List<UUID> ids = new ArrayList<>();
            for (int i = 0; i < MESSAGES / 100; i++) {
                queue.publish(
                                "race",
                                Stream.generate(() -> OutgoingMessage.text("x").build())
                                        .limit(100)
                                        .toList())
                        .forEach(result -> ids.add(result.messageId()));
            }
            List<Future<?>> consumers = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                consumers.add(threads.submit(consume(queue, acked, done, i)));
            }
            Collections.shuffle(ids, new Random(1));
            List<Future<?>> cancellers = new ArrayList<>();
            for (List<UUID> half : List.of(ids.subList(0, MESSAGES / 2), ids.subList(MESSAGES / 2, MESSAGES))) {
                cancellers.add(threads.submit(() -> {
                    // One connection for all: a new one would spend its time on making plans.
                    try (Connection connection = dataSource.getConnection()) {
                        Scheduling scheduling = queue.scheduling(connection);
                        for (UUID id : half) {
                            if (id.hashCode() % 40 == 0) {
                                moveSlots(dataSource);
                            }
                            List<CancelResult> results = scheduling.cancel(id);
                            assertThat(results).hasSizeLessThanOrEqualTo(1);
                            if (!results.isEmpty()) {
                                cancelled.add(id);
                            }
                        }
                    }
                    return null;
                }));
            }
            for (Future<?> canceller : cancellers) {
                canceller.get();
            }
            assertThat(queue.admin().stats(null, "race").unfinished()).isZero();
            done.set(true);
            for (Future<?> consumer : consumers) {
                consumer.get();
            }
            Set<UUID> both = new HashSet<>(acked);
            both.retainAll(cancelled);
            assertThat(both).as("cancelled and acknowledged").isEmpty();
            assertThat(acked.size() + cancelled.size()).isEqualTo(MESSAGES);
            assertThat(cancelled).hasSizeGreaterThan(MESSAGES / 20);
            assertThat(acked).hasSizeGreaterThan(MESSAGES / 100);
        } finally {
            threads.shutdownNow();
        }
    }

    /** A pass that rotates and carries what waits in old slots. */
    private static void moveSlots(PGSimpleDataSource dataSource) throws SQLException {
        try (Sql sql = new Sql(dataSource)) {
            sql.ageRotation();
            sql.maintain(200, 3_600_000);
        }
    }

    /** A third is acknowledged, the rest goes to and fro. */
    private static Callable<Void> consume(PgQueue queue, Set<UUID> acked, AtomicBoolean done, int seed) {
        Receiver receiver = queue.receiver("race");
        Random random = new Random(seed);
        return () -> {
            while (!done.get()) {
                for (Delivery delivery : receiver.receive(10)) {
                    if (random.nextInt(3) == 0) {
                        try {
                            queue.ack(delivery);
                            acked.add(delivery.messageId());
                        } catch (StaleDeliveryException cancelledMeanwhile) {
                            continue;
                        }
                    } else {
                        queue.nack(
                                delivery,
                                Duration.ofMillis(random.nextInt(3)),
                                Failure.of(new IllegalStateException("again")));
                    }
                }
            }
            return null;
        };
    }
}
