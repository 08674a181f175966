// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.benchmarks;

import static io.pgqueue.benchmarks.CommandLineRun.assertPositive;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class JmsScenarioIT {

    @TempDir
    private Path directory = Path.of("");

    @Test
    void measuresEachPrefetchInEachMode() {
        JsonNode result = CommandLineRun.scenario(
                directory, "jms --prefetch 1,20 --consumers 2 --messages 200 --runs 2 --warm-up 0".split(" "));

        assertThat(result.get("results").size()).isEqualTo(3 * 2);
        for (JsonNode each : result.get("results")) {
            assertThat(each.get("prefetch").intValue()).isIn(1, 20);
            assertThat(each.get("consumers").intValue()).isEqualTo(2);
            assertPositive(each.get("toFirst"), "median", "min", "max");
            assertThat(each.get("runs").size()).isEqualTo(2);
            for (JsonNode run : each.get("runs")) {
                assertThat(run.get("messages").intValue()).isEqualTo(200);
                assertPositive(run, "seconds", "perSecond", "walBytes");
            }
        }
    }
}
