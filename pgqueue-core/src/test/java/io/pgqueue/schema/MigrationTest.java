// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.schema;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class MigrationTest {

    /** Flyway: versions by number, then repeatable scripts by description. */
    @Test
    void everyScriptOfTheFolderRunsInFlywaysOrder() throws IOException, URISyntaxException {
        Path folder = Path.of(Objects.requireNonNull(Migration.class.getResource("V001__tables.sql"))
                        .toURI())
                .getParent();
        List<String> versions = new ArrayList<>();
        List<String> repeatable = new ArrayList<>();
        try (Stream<Path> files = Files.list(Objects.requireNonNull(folder))) {
            files.map(f -> String.valueOf(f.getFileName()))
                    .filter(f -> f.endsWith(".sql"))
                    .forEach(f -> (f.startsWith("V") ? versions : repeatable).add(f));
        }
        versions.sort(Comparator.comparingInt(f -> Integer.parseInt(f.substring(1, f.indexOf("__")))));
        repeatable.sort(Comparator.comparing(f -> f.substring(3, f.length() - 4).replace('_', ' ')));
        versions.addAll(repeatable);
        assertThat(Migration.all()).extracting(Migration::file).isEqualTo(versions);
    }

    @Test
    void aChecksumFollowsTheText() {
        Migration one = new Migration("R__a.sql", 0, "select 1");
        assertThat(one.repeatable()).isTrue();
        assertThat(one.checksum()).isEqualTo(new Migration("R__b.sql", 0, "select 1").checksum());
        assertThat(one.checksum()).isNotEqualTo(new Migration("R__a.sql", 0, "select 2").checksum());
        assertThat(Migration.all()).noneMatch(m -> m.text().contains("\r"));
    }
}
