// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.benchmarks.report;

import java.util.Locale;
import tools.jackson.databind.JsonNode;

/** A bar for each cell of the steady scenario: throughput divided by that of bare SQL, with the spread of its runs. */
final class RatioChart {

    private static final int WIDTH = 760;
    private static final int LEFT = 300;
    private static final int TOP = 50;
    private static final int ROW = 22;
    private static final int RIGHT = 60;

    private RatioChart() {}

    static Svg draw(JsonNode result) {
        JsonNode cells = result.get("results");
        double most = 1;
        for (JsonNode cell : cells) {
            most = Math.max(most, ratio(cell).get("max").doubleValue());
        }
        double scale = (WIDTH - LEFT - RIGHT) / most;
        int bottom = TOP + ROW * cells.size();
        Svg svg = new Svg(WIDTH, bottom + 40);
        svg.text(
                10,
                20,
                "start",
                "Throughput divided by bare SQL in the same run (1 = the same), PostgreSQL "
                        + result.get("server").get("version").stringValue() + ", "
                        + result.get("machine").get("cores").intValue() + " cores");
        for (double tick = 0; tick <= most; tick += 0.25) {
            svg.line(LEFT + tick * scale, TOP, LEFT + tick * scale, bottom, tick == 1 ? Svg.INK : Svg.FAINT);
            svg.text(LEFT + tick * scale, bottom + 18, "middle", String.format(Locale.ROOT, "%.2f", tick));
        }
        double y = TOP;
        for (JsonNode cell : cells) {
            double median = ratio(cell).get("median").doubleValue();
            double middle = y + ROW / 2.0;
            svg.text(LEFT - 8, middle + 4, "end", label(cell.get("cell")) + form(cell));
            svg.box(LEFT, y + 4, median * scale, ROW - 8, Svg.COLOURS[0]);
            svg.line(
                    LEFT + ratio(cell).get("min").doubleValue() * scale,
                    middle,
                    LEFT + ratio(cell).get("max").doubleValue() * scale,
                    middle,
                    Svg.INK);
            svg.text(WIDTH - 8, middle + 4, "end", String.format(Locale.ROOT, "%.2f", median));
            y += ROW;
        }
        return svg;
    }

    /** Results from before there were two forms do not name theirs. */
    private static String form(JsonNode cell) {
        return cell.has("form") ? ", " + cell.get("form").stringValue().toLowerCase(Locale.ROOT) : "";
    }

    private static JsonNode ratio(JsonNode cell) {
        return cell.get("ratio").get("perSecond");
    }

    private static String label(JsonNode cell) {
        String phase = cell.get("phase").stringValue();
        return phase
                + (phase.equals("ack") ? " one by one" : " " + cell.get("batch").intValue()) + ", clients "
                + cell.get("clients").intValue() + ", fan-out "
                + cell.get("fanout").intValue()
                + (cell.get("analysed").booleanValue() ? ", analysed" : "");
    }
}
