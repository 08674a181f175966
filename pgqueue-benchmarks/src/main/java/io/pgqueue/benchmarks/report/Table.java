// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.benchmarks.report;

import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/** Rows as they come, in columns of a fixed width, so that a long run shows what it has. */
public final class Table {

    private final List<String> columns;
    private final Consumer<String> out;

    public Table(List<String> columns, Consumer<String> out) {
        this.columns = columns;
        this.out = out;
        row(columns);
    }

    public void row(List<String> cells) {
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < cells.size(); i++) {
            line.append(String.format(
                    Locale.ROOT, "%" + Math.max(8, columns.get(i).length() + 1) + "s", cells.get(i)));
        }
        out.accept(line.toString());
    }
}
