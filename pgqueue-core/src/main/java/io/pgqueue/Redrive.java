// SPDX-License-Identifier: Apache-2.0
package io.pgqueue;

import org.jspecify.annotations.Nullable;

/**
 * Which dead letters to bring back, where to and how fast. Parked ones stay, unless the filter asks for them.
 *
 * @param filter which ones, oldest death first
 * @param first at most so many
 * @param to another queue, null for where they died
 * @param perSecond how many become ready in a second, 0.001 to 10 000; null for all at once
 */
public record Redrive(
        DeadLetterFilter filter,
        long first,
        @Nullable String to,
        @Nullable Double perSecond) {

    /** Everything that is dead when the redrive begins. */
    public static final Redrive ALL = new Redrive(DeadLetterFilter.ALL, Long.MAX_VALUE, null, null);

    public Redrive {
        if (first < 1) {
            throw Limits.invalid("first", Long.toString(first), "1 or more");
        }
        if (to != null) {
            Limits.name("queue", to);
        }
        if (perSecond != null && !(perSecond >= 0.001 && perSecond <= 10_000)) {
            throw Limits.invalid("perSecond", perSecond.toString(), "0.001 to 10000");
        }
    }

    public Redrive withFilter(DeadLetterFilter filter) {
        return new Redrive(filter, first, to, perSecond);
    }

    public Redrive withFirst(long count) {
        return new Redrive(filter, count, to, perSecond);
    }

    public Redrive withTo(@Nullable String queue) {
        return new Redrive(filter, first, queue, perSecond);
    }

    public Redrive withPerSecond(@Nullable Double rate) {
        return new Redrive(filter, first, to, rate);
    }
}
