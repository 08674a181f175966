// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.benchmarks.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

/** Draws a result. */
@Command(
        name = "chart",
        mixinStandardHelpOptions = true,
        description = "Draws the result of steady as bars of ratios, that of pinned as lines over time.")
public final class ChartCommand implements Callable<Integer> {

    @Parameters(index = "0", paramLabel = "RESULT.json")
    private Path result = Path.of("");

    @Parameters(index = "1", paramLabel = "OUT.svg")
    private Path out = Path.of("");

    @Override
    public Integer call() throws IOException {
        JsonNode read = ResultFile.read(result);
        String scenario = read.get("scenario").stringValue();
        Svg svg = switch (scenario) {
            case "steady" -> RatioChart.draw(read);
            case "pinned" -> WindowChart.draw(read);
            default -> throw new IllegalArgumentException("No chart for the scenario " + scenario);
        };
        Files.writeString(out, svg.toString());
        return 0;
    }
}
