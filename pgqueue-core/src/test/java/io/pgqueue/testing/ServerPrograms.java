// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Runs initdb and pg_ctl on one data directory as a user PostgreSQL accepts. */
final class ServerPrograms {

    private static final String PATIENCE_SECONDS = "120";

    private final Path home;
    private final ServerUser user;
    private final DataDirectory data;

    ServerPrograms(Path home, ServerUser user, DataDirectory data) {
        this.home = home;
        this.user = user;
        this.data = data;
    }

    void initialize() throws IOException {
        user.own(data.path());
        run("initdb", "--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync");
    }

    void start() throws IOException {
        user.own(data.path());
        run("pg_ctl", "start", "-w", "-t", PATIENCE_SECONDS);
    }

    void stop() throws IOException {
        run("pg_ctl", "stop", "-w", "-t", PATIENCE_SECONDS, "-m", "fast");
    }

    private void run(String program, String... arguments) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(home.resolve("bin").resolve(program).toString());
        command.addAll(List.of(arguments));
        command.add("-D");
        command.add(data.path().toString());
        // The server inherits the output and outlives pg_ctl: a pipe would never end, a file does.
        Process process = new ProcessBuilder(user.command(command))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(data.log().toFile()))
                .start();
        if (await(process) != 0) {
            throw new IllegalStateException("%s failed as user %s, who must be able to enter %s and %s:%n%s"
                    .formatted(program, user, home, data.path(), endOfLog()));
        }
    }

    private static int await(Process process) {
        try {
            return process.waitFor();
        } catch (InterruptedException e) {
            process.destroy();
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted while PostgreSQL starts or stops", e);
        }
    }

    private String endOfLog() throws IOException {
        List<String> lines = Files.readAllLines(data.log());
        return String.join("\n", lines.subList(Math.max(0, lines.size() - 20), lines.size()));
    }
}
