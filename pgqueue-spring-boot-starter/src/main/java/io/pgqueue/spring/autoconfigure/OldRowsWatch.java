// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.autoconfigure;

import io.pgqueue.ForbiddenException;
import io.pgqueue.HorizonHolder;
import io.pgqueue.PgQueueException;
import io.pgqueue.client.PgQueue;
import io.pgqueue.spring.OldRowsEvent;
import java.time.Duration;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.context.ApplicationEventPublisher;

/** Looks now and then who holds old rows, and tells the log and the application once when it lasts. */
final class OldRowsWatch implements SmartInitializingSingleton, DisposableBean {

    private static final Logger LOG = LoggerFactory.getLogger(OldRowsWatch.class);

    /** Looks in the time after which it is told of, so that this is not much later. */
    private static final int LOOKS = 10;

    private static final Duration RAREST = Duration.ofSeconds(30);

    private final PgQueue queue;
    private final Duration heldFor;
    private final ApplicationEventPublisher publisher;
    private final OldRowsPeriods periods;
    private final ScheduledThreadPoolExecutor executor;

    /** @param heldFor zero to look never */
    OldRowsWatch(PgQueue queue, Duration heldFor, ApplicationEventPublisher publisher) {
        this.queue = queue;
        this.heldFor = heldFor;
        this.publisher = publisher;
        this.periods = new OldRowsPeriods(heldFor);
        this.executor = new ScheduledThreadPoolExecutor(1, task -> {
            Thread thread = new Thread(task, "pgqueue-old-rows");
            thread.setDaemon(true);
            return thread;
        });
        executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    }

    @Override
    public void afterSingletonsInstantiated() {
        if (!heldFor.isZero()) {
            Duration part = heldFor.dividedBy(LOOKS);
            long interval = (part.compareTo(RAREST) < 0 ? part : RAREST).toNanos();
            executor.scheduleWithFixedDelay(this::look, interval, interval, TimeUnit.NANOSECONDS);
        }
    }

    @Override
    public void destroy() {
        executor.shutdownNow();
    }

    private void look() {
        try {
            periods.look(queue.admin().horizon(), System.nanoTime()).forEach(this::tell);
        } catch (ForbiddenException e) {
            LOG.info(
                    "Nobody is told who keeps deleted rows from being removed: {}. That needs the role pgqueue_reader: grant "
                            + "pgqueue_reader to the database user and start again, or set pgqueue.old-rows-held=0",
                    e.getMessage());
            // Each try would be an error in the server's log.
            executor.shutdown();
        } catch (PgQueueException e) {
            LOG.debug("It is not known who holds old rows: {}", e.getMessage());
        } catch (RuntimeException | Error e) {
            // Thrown on, it would silently end the schedule.
            LOG.warn("It is not known who holds old rows", e);
        }
    }

    private void tell(OldRowsEvent event) {
        HorizonHolder holder = event.holder();
        if (event instanceof OldRowsEvent.Held) {
            LOG.warn(
                    "For {} nothing that was deleted could be removed, and tables grow: {} {} of application '{}', user '{}', "
                            + "since {}, holds it; {} rows of ours are dead. End it, or drop it if it is a slot that nobody needs",
                    heldFor,
                    holder.kind(),
                    holder.name(),
                    holder.application(),
                    holder.databaseUser(),
                    holder.since(),
                    holder.deadRows());
        } else {
            LOG.info("The {} {} holds no old rows any more", holder.kind(), holder.name());
        }
        try {
            publisher.publishEvent(event);
        } catch (Throwable e) {
            LOG.error("A listener to {} failed", event, e);
        }
    }
}
