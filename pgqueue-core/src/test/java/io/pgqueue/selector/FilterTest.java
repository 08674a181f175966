// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.selector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Attribute and body filters: reading, refusing, writing. */
class FilterTest {

    @Test
    void keysAreAllAndValuesAny() {
        assertThat(attributes("{\"a\":[\"x\",1,true],\"b\":[-2.50]}"))
                .isEqualTo("((exists($.\"a\") && ($.\"a\" == \"x\" || $.\"a\" == 1 || $.\"a\" == true))"
                        + " && (exists($.\"b\") && ($.\"b\" == (-2.50))))");
        assertThat(body("{\"a.b\":[\"x\"],\"/a/b~1c~0~01/0\":[false]}"))
                .isEqualTo("strict ((exists($.\"a.b\") && ($.\"a.b\" == \"x\"))"
                        + " && (exists($.\"a\".\"b/c~~1\".\"0\") && ($.\"a\".\"b/c~~1\".\"0\" == false)))");
        assertThat(body("{\"\":[1],\"/\":[2],\"a/b\":[3]}"))
                .isEqualTo("strict ((exists($.\"\") && ($.\"\" == 1)) && (exists($.\"\") && ($.\"\" == 2))"
                        + " && (exists($.\"a/b\") && ($.\"a/b\" == 3)))");
    }

    @Test
    void whatIsSurelyFalseOfAListHasUnlikeTypes() {
        AttributeFilter filter = Objects.requireNonNull(AttributeFilter.parse("{\"a\":[1]}"));
        assertThat(JsonPathWriter.write(new Expression.Not(filter.condition())))
                .isEqualTo("((exists($.\"a\") && (!($.\"a\" == 1) || ($.\"a\" == 1) is unknown)))");
    }

    @Test
    void nullAndNoKeysAreNoFilter() {
        assertThat(AttributeFilter.parse(null)).isNull();
        assertThat(AttributeFilter.parse(" { } ")).isNull();
        assertThat(AttributeFilter.of(Map.of())).isNull();
        assertThat(BodyFilter.parse(null)).isNull();
        assertThat(BodyFilter.parse("{}")).isNull();
        assertThat(BodyFilter.of(Map.of())).isNull();
    }

    @Test
    void textIsReadAsJson() {
        assertThat(body(" {\r\n\t\"a\" : [ \"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e4\\uD83D\\ude00&\" , 1E+2 ] } "))
                .isEqualTo(
                        "strict ((exists($.\"a\") && ($.\"a\" == \"\\\"\\\\/\\u0008\\u000c\\u000a\\u000d\\u0009ä😀&\""
                                + " || $.\"a\" == 1E+2)))");
    }

    @Test
    void theTextIsKept() {
        String json = " {\"a\": [\"<&>\"]}";
        assertThat(AttributeFilter.parse(json))
                .isNotNull()
                .hasToString(json)
                .isEqualTo(AttributeFilter.parse(json))
                .hasSameHashCodeAs(AttributeFilter.parse(json))
                .isNotEqualTo(AttributeFilter.parse("{\"a\":[\"<&>\"]}"))
                .extracting(AttributeFilter::text)
                .isEqualTo(json);
        assertThat(BodyFilter.parse(json))
                .isNotNull()
                .hasToString(json)
                .isEqualTo(BodyFilter.parse(json))
                .hasSameHashCodeAs(BodyFilter.parse(json))
                .isNotEqualTo(BodyFilter.parse("{\"a\":[\"<&>\"]}"))
                .extracting(BodyFilter::text)
                .isEqualTo(json);
    }

    @Test
    void javaValuesBecomeJson() {
        Map<String, List<Object>> filter = new LinkedHashMap<>();
        filter.put("a", List.of("x\"\n", true, (byte) 1, (short) 2, 3, 4L, 1.1f, 1.1, -0.0));
        filter.put("b", List.of(new BigDecimal("1E+3"), BigInteger.TEN));
        String json = "{\"a\":[\"x\\\"\\u000a\",true,1,2,3,4,1.100000023841858,1.1,-0.0],\"b\":[1E+3,10]}";
        assertThat(BodyFilter.of(filter)).isNotNull().hasToString(json);
        assertThat(AttributeFilter.of(filter)).isNotNull().hasToString(json);
    }

    @Test
    void theOrderOfMapsAndSetsDoesNotMatter() {
        assertThat(AttributeFilter.of(Map.of("b", Set.of("x", "y", "z"), "a", List.of(2, 1), "c", Set.of(1, "1"))))
                .hasToString("{\"a\":[2,1],\"b\":[\"x\",\"y\",\"z\"],\"c\":[1,\"1\"]}");
    }

    @Test
    void otherJavaValuesAreRefused() {
        for (Object value : Arrays.asList(null, Double.NaN, Float.POSITIVE_INFINITY, 'c', List.of(), "\0", "\uD800")) {
            Map<String, List<@Nullable Object>> filter = Map.of("a", Arrays.asList(value));
            assertThatExceptionOfType(SelectorSyntaxException.class)
                    .isThrownBy(() -> BodyFilter.of(filter))
                    .satisfies(e -> assertThat(e.position()).isEqualTo(6));
        }
        assertThatExceptionOfType(SelectorSyntaxException.class)
                .isThrownBy(() -> BodyFilter.of(Map.of("a", List.of())));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "                       | 0  | the end      | {",
                "[]                     | 0  | '['          | {",
                "null                   | 0  | 'null'       | {",
                "{                      | 1  | the end      | a key in double quotes",
                "{a                     | 1  | 'a'          | a key in double quotes",
                "{\"a\"}                | 4  | '}'          | :",
                "{\"a\":1}              | 5  | '1'          | [ and a list of values",
                "{\"a\":\"x\"}          | 5  | '\"'         | [ and a list of values",
                "{\"a\":[]}             | 6  | ']'          | a string, a number, true or false",
                "{\"a\":[null]}         | 6  | 'null'       | a string, a number, true or false",
                "{\"a\":[[1]]}          | 6  | '['          | a string, a number, true or false",
                "{\"a\":[{}]}           | 6  | '{'          | a string, a number, true or false",
                "{\"a\":[True]}         | 6  | 'True'       | a string, a number, true or false",
                "{\"a\":[trueish]}      | 6  | 'trueish'    | a string, a number, true or false",
                "{\"a\":[01]}           | 6  | '01'         | a string, a number, true or false",
                "{\"a\":[1.]}           | 6  | '1.'         | a string, a number, true or false",
                "{\"a\":[+1]}           | 6  | '+1'         | a string, a number, true or false",
                "{\"a\":[NaN]}          | 6  | 'NaN'        | a string, a number, true or false",
                "{\"a\":[1,]}           | 8  | ']'          | a string, a number, true or false",
                "{\"a\":[1 2]}          | 8  | '2'          | a comma or ]",
                "{\"a\":[1}             | 7  | '}'          | a comma or ]",
                "{\"a\":[1]             | 8  | the end      | a comma or }",
                "{\"a\":[1],}           | 9  | '}'          | a key in double quotes",
                "{\"a\":[1]} x          | 10 | 'x'          | the end",
                "{\"a\":[1e400]}        | 6  | '1e400'      | a number in the range of Java's double",
                "{\"a\":[1e-400]}       | 6  | '1e-400'     | a number in the range of Java's double",
                "{\"a\":[1e99999999999]} | 6 | '1e99999999999' | a number in the range of Java's double",
                "{\"a\":[1],\"a\":[2]}  | 9  | 'a' again  | each key once",
                "{\"a\":[\"x]}          | 6  | '\"x]}'    | a double quote at the end of the string",
                "{\"a\":[\"\\x\"]}      | 7  | '\\x'        | an escape of JSON",
                "{\"a\":[\"\\u12g4\"]}  | 7  | '\\u12'      | an escape of JSON",
                "{\"a\":[\"\\u0000\"]}  | 6  | U+0000 or half a surrogate pair | text that PostgreSQL can hold",
                "{\"a\":[\"\\uD800\"]}  | 6  | U+0000 or half a surrogate pair | text that PostgreSQL can hold",
                "{\"\\uDC00\":[1]}      | 1  | U+0000 or half a surrogate pair | text that PostgreSQL can hold"
            })
    void bothRefuse(String row) {
        Refusal.of(row).check(() -> parse(Refusal.text(row), true));
        Refusal.of(row).check(() -> parse(Refusal.text(row), false));
    }

    @Test
    void controlCharactersMustBeEscaped() {
        assertThatExceptionOfType(SelectorSyntaxException.class)
                .isThrownBy(() -> body("{\"a\":[\"x\ny\"]}"))
                .satisfies(e -> assertThat(e.position()).isEqualTo(8));
        assertThatExceptionOfType(SelectorSyntaxException.class).isThrownBy(() -> body("{\"a\":[\"x\0y\"]}"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a.b", "a-b", "1a", "/a", "#r", "NULL", "is", "JMSType", "JMSDestination", "a b"})
    void anAttributeFilterTakesOnlyNamesThatPropertiesCanHave(String key) {
        String json = "{\"ok\":[1],\"" + key + "\":[1]}";
        assertThatExceptionOfType(SelectorSyntaxException.class)
                .isThrownBy(() -> attributes(json))
                .satisfies(e -> assertThat(e.position()).isEqualTo(10));
        assertThatCode(() -> body(json)).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/~", "/a~", "/~2", "/a/b~x/c", "/~~1"})
    void aPointerHasOnlyTwoEscapes(String key) {
        assertThatExceptionOfType(SelectorSyntaxException.class)
                .isThrownBy(() -> body("{\"" + key + "\":[1]}"))
                .satisfies(e -> {
                    assertThat(e.position()).isEqualTo(1);
                    assertThat(e.found()).isEqualTo("'" + key + "'");
                });
        assertThatCode(() -> body("{\"" + key.substring(1) + "\":[1]}")).doesNotThrowAnyException();
    }

    @Test
    void sizesAreLimited() {
        accepted(object(20, 1), object(21, 1), 201);
        accepted(object(1, 100), object(1, 101), 208);
        String deep = "{\"" + "/a".repeat(16) + "\":[1]}";
        assertThatCode(() -> body(deep)).doesNotThrowAnyException();
        assertThatExceptionOfType(SelectorSyntaxException.class)
                .isThrownBy(() -> body(deep.replace("/a\"", "/a/a\"")))
                .withMessage("At character 2: found a pointer of 17 names, expected at most 16");
        String longest = "{\"a\":[\"" + "x".repeat(65_536 - 10) + "\"]}";
        accepted(longest, longest + " ", 65_536);
        assertThatExceptionOfType(SelectorSyntaxException.class)
                .isThrownBy(() -> BodyFilter.parse("{\"a\":[1,2]}", new FilterLimits(1, 1, 1, 1, 1, 1, 100)));
        assertThatExceptionOfType(SelectorSyntaxException.class)
                .isThrownBy(
                        () -> AttributeFilter.parse("{\"a\":[1],\"b\":[1]}", new FilterLimits(1, 1, 1, 1, 1, 1, 100)));
    }

    @Test
    void partsAreCombined() {
        Selector selector = Selector.parse("a IS NULL");
        AttributeFilter attributes = AttributeFilter.parse("{\"b\":[1]}");
        BodyFilter body = BodyFilter.parse("{\"c\":[1]}");
        assertThat(MessageFilter.NONE.propertiesPath()).isNull();
        assertThat(MessageFilter.NONE.bodyPath()).isNull();
        assertThat(new MessageFilter(selector, null, null).propertiesPath()).isEqualTo("!exists($.\"a\")");
        assertThat(new MessageFilter(null, attributes, body).propertiesPath())
                .isEqualTo("((exists($.\"b\") && ($.\"b\" == 1)))");
        MessageFilter all = new MessageFilter(selector, attributes, body);
        assertThat(all.propertiesPath()).isEqualTo("(((exists($.\"b\") && ($.\"b\" == 1))) && !exists($.\"a\"))");
        assertThat(all.bodyPath()).isEqualTo("strict ((exists($.\"c\") && ($.\"c\" == 1)))");
    }

    private static void accepted(String largest, String tooLarge, int position) {
        for (boolean body : new boolean[] {true, false}) {
            assertThatCode(() -> parse(largest, body)).doesNotThrowAnyException();
            assertThatExceptionOfType(SelectorSyntaxException.class)
                    .isThrownBy(() -> parse(tooLarge, body))
                    .satisfies(e -> assertThat(e.position()).isEqualTo(position));
        }
    }

    private static String object(int keys, int values) {
        String list = IntStream.range(0, values).mapToObj(i -> "1").collect(Collectors.joining(","));
        return IntStream.range(10, 10 + keys)
                .mapToObj(i -> "\"k" + i + "\":[" + list + "]")
                .collect(Collectors.joining(",", "{", "}"));
    }

    private static Object parse(String json, boolean body) {
        return Objects.requireNonNull(body ? BodyFilter.parse(json) : AttributeFilter.parse(json));
    }

    private static String attributes(String json) {
        return Objects.requireNonNull(AttributeFilter.parse(json)).jsonPath();
    }

    private static String body(String json) {
        return Objects.requireNonNull(BodyFilter.parse(json)).jsonPath();
    }
}
