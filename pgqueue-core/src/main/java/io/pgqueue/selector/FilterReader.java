// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.selector;

import io.pgqueue.selector.Expression.And;
import io.pgqueue.selector.Expression.AnyOf;
import io.pgqueue.selector.Expression.Bool;
import io.pgqueue.selector.Expression.Condition;
import io.pgqueue.selector.Expression.Field;
import io.pgqueue.selector.Expression.Operand;
import io.pgqueue.selector.Expression.Real;
import io.pgqueue.selector.Expression.Text;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads {@code {"key":[value,…],…}}: JSON (RFC 8259) of exactly this form. */
final class FilterReader {

    static final String A_VALUE = "a string, a number, true or false";

    private static final Pattern NUMBER = Pattern.compile("-?(?:0|[1-9][0-9]*)(?:\\.[0-9]+)?(?:[eE][+-]?[0-9]+)?");
    private static final Pattern WORD = Pattern.compile("[^\\s,:\\[\\]{}\"]+");

    private final String json;
    private final FilterLimits limits;
    private int at;

    private FilterReader(String json, FilterLimits limits) {
        this.json = json;
        this.limits = limits;
    }

    /** What a key stands for. */
    interface Keys {
        Field field(String key, int position, FilterLimits limits);
    }

    /** @return null for an object without keys */
    static @Nullable Condition read(String json, FilterLimits limits, Keys keys) {
        if (json.length() > limits.filterLength()) {
            throw new SelectorSyntaxException(
                    limits.filterLength(), json.length() + " characters", "at most " + limits.filterLength());
        }
        return new FilterReader(json, limits).object(keys);
    }

    private @Nullable Condition object(Keys keys) {
        List<Condition> conditions = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        expect('{', "{");
        if (!skip('}')) {
            do {
                int position = blank();
                if (seen.size() == limits.keys()) {
                    throw new SelectorSyntaxException(position, "key " + (seen.size() + 1), "at most " + limits.keys());
                }
                String key = string("a key in double quotes");
                if (!seen.add(key)) {
                    throw new SelectorSyntaxException(
                            position, SelectorSyntaxException.quote(key) + " again", "each key once");
                }
                Field field = keys.field(key, position, limits);
                expect(':', ":");
                conditions.add(new AnyOf(field, list()));
            } while (skip(','));
            expect('}', "a comma or }");
        }
        if (blank() != json.length()) {
            throw unexpected("the end");
        }
        return conditions.isEmpty() ? null : new And(List.copyOf(conditions));
    }

    private List<Operand> list() {
        expect('[', "[ and a list of values");
        List<Operand> values = new ArrayList<>();
        do {
            int position = blank();
            if (values.size() == limits.values()) {
                throw new SelectorSyntaxException(
                        position, "value " + (values.size() + 1), "at most " + limits.values() + " of one key");
            }
            values.add(value());
        } while (skip(','));
        expect(']', "a comma or ]");
        return List.copyOf(values);
    }

    private Operand value() {
        char c = peek();
        if (c == '"') {
            return new Text(string(A_VALUE));
        }
        if (json.startsWith("true", at) && word().equals("true")) {
            at += 4;
            return new Bool(true);
        }
        if (json.startsWith("false", at) && word().equals("false")) {
            at += 5;
            return new Bool(false);
        }
        Matcher number = NUMBER.matcher(word());
        if (!number.matches()) {
            throw unexpected(A_VALUE);
        }
        return new Real(number(number.group()));
    }

    /** PostgreSQL would refuse to store a filter with 1e1000000, or write it out in full. */
    private BigDecimal number(String text) {
        try {
            BigDecimal number = new BigDecimal(text);
            double nearest = number.doubleValue();
            if (!Double.isInfinite(nearest) && (nearest != 0 || number.signum() == 0) && number.scale() < 1000) {
                at += text.length();
                return number.signum() == 0 ? BigDecimal.ZERO : number;
            }
        } catch (NumberFormatException exponentBeyondInt) {
            // Refused below like every number that is too large.
        }
        throw unexpected("a number in the range of Java's double");
    }

    private String string(String expected) {
        if (peek() != '"') {
            throw unexpected(expected);
        }
        int start = at++;
        StringBuilder value = new StringBuilder();
        while (true) {
            char c = peekRaw();
            if (c == '"') {
                at++;
                break;
            }
            if (at == json.length()) {
                throw new SelectorSyntaxException(
                        start,
                        SelectorSyntaxException.quote(json.substring(start)),
                        "a double quote at the end of the string");
            }
            if (c < 0x20) {
                throw new SelectorSyntaxException(
                        at, String.format("U+%04X", (int) c), "an escape for a control character");
            }
            at++;
            value.append(c == '\\' ? escaped() : c);
        }
        String text = value.toString();
        for (int i = 0; i < text.length(); i++) {
            if (!JsonText.storable(text, i)) {
                throw new SelectorSyntaxException(
                        start, "U+0000 or half a surrogate pair", "text that PostgreSQL can hold");
            }
        }
        return text;
    }

    private char escaped() {
        int start = at - 1;
        char c = peekRaw();
        at++;
        switch (c) {
            case '"', '\\', '/':
                return c;
            case 'b':
                return '\b';
            case 'f':
                return '\f';
            case 'n':
                return '\n';
            case 'r':
                return '\r';
            case 't':
                return '\t';
            case 'u':
                int code = 0;
                int end = at + 4;
                while (at < end) {
                    int digit = Character.digit(peekRaw(), 16);
                    if (digit < 0 || peekRaw() > 'f') {
                        break;
                    }
                    code = code * 16 + digit;
                    at++;
                }
                if (at == end) {
                    return (char) code;
                }
                break;
            default:
        }
        throw new SelectorSyntaxException(
                start,
                SelectorSyntaxException.quote(json.substring(start, Math.min(at, json.length()))),
                "an escape of JSON");
    }

    private boolean skip(char c) {
        if (peek() != c) {
            return false;
        }
        at++;
        return true;
    }

    private void expect(char c, String expected) {
        if (!skip(c)) {
            throw unexpected(expected);
        }
    }

    /** Goes to the next char that is not blank. */
    private int blank() {
        while (at < json.length() && " \t\r\n".indexOf(json.charAt(at)) >= 0) {
            at++;
        }
        return at;
    }

    private char peek() {
        blank();
        return peekRaw();
    }

    /** U+0000 at the end. */
    private char peekRaw() {
        return at < json.length() ? json.charAt(at) : 0;
    }

    private String word() {
        Matcher word = WORD.matcher(json);
        return word.region(at, json.length()).lookingAt() ? word.group() : "";
    }

    private SelectorSyntaxException unexpected(String expected) {
        String word = word();
        String found = blank() == json.length()
                ? "the end"
                : SelectorSyntaxException.quote(word.isEmpty() ? json.substring(at, at + 1) : word);
        return new SelectorSyntaxException(at, found, expected);
    }
}
