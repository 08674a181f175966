// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.samples.orders.demo;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The terminal that shows our output.
 *
 * @param rows its height
 * @param columns its width
 * @param unicode whether it shows lines of boxes
 */
record Terminal(int rows, int columns, boolean unicode) {

    private static final Pattern SIZE = Pattern.compile("(\\d+) (\\d+)");

    /** Empty when the output goes elsewhere, or nobody can tell, as on Windows. Java itself has no answer before 22. */
    static Optional<Terminal> detect() {
        try {
            Process stty = new ProcessBuilder("sh", "-c", "test -t 1 && stty size < /dev/tty >&2")
                    .redirectOutput(ProcessBuilder.Redirect.INHERIT)
                    .start();
            try (BufferedReader answer =
                    new BufferedReader(new InputStreamReader(stty.getErrorStream(), StandardCharsets.US_ASCII))) {
                String line = answer.readLine();
                Matcher size = SIZE.matcher(line == null ? "" : line);
                if (!size.matches() || "dumb".equals(System.getenv("TERM"))) {
                    return Optional.empty();
                }
                int rows = Integer.parseInt(size.group(1));
                int columns = Integer.parseInt(size.group(2));
                // Some terminals say 0 when they do not know.
                return Optional.of(new Terminal(rows > 0 ? rows : 24, columns > 0 ? columns : 80, speaksUnicode()));
            }
        } catch (IOException noShell) {
            return Optional.empty();
        }
    }

    private static boolean speaksUnicode() {
        return Stream.of("LC_ALL", "LC_CTYPE", "LANG")
                .map(System.getenv()::get)
                .filter(value -> value != null && !value.isEmpty())
                .limit(1)
                .collect(Collectors.joining())
                .toUpperCase(java.util.Locale.ROOT)
                .replace("-", "")
                .contains("UTF8");
    }
}
