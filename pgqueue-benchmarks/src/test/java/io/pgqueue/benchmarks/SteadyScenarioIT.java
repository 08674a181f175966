// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.benchmarks;

import static io.pgqueue.benchmarks.CommandLineRun.assertPositive;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class SteadyScenarioIT {

    @TempDir
    private Path directory = Path.of("");

    @Test
    void measuresEveryPhaseNextToBareSql() throws IOException {
        JsonNode result = CommandLineRun.scenario(
                directory,
                ("steady --batches 1,10 --clients 2 --fanouts 2 --messages 300 --seconds 20 --runs 1 --warm-up 0"
                                + " --never-analysed --analysed --bare set,batch,rows")
                        .split(" "));

        // Three phases with two batches and the single acks, before and after ANALYZE, against two forms of bare SQL
        // and the engine's rows.
        assertThat(result.get("results").size()).isEqualTo(7 * 2 * 3);
        for (JsonNode cell : result.get("results")) {
            checkSide(cell, "pgqueue");
            checkSide(cell, "bare");
            assertPositive(cell.get("ratio").get("perSecond"), "median", "min", "max");
            assertPositive(cell.get("ratio").get("walBytes"), "median", "min", "max");
            assertThat(cell.get("leaves").get("leaves").intValue()).isEqualTo(32);
            boolean analysed = cell.get("cell").get("analysed").booleanValue();
            assertThat(cell.get("leaves").get("neverAnalysed").intValue()).isEqualTo(analysed ? 0 : 32);
        }

        Path svg = directory.resolve("chart.svg");
        CommandLineRun.run("chart", directory.resolve("result.json").toString(), svg.toString());
        assertThat(Files.readString(svg))
                .contains("<svg", "ack one by one, clients 2, fan-out 2, analysed, batch", "</svg>");
    }

    private static void checkSide(JsonNode cell, String contender) {
        JsonNode side = cell.get(contender);
        boolean send = cell.get("cell").get("phase").stringValue().equals("send");
        int fanout = cell.get("cell").get("fanout").intValue();
        assertThat(side.get("runs").size()).isEqualTo(1);
        for (JsonNode run : side.get("runs")) {
            assertThat(run.get("messages").intValue()).isEqualTo(send ? 300 : 300 * fanout);
            assertPositive(run, "seconds", "perSecond", "walBytes");
            // A run this short may be shorter than a tick of the processor's clock.
            assertThat(run.get("databaseCpuMicros").doubleValue()).isNotNegative();
            assertThat(run.get("clientCpuMicros").doubleValue()).isNotNegative();
        }
        assertPositive(side.get("perSecond"), "median", "min", "max");
        assertPositive(side.get("walBytes"), "median", "min", "max");
    }
}
