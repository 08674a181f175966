// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.benchmarks;

import static io.pgqueue.benchmarks.CommandLineRun.assertPositive;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class WaitingScenarioIT {

    @TempDir
    private Path directory = Path.of("");

    @Test
    void measuresALongAndAShortBacklogWithAndWithoutStatistics() {
        JsonNode result = CommandLineRun.scenario(
                directory, "waiting --waiting 200,2000 --batches 1,20 --turns 2 --fetches 5 --bytes 16".split(" "));

        assertThat(result.get("results").size()).isEqualTo(2 * 2);
        for (JsonNode each : result.get("results")) {
            boolean analysed = each.get("statistics").stringValue().equals("ANALYSED");
            assertThat(each.get("leaves").get("neverAnalysed").intValue()).isEqualTo(analysed ? 0 : 32);
            assertThat(each.get("waiting").intValue()).isIn(200, 2000);
            assertPositive(each.get("maintain"), "median", "min", "max");
            assertPositive(each.get("sample"), "median", "min", "max");
            assertPositive(each.get("metrics"), "median", "min", "max");
            assertThat(each.get("fetches").size()).isEqualTo(2);
            for (JsonNode fetch : each.get("fetches")) {
                assertThat(fetch.get("batch").intValue()).isIn(1, 20);
                assertPositive(fetch, "toFew");
                assertPositive(fetch.get("receive"), "p50", "p99", "max");
            }
        }
    }
}
