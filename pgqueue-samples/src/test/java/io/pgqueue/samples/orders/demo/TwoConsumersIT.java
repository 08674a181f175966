// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.samples.orders.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueue.testing.PostgresTest;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/** Two instances of the application share one queue. */
@PostgresTest
class TwoConsumersIT {

    private static final int ORDERS = 100;

    @Test
    void noOrderIsProcessedTwice(PGSimpleDataSource database) throws Exception {
        try (RunningOrders first = new RunningOrders(database, List.of());
                RunningOrders second = new RunningOrders(database, List.of())) {
            Inspector inspector = new Inspector(first.jdbc, first.admin, RunningOrders.QUEUE);
            FutureTask<List<Long>> elsewhere = new FutureTask<>(second.creator(ORDERS)::run);
            new Thread(elsewhere, "second creator").start();
            List<Long> ids = new ArrayList<>(first.creator(ORDERS).run());
            ids.addAll(elsewhere.get(1, TimeUnit.MINUTES));

            Outcome outcome = inspector.await(2 * ORDERS, ids);

            assertThat(outcome).isEqualTo(new Outcome(200, 200, 200, 200, 332, 0, 0));
            assertThat(counted(first, Activity.ACKS) + counted(second, Activity.ACKS))
                    .isEqualTo(200);
            assertThat(counted(first, Activity.ACKS)).as("first consumer").isPositive();
            assertThat(counted(second, Activity.ACKS)).as("second consumer").isPositive();
        }
    }

    private static long counted(RunningOrders orders, String count) {
        return orders.activity.consumer().get(count);
    }
}
