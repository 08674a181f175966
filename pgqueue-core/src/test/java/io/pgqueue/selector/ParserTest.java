// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.selector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.pgqueue.selector.Expression.And;
import io.pgqueue.selector.Expression.Arithmetic;
import io.pgqueue.selector.Expression.Bool;
import io.pgqueue.selector.Expression.Comparison;
import io.pgqueue.selector.Expression.Condition;
import io.pgqueue.selector.Expression.Constant;
import io.pgqueue.selector.Expression.Field;
import io.pgqueue.selector.Expression.Header;
import io.pgqueue.selector.Expression.In;
import io.pgqueue.selector.Expression.Int;
import io.pgqueue.selector.Expression.IsNull;
import io.pgqueue.selector.Expression.Like;
import io.pgqueue.selector.Expression.Not;
import io.pgqueue.selector.Expression.Operand;
import io.pgqueue.selector.Expression.Operator;
import io.pgqueue.selector.Expression.Or;
import io.pgqueue.selector.Expression.Real;
import io.pgqueue.selector.Expression.Sign;
import io.pgqueue.selector.Expression.Text;
import java.math.BigDecimal;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ParserTest {

    private static final Field A = Field.of("a");
    private static final Field B = Field.of("b");
    private static final Field C = Field.of("c");

    @Test
    void everyComparison() {
        assertThat(parse("a = b")).isEqualTo(compare(A, Operator.EQUAL, B));
        assertThat(parse("a <> b")).isEqualTo(compare(A, Operator.UNEQUAL, B));
        assertThat(parse("a < b")).isEqualTo(compare(A, Operator.LESS, B));
        assertThat(parse("a <= b")).isEqualTo(compare(A, Operator.AT_MOST, B));
        assertThat(parse("a > b")).isEqualTo(compare(A, Operator.GREATER, B));
        assertThat(parse("a >= b")).isEqualTo(compare(A, Operator.AT_LEAST, B));
    }

    @Test
    void everyOperand() {
        assertThat(parse("a = 'x'")).isEqualTo(compare(A, Operator.EQUAL, new Text("x")));
        assertThat(parse("'x' = a")).isEqualTo(compare(new Text("x"), Operator.EQUAL, A));
        assertThat(parse("a = tRue")).isEqualTo(compare(A, Operator.EQUAL, new Bool(true)));
        assertThat(parse("FALSE <> a")).isEqualTo(compare(new Bool(false), Operator.UNEQUAL, A));
        assertThat(parse("a = 0x1D")).isEqualTo(compare(A, Operator.EQUAL, new Int(29)));
        assertThat(parse("a = 1.50")).isEqualTo(compare(A, Operator.EQUAL, new Real(new BigDecimal("1.5"))));
        assertThat(parse("JMSType = 'x'")).isEqualTo(compare(new Header("JMSType"), Operator.EQUAL, new Text("x")));
        assertThat(parse("JMSXGroupID = 'x'"))
                .isEqualTo(compare(Field.of("JMSXGroupID"), Operator.EQUAL, new Text("x")));
        assertThat(parse("JMS_IBM = 'x'")).isEqualTo(compare(Field.of("JMS_IBM"), Operator.EQUAL, new Text("x")));
        assertThat(parse("jmsType = 'x'")).isEqualTo(compare(Field.of("jmsType"), Operator.EQUAL, new Text("x")));
    }

    @Test
    void aSignBelongsToItsNumber() {
        assertThat(right("a = -5")).isEqualTo(new Int(-5));
        assertThat(right("a = +5")).isEqualTo(new Int(5));
        assertThat(right("a = --5")).isEqualTo(new Int(5));
        assertThat(right("a = - 5.5")).isEqualTo(new Real(new BigDecimal("-5.5")));
        assertThat(right("a = -9223372036854775808L")).isEqualTo(new Int(Long.MIN_VALUE));
        assertThat(right("a = --9223372036854775808")).isEqualTo(new Int(Long.MIN_VALUE));
        assertThat(right("a = -0x8000000000000000")).isEqualTo(new Int(Long.MIN_VALUE));
        assertThat(right("a = -b")).isEqualTo(new Sign(true, B));
        assertThat(right("a = +-b")).isEqualTo(new Sign(false, new Sign(true, B)));
    }

    @Test
    void arithmeticBindsByPrecedenceFromLeftToRight() {
        assertThat(right("a = a + b * c")).isEqualTo(sum(A, '+', sum(B, '*', C)));
        assertThat(right("a = (a + b) * c")).isEqualTo(sum(sum(A, '+', B), '*', C));
        assertThat(right("a = a - b - c")).isEqualTo(sum(sum(A, '-', B), '-', C));
        assertThat(right("a = a - (b - c)")).isEqualTo(sum(A, '-', sum(B, '-', C)));
        assertThat(right("a = a / b / c")).isEqualTo(sum(sum(A, '/', B), '/', C));
        assertThat(right("a = -a * b")).isEqualTo(sum(new Sign(true, A), '*', B));
        assertThat(right("a = a*-b")).isEqualTo(sum(A, '*', new Sign(true, B)));
        assertThat(right("a = a-1")).isEqualTo(sum(A, '-', new Int(1)));
    }

    @Test
    void integersAreFoldedAndWrap() {
        assertThat(right("a = 1 + 2 * 3 - -4")).isEqualTo(new Int(11));
        assertThat(right("a = 9223372036854775807 + 1")).isEqualTo(new Int(Long.MIN_VALUE));
        assertThat(right("a = -(-9223372036854775808)")).isEqualTo(new Int(Long.MIN_VALUE));
        assertThat(right("a = 4611686018427387904 * 2")).isEqualTo(new Int(Long.MIN_VALUE));
        assertThat(right("a = 5 / 2")).isEqualTo(sum(new Int(5), '/', new Int(2)));
        assertThat(right("a = 5 + 2.")).isEqualTo(sum(new Int(5), '+', new Real(new BigDecimal("2.0"))));
    }

    @Test
    void conditionsBindByPrecedence() {
        Condition a = is(A);
        Condition b = is(B);
        Condition c = is(C);
        assertThat(parse("a")).isEqualTo(a);
        assertThat(parse("(a)")).isEqualTo(a);
        assertThat(parse("NOT a AND b")).isEqualTo(new And(List.of(new Not(a), b)));
        assertThat(parse("NOT (a AND b)")).isEqualTo(new Not(new And(List.of(a, b))));
        assertThat(parse("NOT NOT a")).isEqualTo(new Not(new Not(a)));
        assertThat(parse("a OR b AND c")).isEqualTo(new Or(List.of(a, new And(List.of(b, c)))));
        assertThat(parse("(a OR b) AND c")).isEqualTo(new And(List.of(new Or(List.of(a, b)), c)));
        assertThat(parse("a OR b OR c")).isEqualTo(new Or(List.of(a, b, c)));
        assertThat(parse("NOT a = b")).isEqualTo(new Not(compare(A, Operator.EQUAL, B)));
        assertThat(parse("NOT a + b > c")).isEqualTo(new Not(compare(sum(A, '+', B), Operator.GREATER, C)));
        assertThat(parse("((a) + (b)) > ((c))")).isEqualTo(compare(sum(A, '+', B), Operator.GREATER, C));
        assertThat(parse("TRUE AND (false)")).isEqualTo(new And(List.of(new Constant(true), new Constant(false))));
    }

    @Test
    void everyTest() {
        assertThat(parse("a BETWEEN b AND c AND TRUE"))
                .isEqualTo(new And(List.of(
                        new And(List.of(compare(A, Operator.AT_LEAST, B), compare(A, Operator.AT_MOST, C))),
                        new Constant(true))));
        assertThat(parse("a+1 NOT BETWEEN b AND 2"))
                .isEqualTo(new Or(List.of(
                        compare(sum(A, '+', new Int(1)), Operator.LESS, B),
                        compare(sum(A, '+', new Int(1)), Operator.GREATER, new Int(2)))));
        assertThat(parse("a IN ('x')")).isEqualTo(new In(A, List.of("x")));
        assertThat(parse("a NOT IN ('x', 'y''')")).isEqualTo(new Not(new In(A, List.of("x", "y'"))));
        assertThat(parse("a LIKE 'x%'")).isEqualTo(new Like(A, "x%", null));
        assertThat(parse("a NOT LIKE '' ESCAPE '\\'")).isEqualTo(new Not(new Like(A, "", (int) '\\')));
        assertThat(parse("a LIKE '_' ESCAPE '😀'")).isEqualTo(new Like(A, "_", 0x1F600));
        assertThat(parse("a IS NULL")).isEqualTo(new IsNull(A));
        assertThat(parse("JMSType IS NOT NULL")).isEqualTo(new Not(new IsNull(new Header("JMSType"))));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "p > 'x'                         | 4  | a string       | a number or an identifier",
                "p >= 'x'                        | 5  | a string       | a number or an identifier",
                "'foo' > TRUE                    | 0  | a string       | a number or an identifier",
                "1 < TRUE                        | 4  | TRUE or FALSE  | a number or an identifier",
                "FALSE <= 1                      | 0  | TRUE or FALSE  | a number or an identifier",
                "1 = 'x'                         | 4  | a string       | a number or an identifier",
                "'x' <> 1                        | 7  | a number       | a string or an identifier",
                "TRUE = 1                        | 7  | a number       | TRUE, FALSE or an identifier",
                "a + 1 = 'x'                     | 8  | a string       | a number or an identifier",
                "-a = TRUE                       | 5  | TRUE or FALSE  | a number or an identifier",
                "p BETWEEN 'a' AND 'b'           | 10 | a string       | a number or an identifier",
                "p BETWEEN 1 AND 'b'             | 16 | a string       | a number or an identifier",
                "'a' BETWEEN 1 AND 2             | 0  | a string       | a number or an identifier",
                "p BETWEEN 1 OR 2                | 12 | 'OR'           | AND between the two limits",
                "p BETWEEN (a AND b) AND c       | 10 | a condition    | a value",
                "p IN (1)                        | 6  | '1'            | a string in single quotes",
                "p NOT IN (1,2,3)                | 10 | '1'            | a string in single quotes",
                "p IN ()                         | 6  | ')'            | a string in single quotes",
                "p IN ('a',)                     | 10 | ')'            | a string in single quotes",
                "p IN 'a'                        | 5  | ''a''          | ( and a list of strings",
                "p IN ('a'                       | 9  | the end        | a comma or )",
                "p IN ('a' 'b')                  | 10 | ''b''          | a comma or )",
                "1 IN ('a')                      | 0  | a number       | an identifier before IN",
                "(p) IN ('a')                    | 0  | an identifier in parentheses  | an identifier before IN",
                "a + b IN ('a')                  | 0  | a number       | an identifier before IN",
                "p LIKE 7                        | 7  | '7'            | a string in single quotes",
                "p LIKE q                        | 7  | 'q'            | a string in single quotes",
                "'p' LIKE 'q'                    | 0  | a string       | an identifier before LIKE",
                "p LIKE 'a' ESCAPE               | 17 | the end        | a string in single quotes",
                "p LIKE 'a' ESCAPE ''            | 18 | ''''           | a string of exactly one character",
                "p LIKE 'a' ESCAPE 'xy'          | 18 | ''xy''         | a string of exactly one character",
                "p LIKE 'a' ESCAPE 1             | 18 | '1'            | a string in single quotes",
                "p IS 1                          | 5  | '1'            | NULL or NOT NULL",
                "p IS NOT 1                      | 9  | '1'            | NULL",
                "p NOT IS NULL                   | 6  | 'IS'           | BETWEEN, IN or LIKE after NOT",
                "p NOT = 1                       | 6  | '='            | BETWEEN, IN or LIKE after NOT",
                "p NOT                           | 5  | the end        | BETWEEN, IN or LIKE after NOT",
                "1 IS NULL                       | 0  | a number       | an identifier before IS",
                "(p) IS NULL                     | 0  | an identifier in parentheses  | an identifier before IS",
                "TRUE IS NULL                    | 0  | TRUE or FALSE  | an identifier before IS",
                "NULL = 0                        | 0  | 'NULL'         | a value or a condition",
                "p = NULL                        | 4  | 'NULL'         | a value or a condition",
                "AND > 0                         | 0  | 'AND'          | a value or a condition",
                "TRUE > 0                        | 0  | TRUE or FALSE  | a number or an identifier",
                "TRUE = 0                        | 7  | a number       | TRUE, FALSE or an identifier",
                "between = 1                     | 0  | 'between'      | a value or a condition",
                "escape                          | 0  | 'escape'       | a value or a condition",
                "3+5                             | 0  | a number       | a condition",
                "True AND 3+5                    | 9  | a number       | a condition",
                "3+5 OR TRUE                     | 0  | a number       | a condition",
                "NOT 5                           | 4  | a number       | a condition",
                "'x'                             | 0  | a string       | a condition",
                "-p                              | 0  | a number       | a condition",
                "NOT                             | 3  | the end        | a value or a condition",
                "=X 'x'                          | 0  | '='            | a value or a condition",
                "p =                             | 3  | the end        | a value or a condition",
                "p = = 1                         | 4  | '='            | a value or a condition",
                "p = NOT q                       | 4  | 'NOT'          | a value or a condition",
                "a = 1 AMD b = 2                 | 6  | 'AMD'          | an operator, AND, OR or the end",
                "a = 1 b = 2                     | 6  | 'b'            | an operator, AND, OR or the end",
                "a = 1)                          | 5  | ')'            | an operator, AND, OR or the end",
                "a = b = c                       | 6  | '='            | an operator, AND, OR or the end",
                "a = 1 AND                       | 9  | the end        | a value or a condition",
                "OR a = 1                        | 0  | 'OR'           | a value or a condition",
                "(a = 1                          | 6  | the end        | an operator, AND, OR or )",
                "(a, b)                          | 2  | ','            | an operator, AND, OR or )",
                "()                              | 1  | ')'            | a value or a condition",
                "('x') = p                       | 1  | a string       | a condition or a number in parentheses",
                "(TRUE) = p                      | 0  | a condition    | a value",
                "(a = 1) = TRUE                  | 0  | a condition    | a value",
                "p = (a AND b)                   | 4  | a condition    | a value",
                "(a AND b) + 1 = 2               | 0  | a condition    | a value",
                "a + 'x' = 1                     | 4  | a string       | a number or an identifier",
                "'x' + a = 1                     | 0  | a string       | a number or an identifier",
                "TRUE * 2 = 2                    | 0  | TRUE or FALSE  | a number or an identifier",
                "-'x' = 1                        | 1  | a string       | a number or an identifier",
                "- TRUE = 1                      | 2  | TRUE or FALSE  | a number or an identifier",
                "a * * b = 1                     | 4  | '*'            | a value or a condition",
                "a = 9223372036854775808         | 4  | '9223372036854775808'  | a number in the range of Java's long",
                "a = -9223372036854775809        | 5  | '9223372036854775809'  | a number in the range of Java's long",
                "a = 5-9223372036854775808       | 6  | '9223372036854775808'  | a number in the range of Java's long",
                "a = 0xFFFFFFFFFFFFFFFF          | 4  | '0xFFFFFFFFFFFFFFFF'   | a number in the range of Java's long",
                "a = 01777777777777777777777     | 4  | '01777777777777777777777' | a number in the range of Java's long"
            })
    void refuses(String row) {
        Refusal.of(row).check(() -> parse(Refusal.text(row)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"1abc IS NULL", "%x IS NULL", "a = 'x", "a = b c", "a == b", "a != b", "a ANDb", "a = 1AND b"})
    void refusesAlso(String text) {
        assertThatExceptionOfType(SelectorSyntaxException.class).isThrownBy(() -> parse(text));
    }

    @ParameterizedTest
    @ValueSource(strings = {"NULL", "AND", "OR", "BETWEEN", "LIKE", "IN", "IS", "ESCAPE", "Null", "escape", "oR"})
    void noKeywordIsAnIdentifier(String word) {
        for (String text : List.of(word + " = 0", word, "a = " + word, word + " IS NULL", "a + " + word + " = 1")) {
            assertThatExceptionOfType(SelectorSyntaxException.class).isThrownBy(() -> parse(text));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"JMSDestination", "JMSReplyTo", "JMSRedelivered", "JMS", "JMSFoo", "JMStype"})
    void refusesOtherHeaders(String name) {
        assertThatExceptionOfType(SelectorSyntaxException.class)
                .isThrownBy(() -> parse("a = 1 AND " + name + " = 'x'"))
                .satisfies(e -> {
                    assertThat(e.position()).isEqualTo(10);
                    assertThat(e.expected()).contains("JMSPriority").contains("JMSCorrelationID");
                });
    }

    @Test
    void lengthIsLimited() {
        String longest = "a = '" + "x".repeat(7994) + "'";
        assertThat(longest).hasSize(8000);
        assertThatCode(() -> parse(longest)).doesNotThrowAnyException();
        assertThatExceptionOfType(SelectorSyntaxException.class)
                .isThrownBy(() -> parse(longest + " "))
                .satisfies(e -> assertThat(e.position()).isEqualTo(8000));
        FilterLimits lower = new FilterLimits(10, 500, 64, 20, 100, 16, 65_536);
        assertThatExceptionOfType(SelectorSyntaxException.class)
                .isThrownBy(() -> Selector.parse("abcdefghijk", lower))
                .withMessage("At character 11: found 11 characters, expected at most 10");
    }

    @Test
    void nodesAreLimited() {
        // Each comparison has three nodes, the chain one.
        assertThatCode(() -> parse(chain(166, " OR "))).doesNotThrowAnyException();
        String one = chain(166, " OR ") + " OR a=1";
        assertThatExceptionOfType(SelectorSyntaxException.class)
                .isThrownBy(() -> parse(one))
                .satisfies(e -> {
                    assertThat(e.found()).isEqualTo("node 501 of the expression");
                    assertThat(e.position()).isEqualTo(one.length() - 2);
                });
        // Arithmetic counts each operator.
        String terms = IntStream.range(0, 249).mapToObj(i -> "b").collect(Collectors.joining("+"));
        assertThatCode(() -> parse(terms + ">1")).doesNotThrowAnyException();
        assertThatExceptionOfType(SelectorSyntaxException.class).isThrownBy(() -> parse("b+" + terms + ">1"));
    }

    @Test
    void anInListIsOneNode() {
        String list = IntStream.range(0, 1300).mapToObj(i -> "'" + i + "'").collect(Collectors.joining(","));
        assertThatCode(() -> parse("a IN (" + list + ")")).doesNotThrowAnyException();
        FilterLimits two = new FilterLimits(8000, 2, 64, 20, 100, 16, 65_536);
        assertThatCode(() -> Selector.parse("a IN ('x','y','z')", two)).doesNotThrowAnyException();
        assertThatExceptionOfType(SelectorSyntaxException.class)
                .isThrownBy(() -> Selector.parse("NOT a IN ('x')", two));
    }

    @ParameterizedTest
    @ValueSource(strings = {"(", "NOT ", "-", "+ ", "NOT (", "(NOT ", "(-"})
    void depthIsLimited(String open) {
        String close = open.contains("(") ? ")" : "";
        boolean sign = open.contains("-") || open.contains("+");
        int each = open.contains("(") && open.length() > 1 ? 2 : 1;
        String core = sign ? "b" : "a = 1";
        String end = sign ? " > 1" : "";
        assertThatCode(() -> parse(open.repeat(64 / each) + core + close.repeat(64 / each) + end))
                .doesNotThrowAnyException();
        assertThatExceptionOfType(SelectorSyntaxException.class)
                .isThrownBy(() -> parse(open.repeat(64 / each + 1) + core + close.repeat(64 / each + 1) + end))
                .satisfies(e -> assertThat(e.found()).isEqualTo("nesting level 65"));
    }

    @Test
    void depthIsThatOfTheDeepestPlace() {
        assertThatCode(() ->
                        parse(IntStream.range(0, 100).mapToObj(i -> "((a))").collect(Collectors.joining(" OR "))))
                .doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(strings = {"(", "NOT ", "-", "+", "a = (", "a + (", "(-"})
    void noDepthOverflowsTheStack(String piece) {
        FilterLimits limits = FilterLimits.DEFAULT;
        String text = piece.repeat(8000 / piece.length());
        assertThatExceptionOfType(SelectorSyntaxException.class).isThrownBy(() -> Selector.parse(text, limits));
    }

    @Test
    void limitsCanOnlyBeLowered() {
        assertThatCode(() -> new FilterLimits(1, 1, 1, 1, 1, 1, 1)).doesNotThrowAnyException();
        for (int i = 0; i < 7; i++) {
            int[] high = {8000, 500, 64, 20, 100, 16, 65_536};
            int[] low = high.clone();
            high[i]++;
            low[i] = 0;
            assertThatExceptionOfType(IllegalArgumentException.class).isThrownBy(() -> limits(high));
            assertThatExceptionOfType(IllegalArgumentException.class).isThrownBy(() -> limits(low));
        }
    }

    @Test
    void nullAndBlankSelectEverything() {
        assertThat(Selector.parse(null)).isNull();
        assertThat(Selector.parse("")).isNull();
        assertThat(Selector.parse(" \t\n")).isNull();
    }

    @Test
    void theTextIsKept() {
        Selector selector = Selector.parse(" a  =\n'&' ");
        assertThat(selector).isNotNull().hasToString(" a  =\n'&' ").isEqualTo(Selector.parse(" a  =\n'&' "));
        assertThat(selector).isNotEqualTo(Selector.parse("a = '&'"));
        assertThat(selector).hasSameHashCodeAs(Selector.parse(" a  =\n'&' "));
        assertThat(selector).extracting(Selector::text).isEqualTo(" a  =\n'&' ");
    }

    private static FilterLimits limits(int[] l) {
        return new FilterLimits(l[0], l[1], l[2], l[3], l[4], l[5], l[6]);
    }

    private static String chain(int terms, String link) {
        return IntStream.range(0, terms).mapToObj(i -> "a=1").collect(Collectors.joining(link));
    }

    private static Condition parse(String text) {
        return Parser.parse(text, FilterLimits.DEFAULT);
    }

    private static Operand right(String text) {
        return ((Comparison) parse(text)).right();
    }

    private static Condition compare(Operand left, Operator operator, Operand right) {
        return new Comparison(left, operator, right);
    }

    private static Condition is(Field field) {
        return compare(field, Operator.EQUAL, new Bool(true));
    }

    private static Operand sum(Operand left, char operator, Operand right) {
        return new Arithmetic(left, operator, right);
    }
}
