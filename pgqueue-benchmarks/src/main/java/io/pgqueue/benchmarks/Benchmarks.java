// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.benchmarks;

import io.pgqueue.benchmarks.report.ChartCommand;
import io.pgqueue.benchmarks.scenario.JmsScenario;
import io.pgqueue.benchmarks.scenario.ListenerScenario;
import io.pgqueue.benchmarks.scenario.PinnedScenario;
import io.pgqueue.benchmarks.scenario.SteadyScenario;
import io.pgqueue.benchmarks.scenario.WaitingScenario;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** Entry point of the benchmarks' command line; without a scenario it prints the usage. */
@Command(
        name = "benchmarks",
        mixinStandardHelpOptions = true,
        description = "Measures pgqueue on a PostgreSQL server.",
        subcommands = {
            SteadyScenario.class,
            PinnedScenario.class,
            ListenerScenario.class,
            JmsScenario.class,
            WaitingScenario.class,
            ChartCommand.class
        })
final class Benchmarks implements Runnable {

    private Benchmarks() {}

    public static void main(String[] args) {
        System.exit(commandLine().execute(args));
    }

    static CommandLine commandLine() {
        return new CommandLine(new Benchmarks()).setCaseInsensitiveEnumValuesAllowed(true);
    }

    @Override
    public void run() {
        CommandLine.usage(this, System.out);
    }
}
