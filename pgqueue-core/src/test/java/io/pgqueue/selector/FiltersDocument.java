// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.selector;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The examples of docs/filters.md. */
final class FiltersDocument {

    /** A row of the table of differences. */
    record Row(Difference difference, String selector, String here, String java) {}

    private FiltersDocument() {}

    /** The lines of all blocks of this kind. */
    static List<String> block(String kind) {
        List<String> lines = new ArrayList<>();
        boolean inside = false;
        for (String line : lines()) {
            if (inside && line.equals("```")) {
                inside = false;
            } else if (inside) {
                lines.add(line);
            } else {
                inside = line.equals("```" + kind);
            }
        }
        return lines;
    }

    static List<Row> differences() {
        List<Row> rows = new ArrayList<>();
        for (String line : lines()) {
            String[] cells = line.split("\\s*\\|\\s*");
            if (cells.length == 6 && cells[1].matches("[A-Z_]{5,}")) {
                rows.add(new Row(Difference.valueOf(cells[1]), cells[3].replace("`", ""), cells[4], cells[5]));
            }
        }
        return rows;
    }

    static List<String> lines() {
        try {
            return Files.readAllLines(Path.of("..", "docs", "filters.md"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
