// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.samples.plainjms;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgqueue.SubscriptionStats;
import io.pgqueue.client.PgQueue;
import io.pgqueue.jms.PgJmsConnectionFactory;
import io.pgqueue.testing.PostgresTest;
import jakarta.jms.JMSConsumer;
import jakarta.jms.JMSContext;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

@PostgresTest
class WarehouseIT {

    private static final long PATIENCE = 30_000;

    @Test
    void parcelsArePackedOnceAndWatched(PGSimpleDataSource database) throws InterruptedException {
        ParcelsMain.install(database);
        try (PgJmsConnectionFactory factory = new PgJmsConnectionFactory(database);
                JMSContext watching = factory.createContext()) {
            Warehouse warehouse = new Warehouse(factory);
            BlockingQueue<String> swiss = new LinkedBlockingQueue<>();
            Warehouse.watchSwiss(watching, swiss::add);
            warehouse.order(List.of("lamp"), "IT");
            warehouse.order(List.of("books", "vase"), "CH");

            assertThatThrownBy(() -> warehouse.pack(parcel -> {
                        throw new IllegalStateException("no paper for " + parcel);
                    }))
                    .hasMessage("no paper for lamp");
            assertThat(List.of(pack(warehouse), pack(warehouse), pack(warehouse)))
                    .containsOnly(true);

            try (JMSContext context = factory.createContext();
                    JMSConsumer consumer = context.createConsumer(context.createQueue(Warehouse.PACKED))) {
                assertThat(List.of(
                                consumer.receiveBody(String.class, PATIENCE),
                                consumer.receiveBody(String.class, PATIENCE),
                                consumer.receiveBody(String.class, PATIENCE)))
                        .containsExactlyInAnyOrder("lamp in paper", "books in paper", "vase in paper");
                assertThat(consumer.receiveBodyNoWait(String.class)).isNull();
            }
            assertThat(swiss.poll(PATIENCE, TimeUnit.MILLISECONDS)).isEqualTo("books");
            assertThat(swiss.poll(PATIENCE, TimeUnit.MILLISECONDS)).isEqualTo("vase");
        }
        try (PgQueue queue = PgQueue.builder(database).build()) {
            assertThat(queue.admin().stats(Warehouse.PARCELS)).isEqualTo(new SubscriptionStats(0, 0, 0, 0, 0));
        }
    }

    private static boolean pack(Warehouse warehouse) {
        return warehouse.pack(parcel -> parcel + " in paper");
    }
}
