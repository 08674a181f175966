// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgqueue.PgQueueException;
import io.pgqueue.store.FlatJson.NumberText;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FlatJsonTest {

    @Test
    void readsWhatPostgresWrites() {
        assertThat(FlatJson.read("{\"a\": {\"b\": -1.5e+10}, \"c\": null, \"d\": \"\\u00e4\\/\\\"\", \"e\": false}"))
                .containsEntry("a", Map.of("b", new NumberText("-1.5e+10")))
                .containsEntry("c", null)
                .containsEntry("d", "ä/\"")
                .containsEntry("e", false);
        assertThat(FlatJson.read("{}")).isEmpty();
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
                "{\"a\":[1]}",
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
