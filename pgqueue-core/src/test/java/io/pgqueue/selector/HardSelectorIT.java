// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.selector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

/** Texts made to break out of the jsonpath, and texts as large as the limits allow. */
@PostgresTest(template = MigratedSchema.class)
class HardSelectorIT {

    /** Ten times what the slowest one takes: to notice an explosion, not a busy machine. */
    private static final long SLOW_MS = 5000;

    private static final List<String> HOSTILE = List.of(
            "\"",
            "\\",
            "\\\"",
            "\" || 1 == 1 || \"",
            "\\\" || 1 == 1 || \\\"",
            "x\") || (1 == 1",
            "$",
            "$.q",
            "$JMSType",
            "@",
            "\\u0022",
            "\\x22",
            "\\u{22}",
            "\\",
            "\\\\",
            "';select pg_sleep(9)--",
            "'); drop table x;",
            "/* */",
            "-- ",
            "${x}",
            "%s",
            "?",
            "\n\r\t\b\f\u000B\u001B\u007F\u0085\u2028\u2029",
            "\uFEFF\uFFFE\uFFFF",
            "\u202E",
            "😀\uDBFF\uDFFF",
            "\0",
            "a\0",
            "\uD800",
            "\uDC00\uD800",
            "1e400",
            "NaN",
            "null",
            "true");

    @Test
    void aStringIsNothingButAString(DataSource dataSource) throws SQLException {
        List<TestMessage> messages =
                HOSTILE.stream().map(text -> message(Map.of("p", text))).toList();
        List<String> paths = new ArrayList<>();
        for (String text : HOSTILE) {
            String literal = "'" + text.replace("'", "''") + "'";
            paths.add(path("p = " + literal));
            paths.add(path("p IN ('-', " + literal + ")"));
            paths.add(path("p LIKE '"
                    + text.replace("'", "''")
                            .replace("!", "!!")
                            .replace("%", "!%")
                            .replace("_", "!_") + "' ESCAPE '!'"));
        }
        try (FilterDatabase database = new FilterDatabase(dataSource)) {
            database.fill(messages);
            List<String> answers = database.ask(paths);
            for (int i = 0; i < HOSTILE.size(); i++) {
                String expected = matches(HOSTILE.get(i));
                assertThat(answers.subList(3 * i, 3 * i + 3)).as(HOSTILE.get(i)).containsOnly(expected);
            }
        }
    }

    /** After the replacement two texts can be the same. */
    private static String matches(String wanted) {
        return HOSTILE.stream()
                .map(text -> clean(text).equals(clean(wanted)) ? "t" : "f")
                .collect(Collectors.joining());
    }

    private static String clean(String text) {
        return text.codePoints()
                .map(c -> c == 0 || c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE ? 0xFFFD : c)
                .mapToObj(Character::toString)
                .collect(Collectors.joining());
    }

    @Test
    void aNameIsNothingButAName(DataSource dataSource) throws SQLException {
        List<String> names = List.of(
                "$",
                "$p",
                "a$b",
                "_",
                "strict",
                "lax",
                "exists",
                "type",
                "last",
                "to",
                "is_unknown",
                "starts",
                "with",
                "flag",
                "näme",
                "名前",
                "𝒳",
                "p\u0001",
                "p\u200D",
                "p\uFEFF",
                "p\u00AD",
                "p\u007F");
        List<TestMessage> messages =
                names.stream().map(n -> message(Map.of(n, 1))).toList();
        try (FilterDatabase database = new FilterDatabase(dataSource)) {
            database.fill(messages);
            List<String> answers = database.ask(names.stream()
                    .map(n -> path(n + " + 1 = 2 AND " + n + " >= 1 AND " + n + " IS NOT NULL"))
                    .toList());
            for (int i = 0; i < names.size(); i++) {
                int place = i;
                assertThat(answers.get(i))
                        .as(names.get(i))
                        .isEqualTo(IntStream.range(0, names.size())
                                .mapToObj(j -> j == place ? "t" : "f")
                                .collect(Collectors.joining()));
            }
        }
    }

    @Test
    void bodyFiltersAreNothingButKeysAndValues(DataSource dataSource) throws SQLException {
        List<String> texts = HOSTILE.stream().filter(t -> clean(t).equals(t)).toList();
        List<String> paths = new ArrayList<>();
        List<String> bodies = new ArrayList<>();
        for (String text : texts) {
            paths.add(Objects.requireNonNull(BodyFilter.of(Map.of("k" + text, List.of(text))))
                    .jsonPath());
            StringBuilder body = new StringBuilder("{");
            JsonText.writeString(body, "k" + text);
            JsonText.writeString(body.append(':'), text);
            bodies.add(body.append('}').toString());
        }
        try (FilterDatabase database = new FilterDatabase(dataSource)) {
            List<String> answers = database.askBodies(paths, bodies);
            for (int i = 0; i < texts.size(); i++) {
                String text = texts.get(i);
                assertThat(answers.get(i))
                        .isEqualTo(texts.stream()
                                .map(t -> t.equals(text) ? "t" : "f")
                                .collect(Collectors.joining()));
            }
        }
    }

    @Test
    void numbersAtTheEndsOfTheirRanges(DataSource dataSource) throws SQLException {
        Map<String, Object> properties = Map.of(
                "max",
                Long.MAX_VALUE,
                "min",
                Long.MIN_VALUE,
                "huge",
                Double.MAX_VALUE,
                "tiny",
                Double.MIN_VALUE,
                "inf",
                Double.POSITIVE_INFINITY,
                "zero",
                -0.0);
        List<String> selectors = List.of(
                "max = 9223372036854775807",
                "min = -9223372036854775808",
                "min = -0x8000000000000000L",
                "max + 1 = min",
                "min - 1 = max",
                "-min = min",
                "max * max = 1",
                "min * min = 0",
                "max + max = -2",
                "max * max * max * max * max = max",
                "huge = 1.7976931348623157E308",
                "tiny = 4.9e-324",
                "tiny > 0",
                "tiny / 2 > 0 AND tiny / 2 < tiny",
                "inf > huge",
                "-inf < -huge",
                "zero = 0",
                "zero >= 0.0",
                "NOT zero < 0",
                "huge * 10 > huge",
                "1e308 * 10 > 1e308");
        try (FilterDatabase database = new FilterDatabase(dataSource)) {
            database.fill(List.of(message(properties)));
            List<String> answers =
                    database.ask(selectors.stream().map(HardSelectorIT::path).toList());
            for (int i = 0; i < selectors.size(); i++) {
                assertThat(answers.get(i)).as(selectors.get(i)).isEqualTo("t");
            }
        }
    }

    @Test
    void theLargestSelectorsAreAnswered(DataSource dataSource) throws SQLException {
        String text = "ab".repeat(5000);
        List<TestMessage> messages = List.of(
                message(Map.of("p", text, "b", 1L, "c", 2L)),
                message(Map.of("p", text + "c", "b", 1e308, "c", Double.POSITIVE_INFINITY)),
                message(Map.of("p", "", "b", "x", "c", true)));
        Map<String, String> selectors = new HashMap<>();
        selectors.put("LIKE with many %", "p LIKE '" + "%a".repeat(3990) + "%c'");
        selectors.put("LIKE with many %_", "p LIKE '" + "%_b".repeat(2660) + "%c'");
        selectors.put("LIKE with many _", "p LIKE '" + "_".repeat(7980) + "%'");
        selectors.put("LIKE with many escapes", "p LIKE '" + "\\%".repeat(3980) + "' ESCAPE '\\'");
        selectors.put("LIKE with special characters", "p LIKE '" + "(a*)*".repeat(1590) + "'");
        selectors.put("LIKE with %b%a and its end", "p LIKE '" + "%b%a".repeat(1990) + "c'");
        selectors.put("long string", "p = '" + "x".repeat(7990) + "'");
        selectors.put("long name", "x".repeat(7990) + " > 1");
        selectors.put("long IN", "p IN ('" + "','".repeat(2650) + "')");
        selectors.put("long OR", chain("p='x'", 166, " OR "));
        selectors.put("long AND", chain("p<>'x'", 166, " AND "));
        selectors.put("NOT of a long OR", "NOT (" + chain("p='x'", 160, " OR ") + ")");
        selectors.put("deep parentheses", "(".repeat(64) + "p='x'" + ")".repeat(64));
        selectors.put("deep NOT", "NOT ".repeat(64) + "p='x'");
        selectors.put("deep mix", "NOT (p='x' OR ".repeat(32) + "p IS NULL" + ")".repeat(32));
        selectors.put("deep signs", "-".repeat(64) + "b > c");
        selectors.put("deep sums", "1-(b*".repeat(60) + "2" + ")".repeat(60) + " > 1");
        selectors.put("long sum", chain("b", 249, "+") + " > c");
        selectors.put("long product", chain("b", 249, "*") + " > c");
        selectors.put("two long products", chain("b", 120, "*") + " < " + chain("c", 120, "*"));
        selectors.put("long product of literals", "b*" + chain("1e308", 245, "*") + " < c");
        selectors.put("long quotient", chain("c", 248, "/") + " < 1");
        selectors.put("quotient of small literals", "b/" + chain("1e-300", 245, "/") + " < c");
        selectors.put(
                "long names in a sum",
                IntStream.range(0, 31).mapToObj(i -> "n".repeat(250) + i).collect(Collectors.joining("*")) + " <> c");
        selectors.put(
                "NOT BETWEEN of products",
                "NOT " + chain("b", 80, "*") + " NOT BETWEEN " + chain("c", 80, "*") + " AND " + chain("b", 80, "*"));
        List<String> slow = new ArrayList<>();
        try (FilterDatabase database = new FilterDatabase(dataSource)) {
            database.fill(messages);
            selectors.forEach((name, selector) -> {
                assertThat(selector.length()).as(name).isLessThanOrEqualTo(8000);
                String path = path(selector);
                long start = System.nanoTime();
                try {
                    assertThat(database.ask(List.of(path)).get(0)).as(name).hasSize(messages.size());
                } catch (SQLException e) {
                    throw new AssertionError(name, e);
                }
                long ms = Duration.ofNanos(System.nanoTime() - start).toMillis();
                if (ms > SLOW_MS) {
                    slow.add(name + " took " + ms + " ms");
                }
            });
        }
        assertThat(slow).isEmpty();
    }

    @Test
    void whatIsNotOfTheLanguageNeverReachesTheDatabase() {
        for (String text : List.of(
                "p = 1e400",
                "p = -1e400",
                "p like_regex 'x'",
                "$.p == 1",
                "p == 1",
                "p = \"x\"",
                "p @@ 'x'",
                "p = 'x' -- comment",
                "p = 'x' /* comment */",
                "p = 'x'; drop table message",
                "p.type() = 'number'",
                "p[0] = 1",
                "p = :x",
                "p = ?",
                "p = ${x}",
                "XPATH 'x'",
                "p = 'x' || 'y'",
                "p starts with 'x'",
                "exists(p)")) {
            assertThatExceptionOfType(SelectorSyntaxException.class).as(text).isThrownBy(() -> Selector.parse(text));
        }
    }

    private static String chain(String term, int terms, String link) {
        return IntStream.range(0, terms).mapToObj(i -> term).collect(Collectors.joining(link));
    }

    private static String path(String text) {
        return Objects.requireNonNull(Selector.parse(text)).jsonPath();
    }

    private static TestMessage message(Map<String, Object> properties) {
        return new TestMessage(properties, new Samples(new Random(1)).message().headers());
    }
}
