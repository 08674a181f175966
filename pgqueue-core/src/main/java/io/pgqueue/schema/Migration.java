// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.schema;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32;

/**
 * One script: {@code V001__name.sql} runs once, {@code R__name.sql} again whenever its text changed.
 *
 * @param file name of the resource
 * @param version number of a versioned script, 0 of a repeatable one
 * @param text the SQL
 */
record Migration(String file, int version, String text) {

    /** In the order in which they run, which is Flyway's: versions first, then repeatable ones by name. */
    private static final List<String> FILES = List.of(
            "V001__tables.sql",
            "R__admin.sql",
            "R__backlog.sql",
            "R__browse.sql",
            "R__checks.sql",
            "R__client.sql",
            "R__completion.sql",
            "R__dead_letter.sql",
            "R__depth.sql",
            "R__filter.sql",
            "R__group.sql",
            "R__history.sql",
            "R__idle.sql",
            "R__invariants.sql",
            "R__keys.sql",
            "R__maintain.sql",
            "R__publish.sql",
            "R__receive.sql",
            "R__route.sql",
            "R__sample.sql",
            "R__schedule.sql",
            "R__settle.sql",
            "R__stats.sql",
            "R__sweep.sql",
            "R__zz_privileges.sql");

    private static final Pattern NAME = Pattern.compile("(?:V(\\d+)|R)__\\w+\\.sql");

    static List<Migration> all() {
        return FILES.stream().map(Migration::load).toList();
    }

    boolean repeatable() {
        return version == 0;
    }

    long checksum() {
        CRC32 crc = new CRC32();
        crc.update(text.getBytes(StandardCharsets.UTF_8));
        return crc.getValue();
    }

    private static Migration load(String file) {
        Matcher name = NAME.matcher(file);
        if (!name.matches()) {
            throw new IllegalArgumentException(file + " is not a migration's name");
        }
        int version = name.group(1) == null ? 0 : Integer.parseInt(name.group(1));
        try (InputStream in = Migration.class.getResourceAsStream(file)) {
            if (in == null) {
                throw new IllegalStateException("The pgqueue-core jar lacks " + file);
            }
            String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            return new Migration(file, version, text.replace("\r\n", "\n"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
