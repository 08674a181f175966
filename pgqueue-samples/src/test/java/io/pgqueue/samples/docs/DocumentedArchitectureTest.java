// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.samples.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** docs/architecture.md is the map of the project, so everything that is there is on it. */
class DocumentedArchitectureTest {

    private static final Path PROJECT = Path.of("..").toAbsolutePath().normalize();
    private static final Path JAVA = Path.of("src/main/java");

    static List<String> scripts() throws IOException {
        try (Stream<Path> files = Files.list(PROJECT.resolve("pgqueue-core/src/main/resources/io/pgqueue/schema"))) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".sql"))
                    .map(name -> name.startsWith("R__") ? name.replace(".sql", "") : name)
                    .toList();
        }
    }

    static List<String> packages() throws IOException {
        return Stream.concat(packages("pgqueue-core"), packages("pgqueue-spring-boot-starter"))
                .toList();
    }

    @ParameterizedTest
    @MethodSource({"scripts", "packages"})
    void theMapShows(String place) throws IOException {
        assertThat(Files.readString(PROJECT.resolve("docs/architecture.md")))
                .as("add it to the tables of docs/architecture.md")
                .contains("`" + place + "`");
    }

    private static Stream<String> packages(String module) throws IOException {
        Path sources = PROJECT.resolve(module).resolve(JAVA);
        try (Stream<Path> files = Files.walk(sources)) {
            return files
                    .filter(file -> file.endsWith("package-info.java"))
                    .map(file -> sources.relativize(file.getParent()).toString())
                    .map(folder -> folder.replace(folder.contains("\\") ? '\\' : '/', '.'))
                    .toList()
                    .stream();
        }
    }
}
