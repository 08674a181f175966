// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.selector;

import org.jspecify.annotations.Nullable;

/** LIKE as a regular expression of PostgreSQL. */
final class LikePattern {

    private static final String SPECIAL = "\\^$.[]{}()|*+?";

    private LikePattern() {}

    /**
     * @param escape a code point that takes their meaning from % and _ and itself; in front of anything else, and at the
     *     end, it is a character like others (jms-behaviour 43)
     */
    static String toRegex(String pattern, @Nullable Integer escape) {
        StringBuilder regex = new StringBuilder("^");
        boolean any = false;
        int at = 0;
        while (at < pattern.length()) {
            int c = pattern.codePointAt(at);
            at += Character.charCount(c);
            int next = at < pattern.length() ? pattern.codePointAt(at) : -1;
            if (escape != null && c == escape && (next == '%' || next == '_' || next == escape)) {
                literal(regex, next);
                at += Character.charCount(next);
                any = false;
            } else if (c == '%') {
                // A run of them means the same, and each one would cost.
                regex.append(any ? "" : ".*");
                any = true;
            } else {
                if (c == '_') {
                    regex.append('.');
                } else {
                    literal(regex, c);
                }
                any = false;
            }
        }
        return regex.append('$').toString();
    }

    private static void literal(StringBuilder regex, int c) {
        if (SPECIAL.indexOf(c) >= 0) {
            regex.append('\\');
        }
        regex.appendCodePoint(c);
    }
}
