// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.benchmarks;

import static io.pgqueue.benchmarks.CommandLineRun.assertPositive;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class ListenerScenarioIT {

    @TempDir
    private Path directory = Path.of("");

    @Test
    void measuresAListenerNextToTheSameStatementsByHand() {
        JsonNode result = CommandLineRun.scenario(
                directory, "listener --concurrency 3 --messages 200 --runs 2 --warm-up 0".split(" "));

        assertThat(result.get("results").size()).isEqualTo(2);
        assertThat(result.get("results").get(0).get("form").stringValue()).isEqualTo("counted");
        assertThat(result.get("results").get(1).get("form").stringValue()).isEqualTo("searched");
        result.get("results").forEach(this::isComplete);
    }

    private void isComplete(JsonNode only) {
        assertThat(only.get("concurrency").intValue()).isEqualTo(3);
        assertPositive(only.get("ratio"), "median", "min", "max");
        for (String side : new String[] {"listener", "byHand"}) {
            assertThat(only.get(side).size()).isEqualTo(2);
            for (JsonNode run : only.get(side)) {
                assertThat(run.get("messages").intValue()).isEqualTo(200);
                assertPositive(run, "seconds", "perSecond", "walBytes");
            }
        }
    }
}
