// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class OrphanServerIT {

    private static final Path WORK = Path.of(System.getProperty("pgqueue.test.directory", "target/postgres"));

    @Test
    void endsTheServerOfAKilledJvm() throws Exception {
        Path parent = Files.createDirectories(WORK.resolve("orphan-" + UUID.randomUUID()));
        Path directory = parent.resolve("data");
        try {
            long orphan = leaveServerBehind(directory);
            assertThat(ProcessHandle.of(orphan)).isPresent();
            try (EmbeddedPostgresServer server =
                    EmbeddedPostgresServer.start(EmbeddedPostgresOptions.kept(WORK, directory))) {
                assertThat(serverPid(directory)).isNotEqualTo(orphan);
                assertThat(server.port()).isPositive();
            }
        } finally {
            FileTree.delete(parent);
        }
    }

    private static long leaveServerBehind(Path directory) throws IOException, InterruptedException {
        Process jvm = new ProcessBuilder(List.of(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        KilledJvm.class.getName(),
                        WORK.toString(),
                        directory.toString()))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        assertThat(jvm.waitFor(2, TimeUnit.MINUTES)).isTrue();
        return serverPid(directory);
    }

    private static long serverPid(Path directory) throws IOException {
        return Long.parseLong(
                Files.readAllLines(directory.resolve("postmaster.pid")).get(0).trim());
    }

    /** Starts a server and ends without any shutdown hook, as a killed process does. */
    static final class KilledJvm {

        private KilledJvm() {}

        public static void main(String[] arguments) {
            EmbeddedPostgresServer.start(EmbeddedPostgresOptions.kept(Path.of(arguments[0]), Path.of(arguments[1])));
            Runtime.getRuntime().halt(1);
        }
    }
}
