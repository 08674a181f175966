// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.samples.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** docs/promises.md names the tests that hold each promise, so they are there. */
class DocumentedPromisesTest {

    private static final Path PROJECT = Path.of("..").toAbsolutePath().normalize();
    private static final Pattern ROW = Pattern.compile("\\| ([A-Z]+)-(\\d+) \\| (.+) \\| (.+) \\|");
    private static final Pattern REFERENCE = Pattern.compile("`([\\w.]+)\\.(\\w+)`");

    @Test
    void everyPromiseHasTestsThatAreThere() throws IOException {
        List<String> page = Files.readAllLines(PROJECT.resolve("docs/promises.md"));
        assertThat(page.stream().filter(line -> ROW.matcher(line).matches())).hasSizeGreaterThan(150);
        assertThat(faults(page, TestMethods.in(PROJECT))).isEmpty();
    }

    /** A rule that cannot fail checks nothing. */
    @Test
    void faultsAreFound(@TempDir Path project) throws IOException {
        for (String place : List.of("a/src/test/java/x/one", "b/src/test/java/x/two")) {
            Path folder = Files.createDirectories(project.resolve(place));
            Files.writeString(folder.resolve("SameIT.java"), """
                    @Test
                    void plain() {}

                    @ParameterizedTest
                    @ValueSource(strings = {"a", "void b("})
                    void withValues(String value) {}

                    void helper() {}
                    """);
        }
        TestMethods tests = TestMethods.in(project);
        String good = "`one.SameIT.plain` `x.two.SameIT.withValues`";
        assertThat(faults(List.of("| A-1 | p | " + good + " |", "| A-2 | Not offered: no | – |"), tests))
                .isEmpty();

        assertThat(fault("`SameIT.plain`", tests)).contains("2 classes named SameIT");
        assertThat(fault("`OtherIT.plain`", tests)).contains("0 classes named OtherIT");
        assertThat(fault("`one.SameIT.gone`", tests)).contains("no test gone");
        assertThat(fault("`one.SameIT.helper`", tests)).contains("no test helper");
        assertThat(fault("–", tests)).contains("names no test");
        assertThat(faults(List.of("| A-1 | Not offered: no | " + good + " |"), tests))
                .containsExactly("A-1 is not offered, but has tests");
        assertThat(faults(List.of("| A-1 | p | " + good + " |", "| A-1 | p | " + good + " |"), tests))
                .containsExactly("A-1 follows A-1");
        assertThat(faults(List.of("| A-1 | p | " + good + " |", "| A-3 | p | " + good + " |"), tests))
                .containsExactly("A-3 follows A-1");
        assertThat(faults(List.of("| A-2 | p | " + good + " |"), tests)).containsExactly("A-2 follows A-0");
    }

    private static String fault(String cell, TestMethods tests) {
        return String.join("\n", faults(List.of("| A-1 | p | " + cell + " |"), tests));
    }

    private static List<String> faults(List<String> page, TestMethods tests) {
        List<String> faults = new ArrayList<>();
        Map<String, Integer> last = new HashMap<>();
        for (String line : page) {
            Matcher row = ROW.matcher(line);
            if (row.matches()) {
                String family = row.group(1);
                String id = family + "-" + row.group(2);
                int before = last.getOrDefault(family, 0);
                int number = Integer.parseInt(row.group(2));
                if (number != before + 1) {
                    faults.add(id + " follows " + family + "-" + before);
                }
                last.put(family, number);
                faults.addAll(faults(id, row.group(3), row.group(4), tests));
            }
        }
        return faults;
    }

    private static List<String> faults(String id, String promise, String cell, TestMethods tests) {
        List<MatchResult> references = REFERENCE.matcher(cell).results().toList();
        boolean offered = !promise.startsWith("Not offered");
        List<String> faults = new ArrayList<>();
        if (offered && references.isEmpty()) {
            faults.add(id + " names no test");
        } else if (!offered && !references.isEmpty()) {
            faults.add(id + " is not offered, but has tests");
        }
        for (MatchResult reference : references) {
            List<String> classes = tests.classes(reference.group(1));
            if (classes.size() != 1) {
                faults.add(id + ": there are " + classes.size() + " classes named " + reference.group(1));
            } else if (!tests.has(classes.get(0), reference.group(2))) {
                faults.add(id + ": " + classes.get(0) + " has no test " + reference.group(2));
            }
        }
        return faults;
    }
}
