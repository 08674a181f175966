// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueue.Delivery;
import io.pgqueue.Lease;
import io.pgqueue.SchemaName;
import io.pgqueue.jdbc.CallListeners;
import io.pgqueue.jdbc.ConnectionSource;
import io.pgqueue.jdbc.Transactions;
import io.pgqueue.store.SchemaFunctions;
import io.pgqueue.store.SettleFunctions;
import java.sql.Connection;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class AckBatcherTest {

    /** A driver whose classes cannot be loaded, or no memory. */
    private static final class Broken implements ConnectionSource {

        @Override
        public Connection open() {
            throw new NoClassDefFoundError("broken on purpose");
        }

        @Override
        public @Nullable Connection current() {
            return null;
        }

        @Override
        public void release(Connection current) {}

        @Override
        public void afterCommit(Runnable action) {}
    }

    @Test
    void whateverFailsTheFuturesEnd() {
        Settlement settlement = new Settlement(
                new Transactions(new Broken()),
                new SettleFunctions(new SchemaFunctions(SchemaName.DEFAULT, new CallListeners(List.of()))),
                hint -> {},
                (subscription, deliveries) -> {},
                PgQueueObserver.NONE);
        ScheduledExecutorService scheduler = Executors.newSingleThreadScheduledExecutor();
        try {
            AckBatcher batcher = new AckBatcher(settlement, scheduler, 2, Duration.ofSeconds(1));
            List<CompletableFuture<Void>> acks = List.of(batcher.ack(delivery(1)), batcher.ack(delivery(2)));
            assertThat(acks).allMatch(CompletableFuture::isCompletedExceptionally);
        } finally {
            scheduler.shutdownNow();
        }
    }

    private static Delivery delivery(long position) {
        Lease lease = new Lease(0, 7, 4, position, 1, Instant.EPOCH, false);
        Delivery.Headers headers = new Delivery.Headers(Instant.EPOCH, null, 4, null, null, null, null, null);
        return new Delivery(new UUID(0, position), "d", "s", null, Map.of(), headers, 1, 0, lease);
    }
}
