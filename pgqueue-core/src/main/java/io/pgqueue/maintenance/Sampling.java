// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.maintenance;

import io.pgqueue.jdbc.Transactions;
import io.pgqueue.store.StatsFunctions;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Adds up this JVM's acks and hands them over with one call every few seconds, which also takes the sample of all
 * subscriptions when it is due and no other JVM was faster. Safe for use by several threads.
 */
public final class Sampling {

    private static final Logger LOG = LoggerFactory.getLogger(Sampling.class);

    private final Transactions transactions;
    private final StatsFunctions functions;
    private final ScheduledExecutorService scheduler;
    private final Duration interval;
    private final boolean leads;
    private final Map<Integer, LongAdder> acked = new ConcurrentHashMap<>();
    private volatile boolean failing;

    /** @param leads whether this JVM takes samples too */
    public Sampling(
            Transactions transactions,
            StatsFunctions functions,
            ScheduledExecutorService scheduler,
            Duration interval,
            boolean leads) {
        this.transactions = transactions;
        this.functions = functions;
        this.scheduler = scheduler;
        this.interval = interval;
        this.leads = leads;
    }

    public void start() {
        scheduler.scheduleWithFixedDelay(this::run, interval.toMillis(), interval.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Deliveries of a subscription were acked. */
    public void acked(int subscription, int count) {
        acked.computeIfAbsent(subscription, id -> new LongAdder()).add(count);
    }

    /** Hands over what is left; a database that is away loses it. */
    public void close() {
        handOver(null);
    }

    private void run() {
        handOver(leads ? interval : null);
    }

    private void handOver(@Nullable Duration sampleInterval) {
        Map<Integer, Long> counts = new HashMap<>();
        acked.forEach((subscription, adder) -> {
            long count = adder.sumThenReset();
            if (count > 0) {
                counts.put(subscription, count);
            }
        });
        if (counts.isEmpty() && sampleInterval == null) {
            return;
        }
        try {
            transactions.statement(connection -> {
                functions.sample(connection, sampleInterval, counts);
                return true;
            });
            failing = false;
        } catch (SQLException | RuntimeException | Error e) {
            counts.forEach((subscription, count) ->
                    acked.computeIfAbsent(subscription, id -> new LongAdder()).add(count));
            if (!failing) {
                LOG.warn("Statistics could not be written and are tried again in {}: {}", interval, e.getMessage());
            }
            failing = true;
        }
    }
}
