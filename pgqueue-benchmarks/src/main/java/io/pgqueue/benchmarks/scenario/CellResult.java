// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.benchmarks.scenario;

import io.pgqueue.benchmarks.load.BareForm;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One cell, both contenders.
 *
 * @param cell what was measured
 * @param form of the raw-SQL limit
 * @param pgqueue the engine through its Java client
 * @param bare the raw-SQL limit
 * @param ratio the engine's figures divided by the limit's, run by run in the order they were made
 * @param leaves what the planner knew of the engine's leaves after the last run
 */
record CellResult(Cell cell, BareForm form, Side pgqueue, Side bare, Ratio ratio, LeafStatistics leaves) {

    static CellResult of(
            Cell cell, BareForm form, List<RunFigures> pgqueue, List<RunFigures> bare, LeafStatistics leaves) {
        return new CellResult(cell, form, Side.of(pgqueue), Side.of(bare), Ratio.of(pgqueue, bare), leaves);
    }

    /** All runs of one contender, and their medians. */
    record Side(
            List<RunFigures> runs,
            Spread perSecond,
            @Nullable Spread databaseCpuMicros,
            Spread clientCpuMicros,
            Spread walBytes) {

        static Side of(List<RunFigures> runs) {
            return new Side(
                    List.copyOf(runs),
                    spread(runs, RunFigures::perSecond),
                    Spread.of(runs.stream().map(RunFigures::databaseCpuMicros).toList()),
                    spread(runs, RunFigures::clientCpuMicros),
                    spread(runs, RunFigures::walBytes));
        }

        private static Spread spread(List<RunFigures> runs, Function<RunFigures, Double> figure) {
            return Spread.ofMeasured(runs.stream().mapToDouble(figure::apply).toArray());
        }
    }

    /** The engine divided by the limit: throughput is better above one, the others below. */
    record Ratio(Spread perSecond, @Nullable Spread databaseCpu, Spread walBytes) {

        static Ratio of(List<RunFigures> pgqueue, List<RunFigures> bare) {
            List<Double> throughput = new ArrayList<>();
            List<@Nullable Double> cpu = new ArrayList<>();
            List<Double> wal = new ArrayList<>();
            for (int i = 0; i < pgqueue.size(); i++) {
                RunFigures ours = pgqueue.get(i);
                RunFigures limit = bare.get(i);
                throughput.add(ours.perSecond() / limit.perSecond());
                cpu.add(divide(ours.databaseCpuMicros(), limit.databaseCpuMicros()));
                wal.add(ours.walBytes() / limit.walBytes());
            }
            return new Ratio(measured(throughput), Spread.of(cpu), measured(wal));
        }

        private static Spread measured(List<Double> values) {
            return Spread.ofMeasured(
                    values.stream().mapToDouble(Double::doubleValue).toArray());
        }

        /** A run too short for a tick of the processor's clock says nothing. */
        private static @Nullable Double divide(@Nullable Double ours, @Nullable Double limit) {
            return ours == null || limit == null || limit == 0 ? null : (Double) (ours / limit);
        }
    }
}
