// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.selector;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueue.selector.Evaluation.Truth;
import io.pgqueue.selector.FiltersDocument.Row;
import io.pgqueue.selector.Sample.Arithmetic;
import io.pgqueue.selector.Sample.Compare;
import io.pgqueue.selector.Sample.Like;
import io.pgqueue.selector.Sample.Literal;
import io.pgqueue.selector.Sample.Name;
import io.pgqueue.selector.Sample.Not;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.sql.SQLException;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

/** The table of differences in docs/filters.md: what it says here and what it says of Java. */
@PostgresTest(template = MigratedSchema.class)
class DifferenceIT {

    private static final TestMessage MESSAGE = new TestMessage(
            Map.of(
                    "five",
                    5,
                    "tenth",
                    0.1,
                    "max",
                    Long.MAX_VALUE,
                    "odd",
                    (1L << 53) + 1,
                    "nan",
                    Double.NaN,
                    "broken",
                    "\0",
                    "smile",
                    "😀"),
            new Samples(new Random(1)).message().headers());

    /** The examples as the evaluator needs them. */
    private static final Map<Difference, Sample.Condition> EXAMPLES = new EnumMap<>(Map.of(
            Difference.INTEGER_DIVISION,
            new Compare(new Arithmetic(new Name("five"), '/', number("2", 2L)), "=", number("2.5", 2.5)),
            Difference.DECIMAL_ARITHMETIC,
            new Compare(new Arithmetic(new Name("tenth"), '+', number("0.2", 0.2)), "=", number("0.3", 0.3)),
            Difference.NO_WRAP_BESIDE_REALS,
            new Compare(
                    new Arithmetic(new Arithmetic(new Name("max"), '+', number("1", 1L)), '+', number("0.5", 0.5)),
                    ">",
                    number("0", 0L)),
            Difference.DIVISION_BY_ZERO,
            new Compare(new Arithmetic(new Name("tenth"), '/', number("0", 0L)), ">", number("1", 1L)),
            Difference.EXACT_COMPARISON,
            new Compare(new Name("odd"), "<>", number("9007199254740992.0", 9007199254740992.0)),
            Difference.NAN_UNEQUAL,
            new Compare(new Name("nan"), "<>", number("1", 1L)),
            Difference.NAN_ARITHMETIC,
            new Not(new Compare(new Arithmetic(new Name("nan"), '+', number("1", 1L)), ">", number("0", 0L))),
            Difference.REPLACED_CHARACTERS,
            new Compare(new Name("broken"), "=", new Literal("", "\uFFFD")),
            Difference.CODE_POINTS,
            new Like("smile", false, "_", null)));

    @Test
    void theTableIsTrue(DataSource dataSource) throws SQLException {
        List<Row> rows = FiltersDocument.differences();
        try (FilterDatabase database = new FilterDatabase(dataSource)) {
            database.fill(List.of(MESSAGE));
            List<String> answers = database.ask(rows.stream()
                    .map(row -> Objects.requireNonNull(Selector.parse(row.selector()))
                            .jsonPath())
                    .toList());
            List<String> negated = database.ask(rows.stream()
                    .map(row -> Objects.requireNonNull(Selector.parse("NOT (" + row.selector() + ")"))
                            .jsonPath())
                    .toList());
            for (int i = 0; i < rows.size(); i++) {
                Row row = rows.get(i);
                Truth here = answers.get(i).equals("t")
                        ? Truth.TRUE
                        : negated.get(i).equals("t") ? Truth.FALSE : Truth.UNKNOWN;
                assertThat(here).as(row.selector()).hasToString(row.here().toUpperCase(Locale.ROOT));
                Sample.Condition example = Objects.requireNonNull(EXAMPLES.get(row.difference()));
                assertThat(parse(SampleText.of(example, new Random(1)))).isEqualTo(parse(row.selector()));
                Evaluation rules = new Evaluation(MESSAGE, false);
                assertThat(rules.truth(example)).isEqualTo(here);
                assertThat(rules.applied()).contains(row.difference());
                assertThat(new Evaluation(MESSAGE, true).truth(example))
                        .as(row.selector())
                        .hasToString(row.java().toUpperCase(Locale.ROOT));
            }
        }
    }

    private static Expression parse(String text) {
        return Parser.parse(text, FilterLimits.DEFAULT);
    }

    private static Literal number(String text, Object value) {
        return new Literal(text, value);
    }
}
