// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.selector;

import io.pgqueue.selector.Token.Kind;
import java.math.BigInteger;
import org.jspecify.annotations.Nullable;

/** Cuts a selector into tokens, one at a time (Jakarta Messaging 3.1, section 3.8.1.1). */
final class Lexer {

    private static final int NONE = -1;

    private final String text;
    private int at;

    Lexer(String text) {
        this.text = text;
    }

    Token next() {
        while (isBlank(peek())) {
            at++;
        }
        int start = at;
        int c = peek();
        if (c == NONE) {
            return token(Kind.END, start, null);
        }
        if (isDigit(c) || c == '.') {
            return number(start);
        }
        if (c == '\'') {
            return string(start);
        }
        if (Identifiers.isStart(c)) {
            skipWord();
            return token(Kind.ofWord(text.substring(start, at)), start, null);
        }
        return symbol(start, c);
    }

    private Token symbol(int start, int c) {
        at += Character.charCount(c);
        Kind kind = switch (c) {
            case '=' -> Kind.EQUAL;
            case '<' -> take('=') ? Kind.AT_MOST : take('>') ? Kind.UNEQUAL : Kind.LESS;
            case '>' -> take('=') ? Kind.AT_LEAST : Kind.GREATER;
            case '+' -> Kind.PLUS;
            case '-' -> Kind.MINUS;
            case '*' -> Kind.TIMES;
            case '/' -> Kind.DIVIDE;
            case '(' -> Kind.OPEN;
            case ')' -> Kind.CLOSE;
            case ',' -> Kind.COMMA;
            default -> throw stranger(start, c);
        };
        return token(kind, start, null);
    }

    private SelectorSyntaxException stranger(int start, int c) {
        String expected = switch (c) {
            case '!' -> "<> for 'not equal', or NOT";
            case '"' -> "a string in single quotes";
            default -> "an identifier, a literal or an operator";
        };
        return new SelectorSyntaxException(start, SelectorSyntaxException.quote(text.substring(start, at)), expected);
    }

    private Token string(int start) {
        StringBuilder value = new StringBuilder();
        at++;
        while (true) {
            int quote = text.indexOf('\'', at);
            if (quote < 0) {
                throw new SelectorSyntaxException(
                        start,
                        SelectorSyntaxException.quote(text.substring(start)),
                        "a single quote at the end of the string");
            }
            value.append(text, at, quote);
            at = quote + 1;
            if (!take('\'')) {
                return token(Kind.STRING, start, value.toString());
            }
            value.append('\'');
        }
    }

    private Token number(int start) {
        if (peek() == '0' && (peek(1) == 'x' || peek(1) == 'X')) {
            at += 2;
            int digits = at;
            while (Character.digit(peek(), 16) >= 0 && peek() < 128) {
                at++;
            }
            return integer(start, text.substring(digits, at), 16);
        }
        skipDigits();
        boolean real = take('.');
        if (real) {
            skipDigits();
            if (at == start + 1) {
                throw wrongNumber(start);
            }
        }
        if (peek() == 'e' || peek() == 'E') {
            real = true;
            at++;
            if (peek() == '+' || peek() == '-') {
                at++;
            }
            if (!isDigit(peek())) {
                throw wrongNumber(start);
            }
            skipDigits();
        }
        String digits = text.substring(start, at);
        boolean single = peek() == 'f' || peek() == 'F';
        if (single || peek() == 'd' || peek() == 'D') {
            at++;
            return real(start, digits, single);
        }
        if (real) {
            return real(start, digits, false);
        }
        return digits.length() > 1 && digits.startsWith("0") ? integer(start, digits, 8) : integer(start, digits, 10);
    }

    /** The range is the parser's business: the lowest long is a minus sign and digits beyond the highest long. */
    private Token integer(int start, String digits, int radix) {
        if (!take('l')) {
            take('L');
        }
        if (digits.isEmpty() || Identifiers.isPart(peek())) {
            throw wrongNumber(start);
        }
        try {
            return token(Kind.INTEGER, start, new BigInteger(digits, radix));
        } catch (NumberFormatException notOctal) {
            throw wrongNumber(start);
        }
    }

    /** A float literal is widened, as a float property is: 1.1f is not 1.1. Java refuses numbers that round to zero, too. */
    private Token real(int start, String digits, boolean single) {
        if (Identifiers.isPart(peek())) {
            throw wrongNumber(start);
        }
        double value = single ? Float.parseFloat(digits) : Double.parseDouble(digits);
        Token number = token(Kind.REAL, start, value);
        boolean vanished = value == 0 && digits.matches("[^eE]*[1-9].*");
        if (Double.isInfinite(value) || vanished) {
            throw number.unexpected("a number in the range of Java's " + (single ? "float" : "double"));
        }
        return number;
    }

    private SelectorSyntaxException wrongNumber(int start) {
        skipWord();
        return token(Kind.INTEGER, start, null).unexpected("a number such as 42, 0x2A, 052, 4.2 or 42E-1");
    }

    private void skipWord() {
        while (Identifiers.isPart(peek())) {
            at += Character.charCount(peek());
        }
    }

    private void skipDigits() {
        while (isDigit(peek())) {
            at++;
        }
    }

    private boolean take(char c) {
        if (peek() != c) {
            return false;
        }
        at++;
        return true;
    }

    private int peek() {
        return peek(0);
    }

    private int peek(int ahead) {
        return at + ahead < text.length() ? text.codePointAt(at + ahead) : NONE;
    }

    private Token token(Kind kind, int start, @Nullable Object value) {
        return new Token(kind, start, text.substring(start, at), value);
    }

    private static boolean isDigit(int c) {
        return c >= '0' && c <= '9';
    }

    private static boolean isBlank(int c) {
        return c == ' ' || c == '\t' || c == '\f' || c == '\n' || c == '\r';
    }
}
