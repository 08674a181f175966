// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** What is done to a directory and everything below it. */
final class FileTree {

    private FileTree() {}

    static void delete(Path root) throws IOException {
        if (!Files.exists(root)) {
            return;
        }
        for (Path file : list(root).sorted(Comparator.reverseOrder()).toList()) {
            Files.deleteIfExists(file);
        }
    }

    /** Gives the tree to a user of a POSIX system; needs root. */
    static void handTo(int uid, Path root) throws IOException {
        for (Path file : list(root).toList()) {
            Files.setAttribute(file, "unix:uid", uid, LinkOption.NOFOLLOW_LINKS);
        }
    }

    private static Stream<Path> list(Path root) throws IOException {
        try (Stream<Path> files = Files.walk(root)) {
            return List.copyOf(files.toList()).stream();
        }
    }
}
