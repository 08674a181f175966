// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.benchmarks.scenario;

import io.pgqueue.benchmarks.report.ResultFile;
import io.pgqueue.benchmarks.server.BenchmarkServer;
import io.pgqueue.benchmarks.server.Machine;
import io.pgqueue.benchmarks.server.ServerFacts;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;

/** Where a scenario runs: told on the screen before it begins, and in its result. */
record RunSetting(Instant startedAt, Machine machine, ServerFacts facts, CommandSpec command) {

    static RunSetting of(BenchmarkServer server, CommandSpec command) throws IOException, SQLException {
        RunSetting setting = new RunSetting(Instant.now(), Machine.here(), server.facts(), command);
        setting.print("PostgreSQL " + setting.facts.version() + (setting.facts.own() ? "" : " (foreign)") + ", fsync "
                + (setting.facts.fsync() ? "on" : "OFF") + ", " + setting.facts.settings());
        setting.print(setting.machine.toString());
        if (!setting.facts.fsync()) {
            setting.print("WARNING: fsync is off, these figures say nothing about durable messages");
        }
        return setting;
    }

    void print(String line) {
        PrintWriter out = command.commandLine().getOut();
        out.println(line);
        out.flush();
    }

    <T> void write(Path file, List<String> notes, List<T> results) {
        new ResultFile<>(
                        command.name(),
                        command.commandLine().getParseResult().originalArgs(),
                        startedAt,
                        machine,
                        facts,
                        notes,
                        results)
                .write(file);
        print("Written to " + file.toAbsolutePath());
    }
}
