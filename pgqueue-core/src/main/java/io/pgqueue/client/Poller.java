// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import io.pgqueue.jdbc.Transactions;
import io.pgqueue.store.ReceiveFunctions;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The truth behind the wake-ups: one query per interval asks for all waiting subscriptions of this JVM together which
 * have something to lease. A JVM whose receivers are all busy asks nothing: they look everywhere themselves.
 */
final class Poller {

    private static final Logger LOG = LoggerFactory.getLogger(Poller.class);

    private static final double JITTER = 0.1;

    private final Transactions transactions;
    private final ReceiveFunctions functions;
    private final SubscriptionStates subscriptions;
    private final ScheduledExecutorService scheduler;
    private final Duration interval;
    private volatile boolean failing;

    Poller(
            Transactions transactions,
            ReceiveFunctions functions,
            SubscriptionStates subscriptions,
            ScheduledExecutorService scheduler,
            Duration interval) {
        this.transactions = transactions;
        this.functions = functions;
        this.subscriptions = subscriptions;
        this.scheduler = scheduler;
        this.interval = interval;
    }

    void start() {
        schedule();
    }

    private void schedule() {
        if (!scheduler.isShutdown()) {
            double jitter = 1 + JITTER * (2 * ThreadLocalRandom.current().nextDouble() - 1);
            scheduler.schedule(this::poll, (long) (interval.toNanos() * jitter), TimeUnit.NANOSECONDS);
        }
    }

    private void poll() {
        try {
            List<SubscriptionState> waiting =
                    subscriptions.all().filter(SubscriptionState::hasWaiting).toList();
            if (!waiting.isEmpty()) {
                List<Integer> ready = transactions.statement(connection -> functions.ready(
                        connection, waiting.stream().map(s -> s.id).distinct().toList()));
                waiting.stream().filter(s -> ready.contains(s.id)).forEach(SubscriptionState::polled);
            }
            failing = false;
        } catch (SQLException | RuntimeException | Error e) {
            if (!failing) {
                LOG.warn("Polling failed and goes on every {}: {}", interval, e.getMessage());
            }
            failing = true;
        }
        schedule();
    }
}
