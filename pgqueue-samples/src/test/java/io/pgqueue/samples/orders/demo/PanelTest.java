// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.samples.orders.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PanelTest {

    private final Part part = new Part("API", "created", "refused");

    @Test
    void everyLineHasThePanelsWidth() {
        part.add("created", 7);
        part.line("POST /orders 201, and something that is much too long for a narrow panel");
        List<String> lines = new Panel(part, 30, true).render(12);
        assertThat(lines).hasSize(12).allSatisfy(line -> assertThat(line).hasSize(30));
        assertThat(lines.get(0)).isEqualTo("╭ API " + "─".repeat(23) + "╮");
        assertThat(lines.get(1)).startsWith("│       7 created");
        assertThat(lines.get(7)).as("no room for the time").startsWith("│ POST /orders");
    }

    @Test
    void onlyTheNewestLinesAreShown() {
        IntStream.range(0, 100).forEach(i -> part.line("line " + i));
        List<String> lines = new Panel(part, 40, false).render(10);
        assertThat(lines).hasSize(10);
        assertThat(lines.get(8)).contains("line 99");
        assertThat(lines.get(7)).contains("line 98");
    }
}
