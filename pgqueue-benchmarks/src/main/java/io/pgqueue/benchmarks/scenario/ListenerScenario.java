// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.benchmarks.scenario;

import io.pgqueue.benchmarks.load.Bodies;
import io.pgqueue.benchmarks.load.HandForm;
import io.pgqueue.benchmarks.load.HandledByHand;
import io.pgqueue.benchmarks.load.HandledByListener;
import io.pgqueue.benchmarks.load.Handling;
import io.pgqueue.benchmarks.load.Usage;
import io.pgqueue.benchmarks.report.Table;
import io.pgqueue.benchmarks.server.BenchmarkServer;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What a listener costs over the same INSERTs and DELETEs done by hand with the same number of commits. */
@Command(
        name = "listener",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "A listener doing one INSERT per message, next to INSERT and DELETE by hand.")
public final class ListenerScenario implements Callable<Integer> {

    private static final List<String> NOTES = List.of(
            "listener: container of the starter, mode TRANSACTION, a handler with one INSERT by JdbcTemplate",
            "by hand: as many threads; each message one transaction of DELETE … RETURNING body and the same INSERT",
            "by hand, counted: a counter in memory hands out the ids; searched: where id = (select id … order by id limit 1"
                    + " for update skip locked), as a table used as a queue has to",
            "one commit for each message on both sides; the listener's leases are further commits, one for each batch",
            "time of the listener: from the start of the container until it has stopped",
            "ratio: listener divided by hand, run by run in the order made (A B A B …), then the median");

    @Mixin
    private ScenarioOptions options = new ScenarioOptions();

    @Mixin
    private WarmUp warmUp = new WarmUp();

    @Option(names = "--concurrency", split = ",", defaultValue = "1,8", description = "threads that handle messages")
    private List<Integer> concurrencies = List.of();

    @Option(names = "--batch", defaultValue = "50", description = "messages the container leases at a time")
    private int batch;

    @Option(names = "--messages", defaultValue = "20000", description = "of a run")
    private int messages;

    @Option(
            names = "--by-hand",
            split = ",",
            defaultValue = "counted,searched",
            paramLabel = "<forms>",
            description = "forms: ${COMPLETION-CANDIDATES}")
    private List<HandForm> forms = List.of();

    @Option(names = "--runs", defaultValue = "5", description = "of each, in turns")
    private int runs;

    /**
     * Both sides at one concurrency.
     *
     * @param ratio listener divided by hand: throughput
     */
    record Result(
            int concurrency,
            int batch,
            HandForm form,
            List<RunFigures> listener,
            List<RunFigures> byHand,
            Spread ratio) {}

    @Override
    public Integer call() throws Exception {
        try (BenchmarkServer server = options.openServer()) {
            RunSetting setting = options.setting(server);
            Table table = new Table(
                    List.of(
                            "concurrency",
                            "by hand ",
                            "by hand/s",
                            "listener/s",
                            "ratio",
                            "(min-max)  ",
                            "by hand dbµs",
                            "ours dbµs"),
                    setting::print);
            List<Result> results = new ArrayList<>();
            for (int concurrency : concurrencies) {
                for (Result result : measure(server, concurrency)) {
                    results.add(result);
                    table.row(row(result));
                }
            }
            setting.write(options.out(), NOTES, results);
        }
        return 0;
    }

    private List<Result> measure(BenchmarkServer server, int concurrency) throws Exception {
        execute(
                server,
                "drop table if exists " + Handling.EFFECTS + "; create table " + Handling.EFFECTS
                        + " (id bigint generated always as identity primary key, worker text not null)");
        Bodies bodies = options.bodies();
        Map<HandForm, List<RunFigures>> ofHand = new EnumMap<>(HandForm.class);
        List<RunFigures> ofListener = new ArrayList<>();
        try (Handling listener = new HandledByListener(server.dataSource(), concurrency, batch)) {
            for (HandForm form : forms) {
                warmUp.with(() -> byHand(server, form, concurrency, bodies));
                ofHand.put(form, new ArrayList<>());
            }
            warmUp.with(() -> run(server, listener, bodies));
            for (int i = 0; i < runs; i++) {
                for (Map.Entry<HandForm, List<RunFigures>> byHand : ofHand.entrySet()) {
                    byHand.getValue().add(byHand(server, byHand.getKey(), concurrency, bodies));
                }
                ofListener.add(run(server, listener, bodies));
            }
        }
        List<Result> results = new ArrayList<>();
        ofHand.forEach((form, byHand) -> results.add(result(concurrency, form, ofListener, byHand)));
        return results;
    }

    private RunFigures byHand(BenchmarkServer server, HandForm form, int concurrency, Bodies bodies) throws Exception {
        try (Handling byHand = new HandledByHand(server.dataSource(), form, concurrency)) {
            return run(server, byHand, bodies);
        }
    }

    private Result result(int concurrency, HandForm form, List<RunFigures> listener, List<RunFigures> byHand) {
        double[] ratios = new double[runs];
        for (int i = 0; i < runs; i++) {
            ratios[i] = listener.get(i).perSecond() / byHand.get(i).perSecond();
        }
        return new Result(concurrency, batch, form, listener, byHand, Spread.ofMeasured(ratios));
    }

    private RunFigures run(BenchmarkServer server, Handling handling, Bodies bodies)
            throws SQLException, InterruptedException, ExecutionException {
        execute(server, "truncate " + Handling.EFFECTS);
        handling.fill(bodies, messages);
        execute(server, "checkpoint");
        Usage before = Usage.now(server);
        long nanos = handling.handle(messages);
        Usage used = Usage.now(server).since(before);
        long effects = count(server);
        if (effects != messages) {
            throw new IllegalStateException(
                    handling.name() + " left " + effects + " effects of " + messages + " messages");
        }
        return RunFigures.of(messages, nanos, used);
    }

    private static void execute(BenchmarkServer server, String sql) throws SQLException {
        try (Connection connection = server.dataSource().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static long count(BenchmarkServer server) throws SQLException {
        try (Connection connection = server.dataSource().getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("select count(*) from " + Handling.EFFECTS)) {
            row.next();
            return row.getLong(1);
        }
    }

    private static List<String> row(Result result) {
        return List.of(
                Integer.toString(result.concurrency()),
                result.form().toString(),
                Figures.text("%.0f", spread(result.byHand(), RunFigures::perSecond)),
                Figures.text("%.0f", spread(result.listener(), RunFigures::perSecond)),
                Figures.text("%.2f", result.ratio()),
                Figures.range("%.2f", result.ratio()),
                Figures.text("%.1f", spread(result.byHand(), RunFigures::databaseCpuMicros)),
                Figures.text("%.1f", spread(result.listener(), RunFigures::databaseCpuMicros)));
    }

    private static @Nullable Spread spread(List<RunFigures> runs, Function<RunFigures, @Nullable Double> figure) {
        return Spread.of(runs.stream().map(figure).toList());
    }
}
