// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.samples.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Code in the documents is code that a test runs: each block equals the region of a source that it names. */
class DocSnippetsTest {

    private static final Path PROJECT = Path.of("..").toAbsolutePath().normalize();
    private static final Set<String> CHECKED = Set.of("java", "sql", "yaml", "properties");

    @Test
    void everyBlockIsARegionOfASource() throws IOException {
        Map<String, String> sources = SnippetSources.in(PROJECT);
        List<String> faults = new ArrayList<>();
        for (Path document : documents()) {
            faults.addAll(faults(PROJECT.relativize(document).toString(), Files.readAllLines(document), sources));
        }
        assertThat(faults).isEmpty();
    }

    @Test
    void theReadmeHasSuchBlocks() throws IOException {
        assertThat(CodeBlock.in(Files.readAllLines(PROJECT.resolve("README.md"))))
                .extracting(CodeBlock::language)
                .contains("java", "sql");
    }

    /** A rule that cannot fail checks nothing. */
    @Test
    void faultsAreFound(@TempDir Path project) throws IOException {
        Path source = Files.createDirectories(project.resolve("module/src")).resolve("A.java");
        Files.writeString(source, "    // snippet: a\n    call();\n    // end snippet\n");
        Map<String, String> sources = SnippetSources.in(project);
        assertThat(sources).isEqualTo(Map.of("a", "call();"));

        assertThat(faults("d", block("<!-- snippet: a -->", "call();"), sources))
                .isEmpty();
        assertThat(faults("d", block("<!-- not run: outdated API -->", "other();"), sources))
                .isEmpty();
        assertThat(faults("d", block("<!-- snippet: a -->", "other();"), sources))
                .singleElement()
                .asString()
                .startsWith("d:2 differs");
        assertThat(faults("d", block("<!-- snippet: b -->", "call();"), sources))
                .singleElement()
                .asString()
                .contains("no region");
        assertThat(faults("d", block("Text.", "call();"), sources))
                .singleElement()
                .asString()
                .contains("names no snippet");
    }

    private static List<String> block(String above, String code) {
        return List.of(above, "```java", code, "```");
    }

    private static List<String> faults(String document, List<String> text, Map<String, String> sources) {
        List<String> faults = new ArrayList<>();
        for (CodeBlock block : CodeBlock.in(text)) {
            if (!CHECKED.contains(block.language()) || block.excused()) {
                continue;
            }
            String where = document + ":" + block.line();
            String name = block.snippet();
            String source = name == null ? null : sources.get(name);
            if (name == null) {
                faults.add(where + " names no snippet: put <!-- snippet: name --> above the block, or "
                        + "<!-- not run: reason -->");
            } else if (source == null) {
                faults.add(where + " there is no region '" + name + "' in the sources: " + sources.keySet());
            } else if (!source.equals(block.text())) {
                faults.add(where + " differs from region '" + name + "', which is:\n" + source);
            }
        }
        return faults;
    }

    private static List<Path> documents() throws IOException {
        List<Path> documents =
                new ArrayList<>(List.of(PROJECT.resolve("README.md"), PROJECT.resolve("CONTRIBUTING.md")));
        Path folder = PROJECT.resolve("docs");
        if (Files.isDirectory(folder)) {
            try (Stream<Path> files = Files.walk(folder)) {
                files.filter(file -> file.toString().endsWith(".md")).forEach(documents::add);
            }
        }
        return documents;
    }
}
