// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.benchmarks.scenario;

import io.pgqueue.benchmarks.load.BareForm;
import io.pgqueue.benchmarks.load.Contender;
import io.pgqueue.benchmarks.load.PgQueueContender;
import io.pgqueue.benchmarks.report.Table;
import io.pgqueue.benchmarks.server.BenchmarkServer;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Whether a transaction left open somewhere in the database slows the queue down as its garbage grows. */
@Command(
        name = "pinned",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Steady load while another session holds a transaction open, next to the same load without.")
public final class PinnedScenario implements Callable<Integer> {

    private static final List<String> NOTES = List.of(
            "latency: milliseconds from the making of a message, right before its send, in one JVM; at full speed it is the"
                    + " time in the backlog, so only an offered rate below the limit tells about the queue",
            "lastToFree: throughput of the last window divided by the last window of the run with nothing held",
            "every variant begins with a new schema on the same server; the hold begins before the load");

    @Mixin
    private ScenarioOptions options = new ScenarioOptions();

    @Option(
            names = "--hold",
            split = ",",
            converter = HoldConverter.class,
            defaultValue = "repeatable-read,writer,prepared",
            description = "repeatable-read, writer, prepared; none always runs first")
    private List<Hold> holds = List.of();

    @Option(
            names = "--duration",
            defaultValue = "10m",
            converter = DurationConverter.class,
            description = "per variant")
    private Duration duration = Duration.ZERO;

    @Option(names = "--window", defaultValue = "30s", converter = DurationConverter.class)
    private Duration window = Duration.ZERO;

    @Option(names = "--rate", defaultValue = "0", description = "messages offered per second, 0 for full speed")
    private double rate;

    @Option(names = "--clients", split = ",", defaultValue = "1,2", description = "publishers, and as many consumers")
    private List<Integer> clients = List.of();

    @Option(names = "--batch", defaultValue = "100", description = "messages per call")
    private int batch;

    @Option(names = "--backlog", defaultValue = "10000", description = "messages publishers at full speed may be ahead")
    private long backlog;

    @Option(names = "--bare", description = "the same with the bare table: INSERT, DELETE … RETURNING")
    private boolean bare;

    @Override
    public Integer call() throws Exception {
        try (BenchmarkServer server = options.openServer()) {
            RunSetting setting = options.setting(server);
            Table table = new Table(
                    List.of(
                            "contender",
                            "clients",
                            "hold           ",
                            "second",
                            "msg/s",
                            "backlog",
                            "recv p50",
                            "recv p99",
                            "ack p50",
                            "ack p99",
                            "dbµs/msg",
                            "dead rows",
                            "MB"),
                    setting::print);
            List<PinnedResult> results = new ArrayList<>();
            for (boolean ofBare : bare ? List.of(false, true) : List.of(false)) {
                for (int count : clients) {
                    measure(server, ofBare, count, results, table);
                }
            }
            results.forEach(result -> setting.print(summary(result)));
            setting.write(options.out(), NOTES, results);
        }
        return 0;
    }

    private void measure(BenchmarkServer server, boolean ofBare, int count, List<PinnedResult> results, Table table)
            throws Exception {
        int windows = (int) Math.max(1, duration.toNanos() / window.toNanos());
        PinnedLoad.Plan plan = new PinnedLoad.Plan(count, batch, rate, backlog, window, windows);
        PinnedResult free = null;
        List<Hold> variants =
                Stream.concat(Stream.of(Hold.NONE), holds.stream()).distinct().toList();
        for (Hold hold : variants) {
            PinnedResult result = measure(server, ofBare, plan, hold, free);
            results.add(result);
            result.windows().forEach(w -> table.row(row(result, w)));
            free = hold == Hold.NONE ? result : free;
        }
    }

    private PinnedResult measure(
            BenchmarkServer server, boolean ofBare, PinnedLoad.Plan plan, Hold hold, @Nullable PinnedResult free)
            throws Exception {
        String schema = ofBare ? BareForm.SET.schema() : PgQueueContender.SCHEMA;
        try (Contender contender = contender(server, ofBare, 2 * plan.clients() + 1);
                Hold.Held held = hold.take(server.dataSource())) {
            List<Window> windows = new PinnedLoad(server, contender, schema, options.bodies(), plan).run();
            held.verify();
            return PinnedResult.of(contender.name(), hold, plan, windows, free);
        }
    }

    private static Contender contender(BenchmarkServer server, boolean ofBare, int connections) throws SQLException {
        return ofBare
                ? BareForm.SET.open(server.dataSource(), 1, connections)
                : new PgQueueContender(server.dataSource(), 1, connections, false);
    }

    private static List<String> row(PinnedResult result, Window window) {
        return List.of(
                result.contender(),
                Integer.toString(result.clients()),
                result.hold().toString(),
                Figures.text("%.0f", window.endSeconds()),
                Figures.text("%.0f", window.perSecond()),
                Long.toString(window.backlog()),
                Figures.text("%.2f", window.toReceived().p50()),
                Figures.text("%.2f", window.toReceived().p99()),
                Figures.text("%.2f", window.toAcked().p50()),
                Figures.text("%.2f", window.toAcked().p99()),
                Figures.text("%.1f", window.databaseCpuMicros()),
                Long.toString(window.storage().deadTuples()),
                Figures.text("%.1f", window.storage().bytes() / 1e6));
    }

    private static String summary(PinnedResult result) {
        return "%s, %d+%d clients, hold %s: last window %s/s, %s of its first%s"
                .formatted(
                        result.contender(),
                        result.clients(),
                        result.clients(),
                        result.hold(),
                        Figures.text("%.0f", result.last()),
                        Figures.text("%.3f", result.lastToFirst()),
                        result.lastToFree() == null
                                ? ""
                                : ", " + Figures.text("%.3f", result.lastToFree()) + " of the free run's last");
    }
}
