// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.samples.orders.demo;

import java.io.PrintStream;
import java.time.Duration;
import java.time.LocalTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** One line for each look, for output that is not a terminal. */
final class LineView implements View {

    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss");

    private final Activity activity;
    private final PrintStream out;

    LineView(Activity activity, PrintStream out) {
        this.activity = activity;
        this.out = out;
    }

    @Override
    public Duration interval() {
        return Duration.ofSeconds(1);
    }

    @Override
    public void show() {
        String line = Stream.of(activity.api(), activity.consumer(), activity.creator())
                .map(part -> part.name() + ": " + counts(part))
                .collect(Collectors.joining(" | "));
        out.println(LocalTime.now().format(TIME) + " " + line + newest(activity));
        out.flush();
    }

    @Override
    public void end() {
        show();
    }

    /** Before there is anything to count: what is being waited for. */
    private static String newest(Activity activity) {
        if (activity.creator().get(Activity.SENT) > 0) {
            return "";
        }
        List<String> lines = activity.creator().lines(1);
        return lines.isEmpty() ? "" : " | " + lines.get(0).replaceFirst("^\\S+ ", "");
    }

    private static String counts(Part part) {
        return part.counts().entrySet().stream()
                .map(count -> count.getValue() + " " + count.getKey())
                .collect(Collectors.joining(", "));
    }
}
