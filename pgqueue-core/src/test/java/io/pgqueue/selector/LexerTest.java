// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.selector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.pgqueue.selector.Token.Kind;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LexerTest {

    @Test
    void cutsAtBlanksAndSymbols() {
        assertThat(kinds("a=b<>c\t<=\f>=\n<\r>(+-*/),"))
                .containsExactly(
                        Kind.IDENTIFIER,
                        Kind.EQUAL,
                        Kind.IDENTIFIER,
                        Kind.UNEQUAL,
                        Kind.IDENTIFIER,
                        Kind.AT_MOST,
                        Kind.AT_LEAST,
                        Kind.LESS,
                        Kind.GREATER,
                        Kind.OPEN,
                        Kind.PLUS,
                        Kind.MINUS,
                        Kind.TIMES,
                        Kind.DIVIDE,
                        Kind.CLOSE,
                        Kind.COMMA,
                        Kind.END);
    }

    @Test
    void knowsKeywordsInAnyCase() {
        assertThat(kinds("null TRUE False nOt AND oR between LIKE in Is ESCAPE"))
                .containsExactly(
                        Kind.NULL,
                        Kind.TRUE,
                        Kind.FALSE,
                        Kind.NOT,
                        Kind.AND,
                        Kind.OR,
                        Kind.BETWEEN,
                        Kind.LIKE,
                        Kind.IN,
                        Kind.IS,
                        Kind.ESCAPE,
                        Kind.END);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"a", "_a", "$", "a$b_1", "näme", "名", "𝒳1", "Nulls", "an", "ıs", "EQUAL", "END", "IDENTIFIER"})
    void takesJavaIdentifiers(String name) {
        List<Token> tokens = tokens(name);
        assertThat(tokens).hasSize(2);
        assertThat(tokens.get(0).kind()).isEqualTo(Kind.IDENTIFIER);
        assertThat(tokens.get(0).text()).isEqualTo(name);
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0",
        "7, 7",
        "42L, 42",
        "42l, 42",
        "035, 29",
        "00, 0",
        "017L, 15",
        "0x1d, 29",
        "0X1DL, 29",
        "0xFFFFFFFF, 4294967295",
        "0xFFFFFFFFFFFFFFFFFF, 4722366482869645213695",
        "9223372036854775808, 9223372036854775808"
    })
    void readsExactNumbers(String text, BigInteger value) {
        assertThat(tokens(text).get(0)).isEqualTo(new Token(Kind.INTEGER, 0, text, value));
    }

    @ParameterizedTest
    @CsvSource({
        "7E3, 7000",
        "57.9E3, 57900",
        ".7e4, 7000",
        "7000., 7000",
        "0., 0",
        "1.E1, 10",
        "1e-2, 0.01",
        "1e+2, 100",
        "08.5, 8.5",
        "09e1, 90",
        "5d, 5",
        "5D, 5",
        "1.5f, 1.5",
        "1.1f, 1.100000023841858",
        "1.1F, 1.100000023841858",
        "1.f, 1",
        "1.7976931348623157E308, 1.7976931348623157E308",
        "0e-400, 0",
        "0.00e1f, 0",
        "4.9e-324, 4.9e-324"
    })
    void readsApproximateNumbers(String text, double value) {
        assertThat(tokens(text).get(0)).isEqualTo(new Token(Kind.REAL, 0, text, value));
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '"',
            value = {"'', \"\"", "'a', a", "'it''s', it's", "'''', '", "'a\"b', a\"b", "'\\', \\", "'1 OR 1', 1 OR 1"})
    void readsStrings(String text, String value) {
        assertThat(tokens(text).get(0)).isEqualTo(new Token(Kind.STRING, 0, text, value));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "p = 'abc        | 4 | ''abc'            | a single quote at the end of the string",
                "p = 'it''s      | 4 | ''it''s'        | a single quote at the end of the string",
                "p != 1          | 2 | '!'               | <> for 'not equal', or NOT",
                "p = \"x\"       | 4 | '\"'              | a string in single quotes",
                "p % 2 = 1       | 2 | '%'               | an identifier, a literal or an operator",
                "p; --           | 1 | ';'               | an identifier, a literal or an operator",
                "p = \\          | 4 | '\\'              | an identifier, a literal or an operator",
                "p = {d}         | 4 | '{'               | an identifier, a literal or an operator",
                "p = 😀          | 4 | '😀'              | an identifier, a literal or an operator",
                "p = 1abc        | 4 | '1abc'            | a number such as 42, 0x2A, 052, 4.2 or 42E-1",
                "p = 1_000       | 4 | '1_000'           | a number such as 42, 0x2A, 052, 4.2 or 42E-1",
                "p = 08          | 4 | '08'              | a number such as 42, 0x2A, 052, 4.2 or 42E-1",
                "p = 0x          | 4 | '0x'              | a number such as 42, 0x2A, 052, 4.2 or 42E-1",
                "p = 0xL         | 4 | '0xL'             | a number such as 42, 0x2A, 052, 4.2 or 42E-1",
                "p = 0x1g        | 4 | '0x1g'            | a number such as 42, 0x2A, 052, 4.2 or 42E-1",
                "p = 0x１        | 4 | '0x１'            | a number such as 42, 0x2A, 052, 4.2 or 42E-1",
                "p = 1e          | 4 | '1e'              | a number such as 42, 0x2A, 052, 4.2 or 42E-1",
                "p = 1e+         | 4 | '1e+'             | a number such as 42, 0x2A, 052, 4.2 or 42E-1",
                "p = .           | 4 | '.'               | a number such as 42, 0x2A, 052, 4.2 or 42E-1",
                "p = .x          | 4 | '.x'              | a number such as 42, 0x2A, 052, 4.2 or 42E-1",
                "p = 1.5L        | 4 | '1.5L'            | a number such as 42, 0x2A, 052, 4.2 or 42E-1",
                "p = 1LL         | 4 | '1LL'             | a number such as 42, 0x2A, 052, 4.2 or 42E-1",
                "p = 1e400       | 4 | '1e400'           | a number in the range of Java's double",
                "p = 1e-400      | 4 | '1e-400'          | a number in the range of Java's double",
                "p = .001e-43f   | 4 | '.001e-43f'       | a number in the range of Java's float",
                "p = 1e39f       | 4 | '1e39f'           | a number in the range of Java's float"
            })
    void refuses(String row) {
        Refusal.of(row).check(() -> tokens(Refusal.text(row)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\u0000", "\u0000", "a\u00A0b", "a\u000Bb", "\uD800", "p\u2028q", "；"})
    void refusesCharactersOutsideTheLanguage(String text) {
        assertThatExceptionOfType(SelectorSyntaxException.class).isThrownBy(() -> tokens(text));
    }

    @Test
    void quotesOnlyAShortPieceOnOneLine() {
        String text = "'" + "x\n".repeat(5000);
        assertThatExceptionOfType(SelectorSyntaxException.class)
                .isThrownBy(() -> tokens(text))
                .satisfies(e -> {
                    assertThat(e.found())
                            .hasSizeLessThan(50)
                            .doesNotContain("\n")
                            .endsWith("…'");
                    assertThat(e).hasMessage("At character 1: found " + e.found() + ", expected " + e.expected());
                });
    }

    private static List<Kind> kinds(String text) {
        return tokens(text).stream().map(Token::kind).toList();
    }

    private static List<Token> tokens(String text) {
        Lexer lexer = new Lexer(text);
        List<Token> tokens = new ArrayList<>();
        do {
            tokens.add(lexer.next());
        } while (!tokens.get(tokens.size() - 1).is(Kind.END));
        return tokens;
    }
}
