// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.benchmarks;

import static io.pgqueue.benchmarks.CommandLineRun.assertPositive;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class PinnedScenarioIT {

    @TempDir
    private Path directory = Path.of("");

    @Test
    void comparesEveryHoldWithTheFreeRun() throws IOException {
        JsonNode result = CommandLineRun.scenario(
                directory, "pinned --clients 1 --batch 10 --rate 500 --duration 1s --window 500ms --bare".split(" "));

        List<String> variants = new ArrayList<>();
        for (JsonNode variant : result.get("results")) {
            String hold = variant.get("hold").stringValue();
            variants.add(variant.get("contender").stringValue() + " " + hold);
            assertPositive(variant, "clients", "batch", "rate", "lastToFirst");
            assertThat(variant.get("lastToFree").isNull()).isEqualTo(hold.equals("none"));
            assertThat(variant.get("windows").size()).isEqualTo(2);
            for (JsonNode window : variant.get("windows")) {
                assertPositive(window, "endSeconds", "published", "settled", "perSecond", "walBytes");
                assertPositive(window.get("toReceived"), "p50", "p99", "max");
                assertPositive(window.get("toAcked"), "p50", "p99", "max");
                assertThat(window.get("backlog").isNumber()).isTrue();
                assertThat(window.get("databaseCpuMicros").isNumber()).isTrue();
                assertThat(window.get("storage").get("deadTuples").isNumber()).isTrue();
                assertPositive(window.get("storage"), "bytes", "largestBytes");
                assertThat(window.get("storage").get("largestTable").stringValue())
                        .isNotEmpty();
            }
        }
        assertThat(variants)
                .containsExactly(
                        "pgqueue none",
                        "pgqueue repeatable-read",
                        "pgqueue writer",
                        "pgqueue prepared",
                        "bare SQL, set none",
                        "bare SQL, set repeatable-read",
                        "bare SQL, set writer",
                        "bare SQL, set prepared");

        Path svg = directory.resolve("chart.svg");
        CommandLineRun.run("chart", directory.resolve("result.json").toString(), svg.toString());
        assertThat(Files.readString(svg)).contains("<svg", "pgqueue, 1+1 clients, hold repeatable-read", "</svg>");
    }
}
