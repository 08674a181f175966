// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.samples.docs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The marked regions of the project's sources, by name: from a comment {@code snippet: name} to {@code end snippet}, with
 * the common indentation taken away.
 */
final class SnippetSources {

    private static final Pattern START = Pattern.compile("\\s*(?://|--|#)\\s*snippet:\\s*(\\S+)\\s*");
    private static final Pattern END = Pattern.compile("\\s*(?://|--|#)\\s*end snippet\\s*");
    private static final Pattern SOURCE = Pattern.compile(".*\\.(java|sql|ya?ml|properties)");

    private SnippetSources() {}

    static Map<String, String> in(Path project) {
        Map<String, String> snippets = new TreeMap<>();
        try (Stream<Path> modules = Files.list(project)) {
            modules.map(module -> module.resolve("src"))
                    .filter(Files::isDirectory)
                    .forEach(sources -> {
                        try (Stream<Path> files = Files.walk(sources)) {
                            files.filter(file -> SOURCE.matcher(file.toString()).matches())
                                    .forEach(file -> read(file, snippets));
                        } catch (IOException e) {
                            throw new UncheckedIOException(e);
                        }
                    });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return snippets;
    }

    static void read(Path file, Map<String, String> snippets) {
        String name = null;
        List<String> region = new ArrayList<>();
        for (String line : lines(file)) {
            Matcher start = START.matcher(line);
            if (start.matches()) {
                check(name == null, file, name, "is not ended before the next one begins");
                name = start.group(1);
                region.clear();
            } else if (name != null && END.matcher(line).matches()) {
                check(snippets.put(name, text(region)) == null, file, name, "exists twice");
                name = null;
            } else {
                region.add(line);
            }
        }
        check(name == null, file, name, "has no end");
    }

    /** Compared without indentation and blank lines at the ends. */
    static String text(List<String> lines) {
        return String.join("\n", lines).stripIndent().strip();
    }

    private static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException e) {
            throw new UncheckedIOException(file.toString(), e);
        }
    }

    private static void check(boolean good, Path file, @Nullable String name, String what) {
        if (!good) {
            throw new AssertionError("Snippet '" + name + "' in " + file + " " + what);
        }
    }
}
