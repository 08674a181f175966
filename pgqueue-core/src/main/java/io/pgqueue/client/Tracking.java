// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import io.pgqueue.NotFoundException;
import io.pgqueue.jdbc.Transactions;
import io.pgqueue.store.CompletionFunctions;
import io.pgqueue.store.CompletionFunctions.Progress;
import io.pgqueue.store.SqlErrors;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The tracked messages somebody waits for in this JVM: one query for all of them when something ended, and at each poll
 * interval in any case. Nothing runs while nobody waits.
 */
final class Tracking {

    private static final Logger LOG = LoggerFactory.getLogger(Tracking.class);

    private static final Duration MERGE = Duration.ofMillis(5);
    private static final int AT_ONCE = 1000;

    private final Transactions transactions;
    private final CompletionFunctions functions;
    private final ScheduledExecutorService scheduler;
    private final Duration interval;
    private final Map<UUID, Set<Completion>> open = new ConcurrentHashMap<>();
    private final AtomicBoolean polling = new AtomicBoolean();
    private final AtomicBoolean hinted = new AtomicBoolean();
    private volatile boolean failing;

    Tracking(
            Transactions transactions,
            CompletionFunctions functions,
            ScheduledExecutorService scheduler,
            Duration interval) {
        this.transactions = transactions;
        this.functions = functions;
        this.scheduler = scheduler;
        this.interval = interval;
    }

    void add(Completion completion) {
        enter(completion);
        if (polling.compareAndSet(false, true)) {
            schedule(this::poll, interval);
        }
    }

    /** @throws NotFoundException if the message was not tracked, or its outcome is forgotten */
    Completion attach(UUID messageId) {
        Completion completion = new Completion(messageId, () -> false);
        enter(completion);
        try {
            if (!check(List.of(messageId)).contains(messageId)) {
                throw new NotFoundException("No outcome is known for message " + messageId
                        + ": it was not sent with tracking, is not committed yet, or was done too long ago");
            }
        } catch (SQLException e) {
            remove(completion);
            throw SqlErrors.translate(e);
        } catch (RuntimeException e) {
            remove(completion);
            throw e;
        }
        if (!completion.isDone()) {
            add(completion);
        }
        return completion;
    }

    /** Deliveries ended: those waited for may be among them. */
    void deliveriesEnded() {
        if (!open.isEmpty() && hinted.compareAndSet(false, true)) {
            schedule(
                    () -> {
                        hinted.set(false);
                        checkAll();
                    },
                    MERGE);
        }
    }

    private void poll() {
        checkAll();
        if (!open.isEmpty()) {
            schedule(this::poll, interval);
            return;
        }
        polling.set(false);
        if (!open.isEmpty() && polling.compareAndSet(false, true)) {
            schedule(this::poll, interval);
        }
    }

    private void checkAll() {
        open.forEach((id, completions) ->
                completions.stream().filter(Completion::isDone).forEach(this::remove));
        try {
            List<UUID> ids = List.copyOf(open.keySet());
            for (int from = 0; from < ids.size(); from += AT_ONCE) {
                check(ids.subList(from, Math.min(ids.size(), from + AT_ONCE)));
            }
            failing = false;
        } catch (SQLException | RuntimeException | Error e) {
            if (!failing) {
                LOG.warn("Outcomes could not be read, which is tried again: {}", e.getMessage());
            }
            failing = true;
        }
    }

    /** Those that are known. */
    private Set<UUID> check(Collection<UUID> ids) throws SQLException {
        Map<UUID, Progress> found = transactions.statement(c -> functions.outcomes(c, ids));
        found.forEach((id, progress) -> {
            if (progress.open() == 0) {
                Set<Completion> done = open.remove(id);
                if (done != null) {
                    done.forEach(completion -> completion.done(progress.outcomes()));
                }
            }
        });
        return found.keySet();
    }

    private void enter(Completion completion) {
        open.compute(completion.messageId(), (id, known) -> {
            Set<Completion> all = known == null ? ConcurrentHashMap.newKeySet() : known;
            all.add(completion);
            return all;
        });
    }

    private void remove(Completion completion) {
        open.computeIfPresent(completion.messageId(), (id, all) -> {
            all.remove(completion);
            return all.isEmpty() ? null : all;
        });
    }

    private void schedule(Runnable task, Duration delay) {
        if (!scheduler.isShutdown()) {
            scheduler.schedule(task, delay.toMillis(), TimeUnit.MILLISECONDS);
        }
    }
}
