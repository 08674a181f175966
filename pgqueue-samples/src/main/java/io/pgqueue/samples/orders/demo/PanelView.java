// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.samples.orders.demo;

import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Three panels side by side, drawn again in place. */
final class PanelView implements View {

    private static final int MOST_ROWS = 24;
    private static final String HIDE_CURSOR = "\033[?25l";
    private static final String SHOW_CURSOR = "\033[?25h";
    private static final String CLEAR_BELOW = "\033[J";

    private final List<Panel> panels;
    private final int rows;
    private final PrintStream out;
    private boolean drawn;
    private boolean ended;

    PanelView(Activity activity, Terminal terminal, PrintStream out) {
        int width = Math.max(20, (terminal.columns() - 1) / 3);
        this.panels = Stream.of(activity.api(), activity.consumer(), activity.creator())
                .map(part -> new Panel(part, width, terminal.unicode()))
                .toList();
        // One line is left for the cursor.
        this.rows = Math.max(8, Math.min(MOST_ROWS, terminal.rows() - 1));
        this.out = out;
        // Ctrl-C must not leave the terminal without a cursor.
        Runtime.getRuntime().addShutdownHook(new Thread(this::showCursor, "show-cursor"));
    }

    @Override
    public Duration interval() {
        return Duration.ofMillis(150);
    }

    @Override
    public synchronized void show() {
        if (ended) {
            return;
        }
        List<List<String>> columns =
                panels.stream().map(panel -> panel.render(rows)).toList();
        List<String> lines = new ArrayList<>();
        for (int row = 0; row < rows; row++) {
            StringBuilder line = new StringBuilder();
            for (List<String> column : columns) {
                line.append(column.get(row));
            }
            lines.add(line.toString());
        }
        String home = drawn ? "\033[" + rows + "A\r" : HIDE_CURSOR;
        out.print(home + String.join("\n", lines) + "\n" + CLEAR_BELOW);
        out.flush();
        drawn = true;
    }

    @Override
    public synchronized void end() {
        show();
        ended = true;
        showCursor();
    }

    private void showCursor() {
        out.print(SHOW_CURSOR);
        out.flush();
    }
}
