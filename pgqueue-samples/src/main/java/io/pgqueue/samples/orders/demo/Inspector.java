// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.samples.orders.demo;

import io.pgqueue.SubscriptionStats;
import io.pgqueue.client.PgQueueAdmin;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Asks the database what became of the orders of a run. */
final class Inspector {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final JdbcClient jdbc;
    private final PgQueueAdmin admin;
    private final String queue;
    private final long deadBefore;

    /** To be made before the run: dead letters that exist already do not count. */
    Inspector(JdbcClient jdbc, PgQueueAdmin admin, String queue) {
        this.jdbc = jdbc;
        this.admin = admin;
        this.queue = queue;
        this.deadBefore = admin.stats(queue).dead();
    }

    /** Waits until the queue is empty, or until nothing has changed for a minute. */
    Outcome await(int wanted, List<Long> orders) throws InterruptedException {
        Outcome last = inspect(wanted, orders);
        long changed = System.nanoTime();
        while (!last.settled() && System.nanoTime() - changed < PATIENCE.toNanos()) {
            TimeUnit.MILLISECONDS.sleep(200);
            Outcome now = inspect(wanted, orders);
            if (!now.equals(last)) {
                changed = System.nanoTime();
            }
            last = now;
        }
        return last;
    }

    /** The queue first: what has left it then is committed in the table of orders as well. */
    Outcome inspect(int wanted, List<Long> orders) {
        SubscriptionStats stats = admin.stats(queue);
        long[] ids = orders.stream().mapToLong(Long::longValue).toArray();
        return jdbc.sql("""
                        select count(*) filter (where state = 'PROCESSED'), count(*) filter (where processed_count = 1),
                               coalesce(sum(attempts), 0)
                          from sample_orders where id = any (?)
                        """)
                .param(ids)
                .query((row, number) -> new Outcome(
                        wanted,
                        ids.length,
                        row.getLong(1),
                        row.getLong(2),
                        row.getLong(3),
                        stats.unfinished(),
                        stats.dead() - deadBefore))
                .single();
    }
}
