// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.samples.orders.demo;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;

/** A part in a box: its counts, the rate of the first one, and its newest lines. */
final class Panel {

    private static final long RATE_WINDOW_NANOS = 1_000_000_000L;

    private static final int WIDE_ENOUGH_FOR_TIME = 36;

    private final Part part;
    private final int width;
    private final String[] box;
    private final Deque<long[]> samples = new ArrayDeque<>();

    Panel(Part part, int width, boolean unicode) {
        this.part = part;
        this.width = width;
        this.box = (unicode ? "╭ ─ ╮ │ ├ ┤ ╰ ╯" : "+ - + | + + + +").split(" ");
    }

    /** As many lines as asked for, each of the panel's width. */
    List<String> render(int rows) {
        Map<String, Long> counts = part.counts();
        List<String> lines = new ArrayList<>();
        lines.add(border(box[0], " " + part.name() + " ", box[2]));
        counts.forEach((count, value) -> lines.add(row("%7d %s".formatted(value, count))));
        lines.add(row("%7d %s/s".formatted(rate(), counts.keySet().iterator().next())));
        while (lines.size() < 6) {
            lines.add(row(""));
        }
        lines.add(border(box[4], "", box[5]));
        List<String> newest = part.lines(rows - lines.size() - 1);
        newest.forEach(line -> lines.add(row(width < WIDE_ENOUGH_FOR_TIME ? line.substring(Part.TIME_LENGTH) : line)));
        while (lines.size() < rows - 1) {
            lines.add(row(""));
        }
        lines.add(border(box[6], "", box[7]));
        return lines;
    }

    /** Of the last second. */
    private long rate() {
        long now = System.nanoTime();
        long value = part.counts().values().iterator().next();
        samples.addLast(new long[] {now, value});
        while (samples.size() > 1 && now - samples.getFirst()[0] > RATE_WINDOW_NANOS) {
            samples.removeFirst();
        }
        return value - samples.getFirst()[1];
    }

    private String row(String text) {
        return box[3] + " " + fit(text, width - 4) + " " + box[3];
    }

    private String border(String left, String title, String right) {
        return left + title + box[1].repeat(width - 2 - title.length()) + right;
    }

    private static String fit(String text, int length) {
        return text.length() > length ? text.substring(0, length) : text + " ".repeat(length - text.length());
    }
}
