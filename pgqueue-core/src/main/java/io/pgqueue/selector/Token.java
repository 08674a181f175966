// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.selector;

import java.math.BigInteger;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One word of a selector.
 *
 * @param position index of its first char
 * @param text as it stands in the selector
 * @param value of a literal: {@link BigInteger}, {@link Double} or the unquoted {@link String}
 */
record Token(Kind kind, int position, String text, @Nullable Object value) {

    enum Kind {
        IDENTIFIER,
        INTEGER,
        REAL,
        STRING,
        END,
        EQUAL,
        UNEQUAL,
        LESS,
        AT_MOST,
        GREATER,
        AT_LEAST,
        PLUS,
        MINUS,
        TIMES,
        DIVIDE,
        OPEN,
        CLOSE,
        COMMA,
        NULL,
        TRUE,
        FALSE,
        NOT,
        AND,
        OR,
        BETWEEN,
        LIKE,
        IN,
        IS,
        ESCAPE;

        private static final Map<String, Kind> KEYWORDS = new HashMap<>();

        static {
            for (Kind kind : values()) {
                if (kind.compareTo(NULL) >= 0) {
                    KEYWORDS.put(kind.name(), kind);
                }
            }
        }

        /** The keyword in any case, IDENTIFIER if it is none. Only ASCII: upper case of a dotless i is an I as well. */
        static Kind ofWord(String word) {
            StringBuilder upper = new StringBuilder(word);
            for (int i = 0; i < upper.length(); i++) {
                char c = upper.charAt(i);
                if (c >= 'a' && c <= 'z') {
                    upper.setCharAt(i, (char) (c - 'a' + 'A'));
                }
            }
            return KEYWORDS.getOrDefault(upper.toString(), IDENTIFIER);
        }
    }

    /** The value of a literal. */
    Object literal() {
        return Objects.requireNonNull(value, text);
    }

    boolean is(Kind other) {
        return kind == other;
    }

    SelectorSyntaxException unexpected(String expected) {
        String found = is(Kind.END) ? "the end" : SelectorSyntaxException.quote(text);
        return new SelectorSyntaxException(position, found, expected);
    }
}
