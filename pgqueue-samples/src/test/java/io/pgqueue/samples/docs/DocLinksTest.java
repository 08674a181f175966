// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.samples.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Links of the documents to files of the project, and to their headings, lead somewhere. */
class DocLinksTest {

    private static final Path PROJECT = Path.of("..").toAbsolutePath().normalize();
    private static final Pattern LINK = Pattern.compile("]\\(([^)\\s]+)\\)");
    private static final Pattern HEADING = Pattern.compile("(?m)^#+ +(.+)$");

    @Test
    void everyLinkLeadsSomewhere() throws IOException {
        List<String> faults = new ArrayList<>();
        try (Stream<Path> top = Files.list(PROJECT);
                Stream<Path> docs = Files.walk(PROJECT.resolve("docs"))) {
            for (Path document : Stream.concat(top, docs)
                    .filter(file -> file.toString().endsWith(".md"))
                    .toList()) {
                faults.addAll(faults(PROJECT, document));
            }
        }
        assertThat(faults).isEmpty();
    }

    /** A rule that cannot fail checks nothing. */
    @Test
    void faultsAreFound(@TempDir Path project) throws IOException {
        Path other = project.resolve("other.md");
        Files.writeString(other, "# Ways `to` go, and not\n");
        Path document = project.resolve("a.md");
        Files.writeString(document, """
                ## Here
                [web](https://example.org/x) [self](#here) [file](other.md) [part](other.md#ways-to-go-and-not)
                [gone](gone.md) [no part](other.md#ways) [no such](#there)
                """);
        assertThat(faults(project, document))
                .containsExactly("a.md links to gone.md", "a.md links to other.md#ways", "a.md links to #there");
    }

    private static List<String> faults(Path project, Path document) throws IOException {
        List<String> faults = new ArrayList<>();
        for (MatchResult link :
                LINK.matcher(Files.readString(document)).results().toList()) {
            String to = link.group(1);
            if (!to.contains(":") && !leadsSomewhere(document, to)) {
                faults.add(project.relativize(document) + " links to " + to);
            }
        }
        return faults;
    }

    private static boolean leadsSomewhere(Path document, String link) throws IOException {
        int hash = link.indexOf('#');
        String file = hash < 0 ? link : link.substring(0, hash);
        Path target = file.isEmpty() ? document : document.resolveSibling(file);
        return Files.exists(target) && (hash < 0 || headings(target).contains(link.substring(hash + 1)));
    }

    /** As GitHub names them: lower case, without punctuation, hyphens for spaces. */
    private static List<String> headings(Path document) throws IOException {
        return HEADING.matcher(Files.readString(document))
                .results()
                .map(heading -> heading.group(1).toLowerCase(Locale.ROOT))
                .map(heading -> heading.replaceAll("[^\\p{L}\\p{N}_ -]", "").replace(' ', '-'))
                .collect(Collectors.toList());
    }
}
