// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.selector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.pgqueue.selector.FiltersDocument.Row;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What docs/filters.md shows is true. */
class FiltersDocumentTest {

    @Test
    void examplesAreTaken() {
        taken("selector", 9, Selector::parse);
        taken("attributes", 1, AttributeFilter::parse);
        taken("body", 2, BodyFilter::parse);
    }

    @Test
    void counterexamplesAreRefused() {
        refused("refused", 14, Selector::parse);
        refused("attributes-refused", 6, AttributeFilter::parse);
        refused("body-refused", 4, BodyFilter::parse);
    }

    @Test
    void theErrorReadsAsShown() {
        String line = FiltersDocument.lines().stream()
                .filter(l -> l.contains("At character"))
                .findFirst()
                .orElseThrow();
        String[] shown = line.strip().split("\\s{3,}");
        assertThatExceptionOfType(SelectorSyntaxException.class)
                .isThrownBy(() -> Selector.parse(shown[0]))
                .withMessage(shown[1]);
    }

    @Test
    void limitsAreTheDefaults() {
        String text = String.join("\n", FiltersDocument.lines());
        FilterLimits limits = FilterLimits.DEFAULT;
        assertThat(text)
                .contains("| selector | " + limits.selectorLength() + " characters |")
                .contains("| " + limits.selectorNodes() + " nodes: ")
                .contains("| " + limits.selectorDepth() + " parentheses, ")
                .contains("| " + limits.keys() + " keys, " + limits.values() + " values for each, 65 536 characters |")
                .contains("| " + limits.pointerDepth() + " names |");
        assertThat(limits.filterLength()).isEqualTo(65_536);
    }

    @Test
    void everyDifferenceHasARow() {
        assertThat(FiltersDocument.differences().stream().map(Row::difference))
                .containsExactlyInAnyOrder(Difference.values());
    }

    private static void taken(String kind, int count, Function<String, @Nullable Object> parse) {
        List<String> examples = FiltersDocument.block(kind);
        assertThat(examples)
                .hasSize(count)
                .allSatisfy(text -> assertThat(parse.apply(text)).isNotNull());
    }

    private static void refused(String kind, int count, Function<String, @Nullable Object> parse) {
        List<String> examples = FiltersDocument.block(kind);
        assertThat(examples)
                .hasSize(count)
                .allSatisfy(text ->
                        assertThatExceptionOfType(SelectorSyntaxException.class).isThrownBy(() -> parse.apply(text)));
    }
}
