// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import java.time.Duration;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Tells when nothing has come for a while, and again each time that while has passed. Used by one thread. */
final class IdleWatch {

    private final @Nullable Duration interval;
    private final ContainerEvents events;
    private final LongSupplier ticker;
    private long last;
    private long told;

    /** @param interval null to tell nothing */
    IdleWatch(@Nullable Duration interval, ContainerEvents events, LongSupplier ticker) {
        this.interval = interval;
        this.events = events;
        this.ticker = ticker;
        something();
    }

    /** A wait may not be longer than until the next time to tell. */
    Duration limit(Duration wait) {
        if (interval == null) {
            return wait;
        }
        Duration left = interval.minusNanos(ticker.getAsLong() - told);
        return left.isNegative() ? Duration.ZERO : left.compareTo(wait) < 0 ? left : wait;
    }

    void something() {
        last = ticker.getAsLong();
        told = last;
    }

    void nothing() {
        long now = ticker.getAsLong();
        if (interval != null && now - told >= interval.toNanos()) {
            told = now;
            events.idle(Duration.ofNanos(now - last));
        }
    }
}
