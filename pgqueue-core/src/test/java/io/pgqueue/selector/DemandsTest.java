// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.selector;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** FIL-13: what a message must have for a filter to be true. */
class DemandsTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    color = 'red'                                  | {"pcolor":["red"]}
                    'red' = color                                  | {"pcolor":["red"]}
                    n = 1 AND x > 3                                | {"pn":[1]}
                    n = -1.50                                      | {"pn":[-1.5]}
                    urgent                                         | {"purgent":[true]}
                    urgent = FALSE                                 | {"purgent":[false]}
                    color IN ('red', 'blue')                       | {"pcolor":["red","blue"]}
                    color = 'red' OR color = 'blue'                | {"pcolor":["red","blue"]}
                    color = 'red' AND size = 1                     | {"pcolor":["red"],"psize":[1]}
                    (a = 1 AND b = 2) OR (b = 3 AND c = 4)         | {"pb":[2,3]}
                    a IN ('x', 'y', 'z') AND a = 'x'               | {"pa":["x"]}
                    JMSType = 'order' AND JMSCorrelationID = 'c-1' | {"hJMSCorrelationID":["c-1"],"hJMSType":["order"]}
                    JMSXGroupID = 'g'                              | {"pJMSXGroupID":["g"]}
                    name = 'it''s "so"'                            | {"pname":["it's \\"so\\""]}
                    """, quoteCharacter = '\0')
    void equalityIsADemand(String selector, String demands) {
        assertThat(new MessageFilter(Selector.parse(selector), null, null).demands())
                .isEqualTo(demands);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a > 1",
                "a <> 1",
                "NOT (a = 1)",
                "NOT a = 1 OR b = 2",
                "a NOT IN ('x')",
                "a LIKE 'x%'",
                "a IS NULL",
                "a = b",
                "a = 1 + b",
                "a = 1 OR b = 1",
                "a = 1 OR x > 3",
                "a BETWEEN 1 AND 1",
                "1 = 1"
            })
    void whatOtherMessagesMayMeetIsNone(String selector) {
        assertThat(new MessageFilter(Selector.parse(selector), null, null).demands())
                .isEqualTo("{}");
    }

    @Test
    void listsOfValuesAreDemands() {
        assertThat(new MessageFilter(
                                Selector.parse("x = 1"),
                                AttributeFilter.parse("{\"color\":[\"red\",\"blue\"]}"),
                                BodyFilter.parse("{\"type\":[1,\"1\",true],\"/customer/country\":[\"CH\"]}"))
                        .demands())
                .isEqualTo("{\"bcustomer/country\":[\"CH\"],\"btype\":[1,\"1\",true],\"pcolor\":[\"red\",\"blue\"],"
                        + "\"px\":[1]}");
    }

    /** Their names could not be told from pointers. */
    @Test
    void someNamesOfFieldsAreNotLookedUp() {
        assertThat(new MessageFilter(null, null, BodyFilter.parse("{\"\":[1],\"/~1x\":[2],\"a/b\":[3]}")).demands())
                .isEqualTo("{}");
    }

    @Test
    void longListsAndValuesAreNotLookedUp() {
        String many =
                IntStream.rangeClosed(0, 100).mapToObj(i -> "'v" + i + "'").collect(Collectors.joining(","));
        assertThat(new MessageFilter(Selector.parse("a IN (" + many + ")"), null, null).demands())
                .isEqualTo("{}");
        assertThat(new MessageFilter(Selector.parse("a = '" + "x".repeat(300) + "' AND b = 1"), null, null).demands())
                .isEqualTo("{\"pb\":[1]}");
    }
}
