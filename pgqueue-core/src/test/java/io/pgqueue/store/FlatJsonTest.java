// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgqueue.PgQueueException;
import io.pgqueue.store.FlatJson.NestedText;
import io.pgqueue.store.FlatJson.NumberText;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FlatJsonTest {

    @Test
    void readsWhatPostgresWrites() {
        assertThat(FlatJson.read("{\"a\": {\"b\": -1.5e+10}, \"c\": null, \"d\": \"\\u00e4\\/\\\"\", \"e\": false}"))
                .containsEntry("a", new NestedText("{\"b\": -1.5e+10}"))
                .containsEntry("c", null)
                .containsEntry("d", "ä/\"")
                .containsEntry("e", false);
        assertThat(FlatJson.read("{}")).isEmpty();
        assertThat(FlatJson.read("{\"n\": -1.5e+10}")).containsEntry("n", new NumberText("-1.5e+10"));
    }

    /** However deep, and whatever stands in their strings. */
    @ParameterizedTest
    @ValueSource(strings = {"[1, {\"b\": [\"]}\\\"\"]}]", "{\"}\": \"{[\"}", "[]"})
    void objectsAndArraysInsideAreText(String nested) {
        assertThat(FlatJson.read("{\"a\": " + nested + ", \"b\": true}"))
                .containsEntry("a", new NestedText(nested))
                .containsEntry("b", true);
        String deep = "[".repeat(100_000) + "]".repeat(100_000);
        assertThat(FlatJson.read("{\"a\":" + deep + "}")).containsEntry("a", new NestedText(deep));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{",
                "[]",
                "{\"a\"}",
                "{\"a\":}",
                "{\"a\":1",
                "{\"a\":1,}",
                "{\"a\":1}x",
                "{a:1}",
                "{\"a\":tru}",
                "{\"a\":[1}",
                "{\"a\":{\"b\":\"}",
                "{\"a\":\"x",
                "{\"a\":\"\\",
                "{\"a\":\"\\u12"
            })
    void anythingElseIsAnErrorWithoutTheData(String json) {
        assertThatThrownBy(() -> FlatJson.read(json))
                .isInstanceOf(PgQueueException.class)
                .hasMessageContaining("cannot be read at character");
    }
}
