// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.benchmarks.report;

import java.util.Locale;
import java.util.StringJoiner;
import tools.jackson.databind.JsonNode;

/** A line for each variant of the pinned scenario: messages per second over time. */
final class WindowChart {

    private static final int WIDTH = 760;
    private static final int LEFT = 70;
    private static final int TOP = 50;
    private static final int PLOT_WIDTH = 660;
    private static final int PLOT_HEIGHT = 300;
    private static final int TICKS = 5;
    private static final int LEGEND = 18;

    private WindowChart() {}

    static Svg draw(JsonNode result) {
        JsonNode variants = result.get("results");
        double most = 1;
        double longest = 1;
        for (JsonNode variant : variants) {
            for (JsonNode window : variant.get("windows")) {
                most = Math.max(most, window.get("perSecond").doubleValue());
                longest = Math.max(longest, window.get("endSeconds").doubleValue());
            }
        }
        int bottom = TOP + PLOT_HEIGHT;
        Svg svg = new Svg(WIDTH, bottom + 50 + LEGEND * variants.size());
        svg.text(
                10,
                20,
                "start",
                "Messages per second while another session holds a transaction open, PostgreSQL "
                        + result.get("server").get("version").stringValue() + ", "
                        + result.get("machine").get("cores").intValue() + " cores");
        for (int tick = 0; tick <= TICKS; tick++) {
            double y = bottom - (double) PLOT_HEIGHT * tick / TICKS;
            double x = LEFT + (double) PLOT_WIDTH * tick / TICKS;
            svg.line(LEFT, y, LEFT + PLOT_WIDTH, y, Svg.FAINT);
            svg.text(LEFT - 6, y + 4, "end", String.format(Locale.ROOT, "%.0f", most * tick / TICKS));
            svg.text(x, bottom + 18, "middle", String.format(Locale.ROOT, "%.0f s", longest * tick / TICKS));
        }
        int index = 0;
        for (JsonNode variant : variants) {
            String colour = Svg.COLOURS[index % Svg.COLOURS.length];
            StringJoiner points = new StringJoiner(" ");
            for (JsonNode window : variant.get("windows")) {
                points.add(String.format(
                        Locale.ROOT,
                        "%.1f,%.1f",
                        LEFT + PLOT_WIDTH * window.get("endSeconds").doubleValue() / longest,
                        bottom - PLOT_HEIGHT * window.get("perSecond").doubleValue() / most));
            }
            svg.curve(points.toString(), colour);
            double y = bottom + 44 + LEGEND * index;
            svg.box(LEFT, y - 9, 10, 10, colour);
            svg.text(LEFT + 18, y, "start", label(variant));
            index++;
        }
        return svg;
    }

    private static String label(JsonNode variant) {
        int clients = variant.get("clients").intValue();
        return variant.get("contender").stringValue() + ", " + clients + "+" + clients + " clients, hold "
                + variant.get("hold").stringValue();
    }
}
