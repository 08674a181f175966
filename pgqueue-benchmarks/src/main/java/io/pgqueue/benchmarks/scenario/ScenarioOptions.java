// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.benchmarks.scenario;

import io.pgqueue.benchmarks.load.Bodies;
import io.pgqueue.benchmarks.server.BenchmarkServer;
import io.pgqueue.benchmarks.server.ServerOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What every scenario takes. Filled by the command line; not safe for use by several threads. */
final class ScenarioOptions {

    @Spec(Spec.Target.MIXEE)
    @SuppressWarnings("NullAway.Init")
    private CommandSpec scenario;

    @Mixin
    private ServerOptions server = new ServerOptions();

    @Option(names = "--bytes", defaultValue = "1000", description = "length of a body, random bytes")
    private int bytes;

    @Option(names = "--out", description = "result (default: benchmark-NAME.json, by the scenario's name)")
    private @Nullable Path out;

    BenchmarkServer openServer() throws SQLException {
        return BenchmarkServer.open(server);
    }

    RunSetting setting(BenchmarkServer opened) throws IOException, SQLException {
        return RunSetting.of(opened, scenario);
    }

    Bodies bodies() {
        return new Bodies(bytes);
    }

    Path out() {
        return out == null ? Path.of("benchmark-" + scenario.name() + ".json") : out;
    }
}
