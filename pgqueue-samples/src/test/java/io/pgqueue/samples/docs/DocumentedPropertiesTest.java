// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.samples.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A property that a document or a message of ours tells to set is one that Boot knows. */
class DocumentedPropertiesTest {

    private static final Path PROJECT = Path.of("..").toAbsolutePath().normalize();

    private static final String METADATA = "META-INF/spring-configuration-metadata.json";

    /** Anything that could be a property of ours; of functions in SQL and Java the parenthesis is seen. */
    private static final Pattern NAME = Pattern.compile("(?<![\\w./@-])pgqueue\\.[a-z](?:[\\w.-]*\\w)?(?!\\w*\\()");

    private static final Pattern TOLD = Pattern.compile("(?<![\\w.])(?:pgqueue|management)\\.[a-z.-]+(?==)");

    private static final Pattern DECLARED =
            Pattern.compile("\"name\": \"((?:pgqueue|management\\.health)\\.[a-z.-]+)\"");

    /** What else is called like that. */
    private static final Set<String> OTHERS = Set.of(
            // Meters and observations.
            "pgqueue.published",
            "pgqueue.received",
            "pgqueue.acked",
            "pgqueue.retried",
            "pgqueue.dead",
            "pgqueue.stale",
            "pgqueue.handler",
            "pgqueue.lag",
            "pgqueue.messages.ready",
            "pgqueue.oldest.age",
            "pgqueue.subscription.expires",
            "pgqueue.sample.age",
            "pgqueue.publish",
            "pgqueue.process",
            // The logging context.
            "pgqueue.destination",
            "pgqueue.subscription",
            "pgqueue.consumer",
            "pgqueue.messageId",
            "pgqueue.attempt",
            // Tables, and the name of temporary destinations in meters.
            "pgqueue.message",
            "pgqueue.delivery",
            "pgqueue.scheduled",
            "pgqueue.dead_letter",
            "pgqueue.temp",
            // Properties of a JNDI reference.
            "pgqueue.prefetch",
            "pgqueue.redeliveryDelay",
            "pgqueue.objectClasses");

    static List<Path> documents() throws IOException {
        try (Stream<Path> files = Files.list(PROJECT.resolve("docs"))) {
            return Stream.concat(files, Stream.of(PROJECT.resolve("README.md")))
                    .filter(file -> file.toString().endsWith(".md"))
                    .toList();
        }
    }

    @ParameterizedTest
    @MethodSource("documents")
    void documentsNameOnlyWhatExists(Path document) throws IOException {
        assertThat(unknown(Files.readString(document))).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"`pgqueue.listner.concurrency`", "set pgqueue.schema.initialise=never", "pgqueue.polling: 5s"})
    void aWrongNameIsFound(String text) throws IOException {
        assertThat(unknown(text)).hasSize(1);
    }

    @Test
    void whatElseIsCalledLikeThatIsInSomeDocument() throws IOException {
        Set<String> left = new TreeSet<>(OTHERS);
        for (Path document : documents()) {
            left.removeAll(names(NAME, Files.readString(document)));
        }
        assertThat(left).isEmpty();
    }

    @Test
    void messagesTellToSetOnlyWhatExists() throws IOException {
        Set<String> told = new TreeSet<>();
        for (String module : List.of("pgqueue-core", "pgqueue-spring-boot-starter")) {
            try (Stream<Path> files = Files.walk(PROJECT.resolve(module).resolve("src/main/java"))) {
                for (Path file : files.filter(Files::isRegularFile).toList()) {
                    told.addAll(names(TOLD, Files.readString(file)));
                }
            }
        }
        assertThat(told).contains("pgqueue.changed-destination");
        assertThat(properties()).containsAll(told);
    }

    private static Set<String> unknown(String text) throws IOException {
        Set<String> names = names(NAME, text);
        names.removeAll(properties());
        names.removeAll(OTHERS);
        return names;
    }

    private static Set<String> names(Pattern pattern, String text) {
        return pattern.matcher(text).results().map(MatchResult::group).collect(Collectors.toCollection(TreeSet::new));
    }

    private static Set<String> properties() throws IOException {
        Set<String> names = new TreeSet<>();
        for (URL metadata :
                Collections.list(DocumentedPropertiesTest.class.getClassLoader().getResources(METADATA))) {
            try (InputStream in = metadata.openStream()) {
                DECLARED.matcher(new String(in.readAllBytes(), StandardCharsets.UTF_8))
                        .results()
                        .map(match -> match.group(1))
                        .forEach(names::add);
            }
        }
        return names;
    }
}
