// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/** Ends the server that a killed JVM left behind in a data directory; the caller holds the directory's lock. */
final class OrphanServer {

    private static final long PATIENCE_SECONDS = 5;

    private OrphanServer() {}

    static void stop(Path dataDirectory) throws IOException {
        Path pidFile = dataDirectory.resolve("postmaster.pid");
        if (!Files.exists(pidFile)) {
            return;
        }
        long pid = Long.parseLong(Files.readAllLines(pidFile).get(0).trim());
        ProcessHandle.of(pid).filter(OrphanServer::isPostgres).ifPresent(OrphanServer::stop);
        // A killed server leaves the file, and the next one would refuse to start if the number has been taken again.
        Files.deleteIfExists(pidFile);
    }

    private static boolean isPostgres(ProcessHandle process) {
        return process.info().command().orElse("").contains("postgres");
    }

    private static void stop(ProcessHandle server) {
        List<ProcessHandle> workers = server.descendants().toList();
        server.destroy();
        if (!hasEnded(server)) {
            Stream.concat(Stream.of(server), workers.stream()).forEach(ProcessHandle::destroyForcibly);
            workers.forEach(OrphanServer::hasEnded);
        }
    }

    private static boolean hasEnded(ProcessHandle process) {
        try {
            process.onExit().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            return true;
        } catch (TimeoutException e) {
            return false;
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted while an orphan server stops", e);
        }
    }
}
