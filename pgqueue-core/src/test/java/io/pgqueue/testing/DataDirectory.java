// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.testing;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** A server's data directory, locked for this JVM; the lock tells a running server from an orphan. */
final class DataDirectory implements AutoCloseable {

    private static final String TEMPORARY = "data-";

    private final Path path;
    private final boolean kept;
    private final FileChannel lock;

    private DataDirectory(Path path, boolean kept, FileChannel lock) {
        this.path = path;
        this.kept = kept;
        this.lock = lock;
    }

    /**
     * Locks the directory and ends the server a killed JVM may have left in it.
     *
     * @throws IllegalStateException when another live JVM uses the directory
     */
    static DataDirectory open(EmbeddedPostgresOptions options) throws IOException {
        Path kept = options.dataDirectory();
        Path work = options.workDirectory().toAbsolutePath();
        if (kept == null) {
            deleteAbandoned(work);
        }
        Path path = kept != null ? kept.toAbsolutePath() : work.resolve(TEMPORARY + UUID.randomUUID());
        DataDirectory directory = lock(path, kept != null);
        if (directory == null) {
            throw new IllegalStateException("The data directory " + path + " is used by another process");
        }
        OrphanServer.stop(path);
        return directory;
    }

    Path path() {
        return path;
    }

    Path log() {
        return beside(path, ".log");
    }

    boolean isInitialized() {
        return Files.exists(path.resolve("PG_VERSION"));
    }

    /** Releases the lock and, unless the data is kept, deletes it. */
    @Override
    public void close() throws IOException {
        try (lock) {
            if (!kept) {
                FileTree.delete(path);
                Files.deleteIfExists(log());
                Files.deleteIfExists(beside(path, ".lock"));
            }
        }
    }

    private static void deleteAbandoned(Path work) throws IOException {
        if (!Files.isDirectory(work)) {
            return;
        }
        try (DirectoryStream<Path> candidates = Files.newDirectoryStream(work, TEMPORARY + "*")) {
            for (Path candidate : candidates) {
                if (!Files.isDirectory(candidate)) {
                    continue;
                }
                try (DataDirectory abandoned = lock(candidate, false)) {
                    if (abandoned != null) {
                        OrphanServer.stop(candidate);
                    }
                }
            }
        }
    }

    private static @Nullable DataDirectory lock(Path path, boolean kept) throws IOException {
        Files.createDirectories(path);
        FileChannel channel =
                FileChannel.open(beside(path, ".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        if (isLocked(channel)) {
            return new DataDirectory(path, kept, channel);
        }
        channel.close();
        return null;
    }

    private static boolean isLocked(FileChannel channel) throws IOException {
        try {
            return channel.tryLock() != null;
        } catch (OverlappingFileLockException e) {
            return false;
        }
    }

    private static Path beside(Path path, String suffix) {
        return path.resolveSibling(path.getFileName() + suffix);
    }
}
