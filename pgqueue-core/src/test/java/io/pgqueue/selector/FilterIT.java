// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.selector;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Attribute and body filters in the database, alone and together with a selector. */
@PostgresTest(template = MigratedSchema.class)
class FilterIT {

    private static final int MESSAGES = 500;

    @Test
    void bodiesMustHaveOneOfTheValuesOfEachKey(DataSource dataSource) throws SQLException {
        List<String> bodies = List.of(
                /* 0 */ "{\"type\":\"a\",\"n\":1,\"b\":true}",
                /* 1 */ "{\"type\":\"a&b\",\"n\":1.0,\"b\":\"true\"}",
                /* 2 */ "{\"type\":[\"a\"],\"n\":\"1\",\"b\":false}",
                /* 3 */ "[{\"type\":\"a\",\"n\":1,\"b\":true}]",
                /* 4 */ "{\"type\":null,\"n\":null,\"b\":null}",
                /* 5 */ "{\"type\":{\"a\":\"a\"},\"n\":[1],\"b\":{}}",
                /* 6 */ "\"a\"",
                /* 7 */ "{\"x\":{\"y\":{\"z\":7,\"a/b\":8,\"~\":9}},\"x.y\":\"dot\",\"/x\":\"slash\",\"\":\"none\"}",
                /* 8 */ "{\"x\":[{\"y\":{\"z\":7}}],\"type\":\"A\"}",
                /* 9 */ "{\"n\":1e0,\"type\":\"\\\"'\\\\ \\ud83d\\ude00\"}",
                /* 10 */ "{\"n\":9007199254740993,\"type\":\"a.c\"}",
                /* 11 */ "null");
        Map<String, List<Integer>> expected = new LinkedHashMap<>();
        expected.put("{\"type\":[\"a\"]}", List.of(0));
        expected.put("{\"type\":[\"a&b\",\"A\"]}", List.of(1, 8));
        expected.put("{\"n\":[1]}", List.of(0, 1, 9));
        expected.put("{\"n\":[1.00,\"1\"]}", List.of(0, 1, 2, 9));
        expected.put("{\"n\":[9007199254740993]}", List.of(10));
        expected.put("{\"n\":[9007199254740992]}", List.of());
        expected.put("{\"b\":[true]}", List.of(0));
        expected.put("{\"b\":[\"true\",false]}", List.of(1, 2));
        expected.put("{\"type\":[\"a\",\"a&b\"],\"n\":[1]}", List.of(0, 1));
        expected.put("{\"type\":[\"a\"],\"n\":[2]}", List.of());
        expected.put("{\"/x/y/z\":[7]}", List.of(7));
        expected.put("{\"/x/y/a~1b\":[8],\"/x/y/~0\":[9],\"x.y\":[\"dot\"]}", List.of(7));
        expected.put("{\"/x/0/y/z\":[7]}", List.of());
        expected.put("{\"\":[\"none\"]}", List.of(7));
        expected.put("{\"/\":[\"none\"],\"/~1x\":[\"slash\"]}", List.of(7));
        expected.put("{\"type\":[\"\\\"'\\\\ 😀\"]}", List.of(9));
        expected.put("{\"type\":[\"a.c\"],\"n\":[9007199254740993,true]}", List.of(10));
        List<String> paths = expected.keySet().stream()
                .map(json -> Objects.requireNonNull(BodyFilter.parse(json)).jsonPath())
                .toList();
        try (FilterDatabase database = new FilterDatabase(dataSource)) {
            List<String> answers = database.askBodies(paths, bodies);
            Map<String, List<Integer>> matches = new LinkedHashMap<>();
            for (String filter : expected.keySet()) {
                matches.put(filter, places(answers.get(matches.size())));
            }
            assertThat(matches).isEqualTo(expected);
            List<String> demands = expected.keySet().stream()
                    .map(json -> new MessageFilter(null, null, BodyFilter.parse(json)).demands())
                    .toList();
            List<String> met = database.askBodiesDemands(demands, bodies);
            for (int i = 0; i < demands.size(); i++) {
                assertThat(places(met.get(i))).as(demands.get(i)).containsAll(places(answers.get(i)));
            }
            assertThat(places(met.get(0))).isEqualTo(places(answers.get(0)));
        }
    }

    @Test
    void attributesMustHaveOneOfTheValuesOfEachKey(DataSource dataSource) throws SQLException {
        List<Map<String, Object>> properties = List.of(
                /* 0 */ Map.of("color", "red", "size", 1),
                /* 1 */ Map.of("color", "red", "size", 1.0),
                /* 2 */ Map.of("color", "blue", "size", "1"),
                /* 3 */ Map.of("color", true, "size", 1.1f),
                /* 4 */ Map.of("color", "true", "size", Double.NaN),
                /* 5 */ Map.of("size", Long.MAX_VALUE),
                /* 6 */ Map.of());
        Map<String, List<Integer>> expected = new LinkedHashMap<>();
        expected.put("{\"color\":[\"red\"]}", List.of(0, 1));
        expected.put("{\"color\":[\"red\",\"blue\"],\"size\":[1]}", List.of(0, 1));
        expected.put("{\"color\":[\"blue\",true]}", List.of(2, 3));
        expected.put("{\"size\":[\"1\",9223372036854775807]}", List.of(2, 5));
        expected.put("{\"size\":[1.1]}", List.of());
        expected.put(
                Objects.requireNonNull(AttributeFilter.of(Map.of("size", List.of(1.1f))))
                        .text(),
                List.of(3));
        List<String> paths = expected.keySet().stream()
                .map(json -> Objects.requireNonNull(AttributeFilter.parse(json)).jsonPath())
                .toList();
        try (FilterDatabase database = new FilterDatabase(dataSource)) {
            database.fill(properties.stream().map(FilterIT::message).toList());
            List<String> answers = database.ask(paths);
            Map<String, List<Integer>> matches = new LinkedHashMap<>();
            for (String filter : expected.keySet()) {
                matches.put(filter, places(answers.get(matches.size())));
            }
            assertThat(matches).isEqualTo(expected);
        }
    }

    @Test
    void allPartsMustBeTrue(DataSource dataSource) throws SQLException {
        Samples samples = new Samples(new Random(7));
        List<TestMessage> messages =
                Stream.generate(samples::message).limit(MESSAGES).toList();
        Selector selector = Selector.parse("p IS NOT NULL AND (q > 0 OR JMSPriority < 5)");
        AttributeFilter attributes =
                AttributeFilter.parse("{\"r\":[\"a\",\"abc\",1,true,1.5,2],\"_s\":[0,1,\"\",false]}");
        MessageFilter both = new MessageFilter(selector, attributes, null);
        try (FilterDatabase database = new FilterDatabase(dataSource)) {
            database.fill(messages);
            List<String> answers = database.ask(List.of(
                    path(new MessageFilter(selector, null, null)),
                    path(new MessageFilter(null, attributes, null)),
                    path(both)));
            List<Integer> expected = new ArrayList<>(places(answers.get(0)));
            expected.retainAll(places(answers.get(1)));
            assertThat(expected).isNotEmpty();
            assertThat(places(answers.get(2))).isEqualTo(expected);
        }
    }

    private static String path(MessageFilter filter) {
        return Objects.requireNonNull(filter.propertiesPath());
    }

    private static TestMessage message(Map<String, Object> properties) {
        Map<String, Object> headers =
                new HashMap<>(new Samples(new Random(1)).message().headers());
        return new TestMessage(properties, headers);
    }

    private static List<Integer> places(@Nullable String answers) {
        List<Integer> places = new ArrayList<>();
        for (int i = 0; answers != null && i < answers.length(); i++) {
            if (answers.charAt(i) == 't') {
                places.add(i);
            }
        }
        return places;
    }
}
