// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jdbc;

import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Warns of calls that take long: of each function once a minute at most, with the number of slow calls since the last
 * warning, because what is slow once is often slow for a while.
 */
public final class SlowCalls implements StatementListener {

    private static final Logger LOG = LoggerFactory.getLogger(SlowCalls.class);

    /** Maintenance and samples do a bite of work at a time; it hurts only when it lasts long enough to fall behind. */
    private static final int BACKGROUND_FACTOR = 10;

    private static final long QUIET = TimeUnit.MINUTES.toNanos(1);

    private final Duration threshold;
    private final LongSupplier ticker;
    private final Consumer<String> warning;
    private final Map<String, Told> told = new ConcurrentHashMap<>();

    /** @param threshold how long a call may take; ten times as long when nobody waits for it */
    public SlowCalls(Duration threshold) {
        this(threshold, System::nanoTime, LOG::warn);
    }

    SlowCalls(Duration threshold, LongSupplier ticker, Consumer<String> warning) {
        this.threshold = threshold;
        this.ticker = ticker;
        this.warning = warning;
    }

    @Override
    public void after(DatabaseCall call, Duration took, @Nullable SQLException failure) {
        if (took.compareTo(call.background() ? threshold.multipliedBy(BACKGROUND_FACTOR) : threshold) < 0) {
            return;
        }
        long now = ticker.getAsLong();
        Told next = told.merge(
                call.function(),
                new Told(now, 0, 0),
                (last, first) -> now - last.at() < QUIET
                        ? new Told(last.at(), last.more() + 1, last.before())
                        : new Told(now, 0, last.more()));
        if (next.at() == now && next.more() == 0) {
            String entries = call.entries() == 0 ? "" : " for " + call.entries() + " entries";
            String before = next.before() == 0 ? "" : ", and " + next.before() + " calls since the last warning";
            warning.accept("Slow call: " + call.function() + entries + (failure == null ? " took " : " failed after ")
                    + took.toMillis() + " ms" + before);
        }
    }

    /** When a function was warned of, how many slow calls came since then, and how many before that. */
    private record Told(long at, int more, int before) {}
}
