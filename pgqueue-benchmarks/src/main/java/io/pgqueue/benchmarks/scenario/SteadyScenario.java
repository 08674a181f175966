// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.benchmarks.scenario;

import io.pgqueue.benchmarks.load.BareForm;
import io.pgqueue.benchmarks.load.Bodies;
import io.pgqueue.benchmarks.load.Contender;
import io.pgqueue.benchmarks.load.PgQueueContender;
import io.pgqueue.benchmarks.report.Table;
import io.pgqueue.benchmarks.server.BenchmarkServer;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Throughput and cost per message, each figure next to the raw-SQL limit measured in turns with it. */
@Command(
        name = "steady",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Publish, receive and ack, next to a bare INSERT and DELETE … RETURNING of the same bytes.")
public final class SteadyScenario implements Callable<Integer> {

    private static final List<String> NOTES = List.of(
            "messages: published in phase send, delivered and settled in the others (fan-out 5: five per published one)",
            "bare SQL, set: insert … values (?) or insert … select unnest(?::bytea[]); delete … where id = any (array(select"
                    + " id … order by id limit ? for update skip locked)) returning id, body; one table per subscription",
            "bare SQL, batch: insert … values (?) as a JDBC batch; delete … where id in (select …) returning id, body",
            "bare SQL, rows: the engine's own rows by plain statements, without its functions, checks and lookups",
            "ratio: pgqueue divided by bare SQL, run by run in the order made (A B A B …), then the median",
            "phases consume and steady: the acks of a batch go with the next fetch (Receiver.ackAndReceive), unless --separate-acks",
            "phase ack: pgqueue receives 100 and acks each in a transaction of its own, bare SQL deletes one at a time");

    @Mixin
    private ScenarioOptions options = new ScenarioOptions();

    @Mixin
    private WarmUp warmUp = new WarmUp();

    @Option(names = "--phases", split = ",", defaultValue = "send,consume,ack,steady", paramLabel = "PHASE")
    private List<Phase> phases = List.of();

    @Option(names = "--batches", split = ",", defaultValue = "1,10,100", description = "messages per call")
    private List<Integer> batches = List.of();

    @Option(names = "--clients", split = ",", defaultValue = "1,4", description = "threads; phase steady: of each kind")
    private List<Integer> clients = List.of();

    @Option(names = "--fanouts", split = ",", defaultValue = "1,5", description = "subscriptions; 1 is a queue")
    private List<Integer> fanouts = List.of();

    @Option(names = "--messages", defaultValue = "100000", description = "a run ends after so many…")
    private long messages;

    @Option(names = "--seconds", defaultValue = "3", description = "…or after so long, whatever comes first")
    private double seconds;

    @Option(names = "--runs", defaultValue = "3", description = "of each contender, in turns")
    private int runs;

    @Option(names = "--backlog", defaultValue = "10000", description = "messages publishers may be ahead, phase steady")
    private long backlog;

    @Option(names = "--bare", split = ",", defaultValue = "set,batch", description = "forms: ${COMPLETION-CANDIDATES}")
    private List<BareForm> forms = List.of();

    @Option(names = "--never-analysed", description = "leaves that ANALYZE never saw (the default)")
    private boolean neverAnalysed;

    @Option(names = "--analysed", description = "ANALYZE filled leaves before each run; with the other option: both")
    private boolean analysed;

    @Option(names = "--separate-acks", description = "acks in calls of their own, not with the next fetch")
    private boolean separateAcks;

    @Override
    public Integer call() throws Exception {
        try (BenchmarkServer server = options.openServer()) {
            RunSetting setting = options.setting(server);
            Table table = new Table(
                    List.of(
                            "phase",
                            "batch",
                            "clients",
                            "fan-out",
                            "analysed",
                            "bare form",
                            "bare/s",
                            "pgqueue/s",
                            "(min-max)",
                            "ratio",
                            "(min-max) ",
                            "bare dbµs",
                            "ours dbµs",
                            "ratio",
                            "bare cliµs",
                            "ours cliµs",
                            "bare WAL",
                            "ours WAL"),
                    setting::print);
            List<CellResult> results = new ArrayList<>();
            for (int fanout : fanouts) {
                for (int count : clients) {
                    for (boolean afterAnalyze : statistics()) {
                        measure(server, fanout, count, afterAnalyze, results, table);
                    }
                }
            }
            setting.write(options.out(), NOTES, results);
        }
        return 0;
    }

    private List<Boolean> statistics() {
        if (analysed) {
            return neverAnalysed ? List.of(false, true) : List.of(true);
        }
        return List.of(false);
    }

    private void measure(
            BenchmarkServer server, int fanout, int count, boolean afterAnalyze, List<CellResult> results, Table table)
            throws Exception {
        // One more than the threads: the engine polls and maintains beside the load.
        int connections = 2 * count + 1;
        Map<BareForm, Contender> bare = new EnumMap<>(BareForm.class);
        try (PgQueueContender pgqueue = new PgQueueContender(server.dataSource(), fanout, connections, !separateAcks)) {
            for (BareForm form : forms) {
                bare.put(form, form.open(server.dataSource(), fanout, connections));
            }
            pgqueue.keepUnanalysed();
            for (Phase phase : phases) {
                for (int batch : phase == Phase.ACK ? List.of(1) : batches) {
                    Cell cell = new Cell(phase, batch, count, fanout, afterAnalyze);
                    for (CellResult result : measure(server, cell, pgqueue, bare)) {
                        results.add(result);
                        table.row(row(result));
                    }
                }
            }
        } finally {
            bare.values().forEach(Contender::close);
        }
    }

    /** Each form of the limit in turns with the engine. */
    private List<CellResult> measure(
            BenchmarkServer server, Cell cell, Contender pgqueue, Map<BareForm, Contender> bare) throws Exception {
        Bodies bodies = options.bodies();
        List<Contender> turns = new ArrayList<>(bare.values());
        turns.add(pgqueue);
        Map<Contender, List<RunFigures>> figures = new HashMap<>();
        for (Contender contender : turns) {
            warmUp.with(() -> new CellRun(server, contender, cell, bodies, limits(cell)).measure());
            figures.put(contender, new ArrayList<>());
        }
        for (int run = 0; run < runs; run++) {
            for (Contender contender : turns) {
                Objects.requireNonNull(figures.get(contender))
                        .add(new CellRun(server, contender, cell, bodies, limits(cell)).measure());
            }
        }
        LeafStatistics leaves = LeafStatistics.read(server.dataSource());
        List<RunFigures> ours = Objects.requireNonNull(figures.get(pgqueue));
        List<CellResult> results = new ArrayList<>();
        bare.forEach((form, contender) ->
                results.add(CellResult.of(cell, form, ours, Objects.requireNonNull(figures.get(contender)), leaves)));
        return results;
    }

    /** A backlog is filled before the time begins, so no more of it than the fastest machine consumes within the time. */
    private CellRun.Limits limits(Cell cell) {
        long most = messages;
        if (cell.phase().needsBacklog()) {
            long perSecond = cell.phase() == Phase.ACK || cell.batch() == 1 ? 20_000 : 200_000;
            most = Math.min(messages, (long) (seconds * perSecond) / cell.fanout());
        }
        return new CellRun.Limits(
                Math.max(1, most),
                (long) (seconds * TimeUnit.SECONDS.toNanos(1)),
                Math.max(backlog, 2L * cell.batch() * cell.clients()));
    }

    private static List<String> row(CellResult result) {
        Cell cell = result.cell();
        CellResult.Ratio ratio = result.ratio();
        return List.of(
                cell.phase().toString(),
                cell.phase() == Phase.ACK ? "-" : Integer.toString(cell.batch()),
                Integer.toString(cell.clients()),
                Integer.toString(cell.fanout()),
                cell.analysed() ? "yes" : "never",
                result.form().toString(),
                Figures.text("%.0f", result.bare().perSecond()),
                Figures.text("%.0f", result.pgqueue().perSecond()),
                Figures.range("%.0f", result.pgqueue().perSecond()),
                Figures.text("%.2f", ratio.perSecond()),
                Figures.range("%.2f", ratio.perSecond()),
                Figures.text("%.1f", result.bare().databaseCpuMicros()),
                Figures.text("%.1f", result.pgqueue().databaseCpuMicros()),
                Figures.text("%.2f", ratio.databaseCpu()),
                Figures.text("%.1f", result.bare().clientCpuMicros()),
                Figures.text("%.1f", result.pgqueue().clientCpuMicros()),
                Figures.text("%.0f", result.bare().walBytes()),
                Figures.text("%.0f", result.pgqueue().walBytes()));
    }
}
