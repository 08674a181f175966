// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import io.pgqueue.Delivery;
import io.pgqueue.PgQueueException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Renews what a container holds once a third of its lease is over, up to the longest processing time. */
final class LeaseRenewer implements Runnable {

    private static final Logger LOG = LoggerFactory.getLogger(LeaseRenewer.class);

    private static final int RENEW_AT = 3;
    private static final int CHECKS = 6;

    private final PgListenerEndpoint endpoint;
    private final UnaryOperator<List<Delivery>> extend;
    private final DeliveryBuffer buffer;
    private final Duration lease;
    private final long longestNanos;
    private final BooleanSupplier renewsRunning;
    private final LongSupplier ticker;
    private @Nullable ScheduledFuture<?> schedule;

    /** Whether the last try failed, and that was said; of the one run at a time. */
    private volatile boolean failing;

    /** @param extend extends leases by {@code lease} from now; returns those that were no longer ours */
    LeaseRenewer(
            PgListenerEndpoint endpoint,
            UnaryOperator<List<Delivery>> extend,
            DeliveryBuffer buffer,
            Duration lease,
            Duration longest,
            BooleanSupplier renewsRunning,
            LongSupplier ticker) {
        this.endpoint = endpoint;
        this.extend = extend;
        this.buffer = buffer;
        this.lease = lease;
        this.longestNanos = longest.toNanos();
        this.renewsRunning = renewsRunning;
        this.ticker = ticker;
    }

    void start(ScheduledExecutorService scheduler) {
        long period = lease.toNanos() / CHECKS;
        schedule = scheduler.scheduleWithFixedDelay(this, period, period, TimeUnit.NANOSECONDS);
    }

    void stop() {
        if (schedule != null) {
            schedule.cancel(false);
        }
    }

    @Override
    public void run() {
        List<HeldDelivery> due = buffer.select(this::isDue);
        if (due.isEmpty()) {
            if (failing && buffer.select(held -> true).isEmpty()) {
                // Settled, so the database answers; else the next outage would go unsaid.
                over("holds nothing any more whose lease it could not renew");
            }
            return;
        }
        long now = ticker.getAsLong();
        try {
            List<Delivery> lost =
                    extend.apply(due.stream().map(held -> held.delivery).toList());
            mark(due, lost, now);
            over("renews its leases again");
        } catch (RuntimeException | Error e) {
            // Thrown on, it would silently end the schedule.
            failed(due.size(), e);
        }
    }

    private void over(String how) {
        if (failing) {
            failing = false;
            LOG.info("The {} {}", endpoint, how);
        }
    }

    /** Once per outage, which may last for hours. */
    private void failed(int leases, Throwable e) {
        if (failing) {
            return;
        }
        failing = true;
        if (e instanceof PgQueueException) {
            LOG.warn(
                    "The {} could not renew {} leases and tries again until it can: {}",
                    endpoint,
                    leases,
                    e.getMessage());
        } else {
            LOG.error("The {} could not renew {} leases and tries again until it can", endpoint, leases, e);
        }
    }

    private boolean isDue(HeldDelivery held) {
        long now = ticker.getAsLong();
        if (held.givenUp || held.state == HeldDelivery.State.RUNNING && !renewsRunning.getAsBoolean()) {
            return false;
        }
        if (now - held.since > longestNanos) {
            held.givenUp = true;
            LOG.warn(
                    "{} is held for longer than the maximum processing time: its lease is not renewed any more, and the "
                            + "work of the {} will be rolled back or done twice",
                    held.delivery,
                    endpoint);
            return false;
        }
        return now - held.renewedAt >= lease.toNanos() / RENEW_AT;
    }

    /** One that was settled meanwhile is reported as lost too; it is not held any more and nobody is told. */
    private void mark(List<HeldDelivery> due, List<Delivery> lost, long now) {
        Set<Long> lostPositions = new HashSet<>();
        lost.forEach(delivery -> lostPositions.add(delivery.lease().position()));
        buffer.select(held -> {
            if (!due.contains(held)) {
                return false;
            }
            if (lostPositions.contains(held.delivery.lease().position())) {
                held.givenUp = true;
                LOG.warn("The {} lost the lease of {}", endpoint, held.delivery);
            } else {
                held.renewedAt = now;
            }
            return true;
        });
    }
}
