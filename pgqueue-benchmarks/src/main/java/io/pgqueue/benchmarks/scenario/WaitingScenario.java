// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.benchmarks.scenario;

import io.pgqueue.benchmarks.load.Waiting;
import io.pgqueue.benchmarks.report.Table;
import io.pgqueue.benchmarks.server.BenchmarkServer;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.HdrHistogram.Histogram;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What a long backlog costs those who receive, maintain and count. */
@Command(
        name = "waiting",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Receiving, maintenance and statistics beside a long and a short backlog.")
public final class WaitingScenario implements Callable<Integer> {

    private static final List<String> NOTES = List.of(
            "two installations on one server, a queue with a number of waiting messages in each, measured in turns",
            "receive: one fetch as a client calls it, in ms; what it took is acked and published anew outside of that time",
            "maintain: one pass with its sweep; sample: counting little and estimating much, at most a twentieth of the time is spent on it;"
                    + " metrics: reading the last sample",
            "toFew: p99 of receive divided by that of the first number of waiting messages");

    private static final long HIGHEST_MICROS = 600_000_000;

    @Mixin
    private ScenarioOptions common = new ScenarioOptions();

    @Option(
            names = "--waiting",
            split = ",",
            defaultValue = "10000,10000000",
            description = "messages that wait, the first is what others are compared with (default: ${DEFAULT-VALUE})")
    private List<Integer> waiting = List.of();

    @Option(names = "--batches", split = ",", defaultValue = "1,100", description = "most deliveries of a fetch")
    private List<Integer> batches = List.of();

    @Option(names = "--turns", defaultValue = "10", description = "of each, after one to warm up")
    private int turns;

    @Option(names = "--fetches", defaultValue = "200", description = "of each batch in a turn")
    private int fetches;

    enum Statistics {
        NEVER_ANALYSED,
        ANALYSED
    }

    /** @param toFew p99 divided by that beside the first backlog */
    record Fetches(int batch, Latency receive, double toFew) {}

    /** Times in milliseconds. */
    record Result(
            Statistics statistics,
            int waiting,
            List<Fetches> fetches,
            Spread maintain,
            Spread sample,
            Spread metrics,
            LeafStatistics leaves) {}

    /** What is measured of one installation; histograms in microseconds. */
    private record Measuring(
            Waiting installation,
            List<Histogram> receive,
            List<Double> maintain,
            List<Double> sample,
            List<Double> metrics) {}

    @Override
    public Integer call() throws Exception {
        try (BenchmarkServer server = common.openServer()) {
            RunSetting setting = common.setting(server);
            List<Waiting> installations = new ArrayList<>();
            try {
                byte[] body = common.bodies().next(0, 1).get(0);
                for (int number : waiting) {
                    Waiting installation = new Waiting(server.dataSource(), schema(number));
                    installations.add(installation);
                    long start = System.nanoTime();
                    installation.fill(body, number);
                    setting.print(installation.count() + " wait, published in " + seconds(System.nanoTime() - start));
                }
                setting.write(common.out(), NOTES, measure(server, setting, installations, body));
            } finally {
                installations.forEach(Waiting::close);
            }
        }
        return 0;
    }

    private List<Result> measure(BenchmarkServer server, RunSetting setting, List<Waiting> installations, byte[] body)
            throws SQLException {
        Table table = new Table(
                List.of(
                        "statistics    ",
                        "waiting ",
                        "batch",
                        "p50 ms",
                        "p99 ms",
                        "max ms",
                        "p99 to few",
                        "maintain ms",
                        "sample ms",
                        "metrics ms"),
                setting::print);
        List<Result> results = new ArrayList<>();
        for (Statistics statistics : Statistics.values()) {
            if (statistics == Statistics.ANALYSED) {
                for (Waiting installation : installations) {
                    installation.analyse();
                }
            }
            List<Measuring> all = new ArrayList<>();
            for (int turn = 0; turn <= turns; turn++) {
                // What the first turn measured is thrown away.
                if (turn <= 1) {
                    all = installations.stream().map(this::begin).toList();
                }
                for (Measuring one : all) {
                    measure(one, body);
                }
            }
            for (int i = 0; i < all.size(); i++) {
                Result result = result(server, statistics, waiting.get(i), all.get(i), all.get(0));
                results.add(result);
                rows(result).forEach(table::row);
            }
        }
        return results;
    }

    private Measuring begin(Waiting installation) {
        return new Measuring(
                installation,
                batches.stream().map(batch -> new Histogram(HIGHEST_MICROS, 3)).toList(),
                new ArrayList<>(),
                new ArrayList<>(),
                new ArrayList<>());
    }

    private void measure(Measuring one, byte[] body) throws SQLException {
        for (int i = 0; i < batches.size(); i++) {
            for (int n = 0; n < fetches; n++) {
                one.receive.get(i).recordValue(one.installation.receive(batches.get(i), body) / 1000);
            }
        }
        one.maintain.add(one.installation.maintain() / 1e6);
        one.sample.add(one.installation.sample() / 1e6);
        one.metrics.add(one.installation.metrics() / 1e6);
    }

    private Result result(BenchmarkServer server, Statistics statistics, int number, Measuring measured, Measuring few)
            throws SQLException {
        List<Fetches> found = new ArrayList<>();
        for (int i = 0; i < batches.size(); i++) {
            Latency latency = Latency.of(measured.receive.get(i));
            found.add(new Fetches(
                    batches.get(i),
                    latency,
                    latency.p99() / Latency.of(few.receive.get(i)).p99()));
        }
        return new Result(
                statistics,
                number,
                found,
                spread(measured.maintain),
                spread(measured.sample),
                spread(measured.metrics),
                LeafStatistics.read(server.dataSource(), schema(number)));
    }

    private static List<List<String>> rows(Result result) {
        return result.fetches().stream()
                .map(fetch -> List.of(
                        result.statistics().name().toLowerCase(Locale.ROOT).replace('_', ' '),
                        Integer.toString(result.waiting()),
                        Integer.toString(fetch.batch()),
                        Figures.text("%.2f", fetch.receive().p50()),
                        Figures.text("%.2f", fetch.receive().p99()),
                        Figures.text("%.1f", fetch.receive().max()),
                        Figures.text("%.2f", fetch.toFew()),
                        Figures.text("%.1f", result.maintain()),
                        Figures.text("%.1f", result.sample()),
                        Figures.text("%.1f", result.metrics())))
                .toList();
    }

    private static Spread spread(List<Double> values) {
        return Spread.ofMeasured(
                values.stream().mapToDouble(Double::doubleValue).toArray());
    }

    private static String schema(int number) {
        return "pgqueue_benchmark_" + number;
    }

    private static String seconds(long nanos) {
        return Figures.text("%.0f s", nanos / 1e9);
    }
}
