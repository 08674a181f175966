// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.samples.orders.demo;

import java.time.LocalTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;

/** Counts and last lines of one part. The first count is the one whose rate is shown. Thread-safe. */
final class Part {

    /** Of the time at the beginning of each line. */
    static final int TIME_LENGTH = "00:00:00 ".length();

    private static final int KEPT_LINES = 60;
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss");

    private final String name;
    private final Map<String, AtomicLong> counts = new LinkedHashMap<>();
    private final Deque<String> lines = new ArrayDeque<>();

    Part(String name, String... counts) {
        this.name = name;
        for (String count : counts) {
            this.counts.put(count, new AtomicLong());
        }
    }

    String name() {
        return name;
    }

    void add(String count, long more) {
        counter(count).addAndGet(more);
    }

    long get(String count) {
        return counter(count).get();
    }

    /** In a fixed order. */
    Map<String, Long> counts() {
        Map<String, Long> now = new LinkedHashMap<>();
        counts.forEach((count, value) -> now.put(count, value.get()));
        return now;
    }

    void line(String text) {
        String stamped = LocalTime.now().format(TIME) + " " + text;
        synchronized (lines) {
            lines.addLast(stamped);
            if (lines.size() > KEPT_LINES) {
                lines.removeFirst();
            }
        }
    }

    /** The newest, oldest of them first. */
    List<String> lines(int most) {
        synchronized (lines) {
            return lines.stream().skip(Math.max(0, lines.size() - most)).toList();
        }
    }

    private AtomicLong counter(String count) {
        return Objects.requireNonNull(counts.get(count), () -> name + " does not count '" + count + "'");
    }
}
