// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.maintenance;

import io.pgqueue.IdleSubscription;
import io.pgqueue.InvalidArgumentException;
import io.pgqueue.MaintenancePass;
import io.pgqueue.PgQueueException;
import io.pgqueue.jdbc.Transactions;
import io.pgqueue.store.MaintainFunctions;
import io.pgqueue.store.SqlErrors;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the ring going round: every JVM calls, the database lets one of them work. Passes come soon after one another
 * while there is work and traffic, and rarely when this JVM is idle. Safe for use by several threads.
 */
public final class Maintenance {

    private static final Logger LOG = LoggerFactory.getLogger(Maintenance.class);

    /** Under traffic: often enough that a slot does not outgrow its size by more than a second of messages. */
    private static final Duration BUSY = Duration.ofMillis(500);

    private static final Duration MORE_TO_DO = Duration.ofMillis(100);
    private static final int BUSY_MESSAGES = 1_000;
    private static final int IDLE_FACTOR = 6;

    private final Transactions transactions;
    private final MaintainFunctions functions;
    private final ScheduledExecutorService scheduler;
    private final Settings settings;
    private final Runnable ended;
    private final Consumer<IdleSubscription> idle;
    private final LongAdder traffic = new LongAdder();
    private volatile boolean failing;

    /**
     * @param interval time between passes of a JVM with some traffic; 1 s to 5 minutes
     * @param rotateAfter messages after which publishing moves to the next slot; 1 or more
     * @param rotateAge time after which it moves, if anything was published; 1 ms to a day
     */
    public record Settings(Duration interval, long rotateAfter, Duration rotateAge) {

        /** A pass every 5 s; a slot of about 100 000 messages or a minute. */
        public static final Settings DEFAULT = new Settings(Duration.ofSeconds(5), 100_000, Duration.ofMinutes(1));

        /** @throws InvalidArgumentException if one is out of its range */
        public Settings {
            check("interval", interval, Duration.ofSeconds(1), Duration.ofMinutes(5));
            check("rotateAge", rotateAge, Duration.ofMillis(1), Duration.ofDays(1));
            if (rotateAfter < 1) {
                throw new InvalidArgumentException("rotateAfter is " + rotateAfter + ", must be 1 or more");
            }
        }

        private static void check(String field, Duration value, Duration least, Duration most) {
            if (value.compareTo(least) < 0 || value.compareTo(most) > 0) {
                throw new InvalidArgumentException(field + " is " + value + ", must be " + least + " to " + most);
            }
        }
    }

    /**
     * @param ended told that a pass may have ended deliveries, for whose outcome somebody may wait
     * @param idle told of subscriptions that end because nobody consumes from them
     */
    public Maintenance(
            Transactions transactions,
            MaintainFunctions functions,
            ScheduledExecutorService scheduler,
            Settings settings,
            Runnable ended,
            Consumer<IdleSubscription> idle) {
        this.transactions = transactions;
        this.functions = functions;
        this.scheduler = scheduler;
        this.settings = settings;
        this.ended = ended;
        this.idle = idle;
    }

    public void start() {
        schedule(settings.interval());
    }

    /** Counts messages published or received by this JVM, by which it knows how often to look. */
    public void traffic(int messages) {
        traffic.add(messages);
    }

    /**
     * One pass now.
     *
     * @throws PgQueueException if the database refuses
     */
    public MaintenancePass runOnce() {
        try {
            MaintenancePass pass =
                    transactions.statement(c -> functions.maintain(c, settings.rotateAfter(), settings.rotateAge()));
            if (pass.buried() > 0 || pass.swept() > 0) {
                ended.run();
            }
            pass.idle().forEach(Maintenance::log);
            pass.idle().forEach(this::tell);
            return pass;
        } catch (SQLException e) {
            throw SqlErrors.translate(e);
        }
    }

    private static void log(IdleSubscription subscription) {
        if (subscription.dropped()) {
            LOG.warn(
                    "Subscription '{}' of topic '{}' was dropped with its messages: nobody consumed from it for {}",
                    subscription.name(),
                    subscription.topic(),
                    subscription.expireAfterIdle());
        } else {
            LOG.warn(
                    "Subscription '{}' of topic '{}' is dropped with its messages at {} unless somebody consumes from it; "
                            + "start its consumer, or raise or remove its expireAfterIdle of {}",
                    subscription.name(),
                    subscription.topic(),
                    subscription.expiresAt(),
                    subscription.expireAfterIdle());
        }
    }

    /** What is announced is committed and not announced again, so that one observer's exception must not stop the others. */
    private void tell(IdleSubscription subscription) {
        try {
            idle.accept(subscription);
        } catch (RuntimeException | Error e) {
            LOG.warn("An observer failed when told of idle subscription '{}'", subscription.name(), e);
        }
    }

    private void schedule(Duration delay) {
        if (!scheduler.isShutdown()) {
            scheduler.schedule(this::pass, delay.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    private void pass() {
        Duration next = settings.interval();
        try {
            long messages = traffic.sumThenReset();
            MaintenancePass pass = runOnce();
            failing = false;
            if (pass.worked()) {
                LOG.debug("Maintenance: {}", pass);
                next = MORE_TO_DO;
            } else if (messages >= BUSY_MESSAGES) {
                next = BUSY;
            } else if (messages == 0) {
                next = settings.interval().multipliedBy(IDLE_FACTOR);
            }
        } catch (RuntimeException | Error e) {
            if (!failing) {
                LOG.warn("Maintenance failed and is tried again in {}: {}", next, e.getMessage());
            }
            failing = true;
        }
        schedule(next);
    }
}
