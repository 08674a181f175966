// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.benchmarks.scenario;

import io.pgqueue.benchmarks.load.Bodies;
import io.pgqueue.benchmarks.load.JmsConsumers;
import io.pgqueue.benchmarks.load.JmsConsumers.Mode;
import io.pgqueue.benchmarks.load.Usage;
import io.pgqueue.benchmarks.report.Table;
import io.pgqueue.benchmarks.server.BenchmarkServer;
import jakarta.jms.JMSException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What the prefetch of the Jakarta Messaging provider brings in each session mode. */
@Command(
        name = "jms",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Consumers of Jakarta Messaging with prefetches side by side.")
public final class JmsScenario implements Callable<Integer> {

    private static final List<String> NOTES = List.of(
            "consumers with a connection and session of their own empty a queue by receive(timeout)",
            "AUTO: an acknowledgement by itself for each message; DUPS_OK: merged; TRANSACTED: so many for a commit",
            "one run of each prefetch in turns (1 10 50 … 1 10 50 …), after some to warm up",
            "toFirst: throughput divided by that of the first prefetch, turn by turn, then the median");

    @Mixin
    private ScenarioOptions options = new ScenarioOptions();

    @Mixin
    private WarmUp warmUp = new WarmUp();

    @Option(
            names = "--prefetch",
            split = ",",
            defaultValue = "1,10,50,100,250",
            description = "most messages fetched ahead (default: ${DEFAULT-VALUE})")
    private List<Integer> prefetches = List.of();

    @Option(names = "--modes", split = ",", defaultValue = "auto,dups_ok,transacted", description = "session modes")
    private List<Mode> modes = List.of();

    @Option(names = "--consumers", split = ",", defaultValue = "1,4", description = "threads that consume")
    private List<Integer> consumers = List.of();

    @Option(names = "--per-commit", defaultValue = "10", description = "messages of one commit of a transacted session")
    private int perCommit;

    @Option(names = "--messages", defaultValue = "10000", description = "of a run")
    private int messages;

    @Option(names = "--runs", defaultValue = "5", description = "of each, in turns")
    private int runs;

    /**
     * One prefetch in one mode.
     *
     * @param toFirst throughput divided by that of the first prefetch
     */
    record Result(Mode mode, int consumers, int prefetch, List<RunFigures> runs, Spread toFirst) {}

    @Override
    public Integer call() throws Exception {
        try (BenchmarkServer server = options.openServer()) {
            RunSetting setting = options.setting(server);
            Table table = new Table(
                    List.of("mode      ", "consumers", "prefetch", "msg/s", "to first", "(min-max)  ", "dbµs"),
                    setting::print);
            List<Result> results = new ArrayList<>();
            for (int count : consumers) {
                try (JmsConsumers all = new JmsConsumers(server.dataSource(), count, perCommit)) {
                    for (Mode mode : modes) {
                        List<Result> measured = measure(server, all, mode, count);
                        measured.forEach(result -> table.row(row(result)));
                        results.addAll(measured);
                    }
                }
            }
            setting.write(options.out(), NOTES, results);
        }
        return 0;
    }

    private List<Result> measure(BenchmarkServer server, JmsConsumers all, Mode mode, int count) throws Exception {
        Bodies bodies = options.bodies();
        List<List<RunFigures>> figures = new ArrayList<>();
        for (int prefetch : prefetches) {
            warmUp.with(() -> run(server, all, bodies, mode, prefetch));
            figures.add(new ArrayList<>());
        }
        for (int turn = 0; turn < runs; turn++) {
            for (int i = 0; i < prefetches.size(); i++) {
                figures.get(i).add(run(server, all, bodies, mode, prefetches.get(i)));
            }
        }
        List<Result> results = new ArrayList<>();
        for (int i = 0; i < prefetches.size(); i++) {
            double[] ratios = new double[runs];
            for (int turn = 0; turn < runs; turn++) {
                ratios[turn] = figures.get(i).get(turn).perSecond()
                        / figures.get(0).get(turn).perSecond();
            }
            results.add(new Result(mode, count, prefetches.get(i), figures.get(i), Spread.ofMeasured(ratios)));
        }
        return results;
    }

    private RunFigures run(BenchmarkServer server, JmsConsumers all, Bodies bodies, Mode mode, int prefetch)
            throws SQLException, JMSException, InterruptedException, ExecutionException {
        all.fill(bodies, messages);
        try (Connection connection = server.dataSource().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("checkpoint");
        }
        Usage before = Usage.now(server);
        long nanos = all.consume(mode, prefetch, messages);
        return RunFigures.of(messages, nanos, Usage.now(server).since(before));
    }

    private static List<String> row(Result result) {
        Spread perSecond = Spread.ofMeasured(
                result.runs().stream().mapToDouble(RunFigures::perSecond).toArray());
        Spread databaseCpu = Spread.of(
                result.runs().stream().map(RunFigures::databaseCpuMicros).toList());
        return List.of(
                result.mode().name(),
                Integer.toString(result.consumers()),
                Integer.toString(result.prefetch()),
                Figures.text("%.0f", perSecond),
                Figures.text("%.2f", result.toFirst()),
                Figures.range("%.2f", result.toFirst()),
                Figures.text("%.1f", databaseCpu));
    }
}
