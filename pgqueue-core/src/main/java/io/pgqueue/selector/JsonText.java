// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.selector;

/** Strings as JSON writes them, which is also how jsonpath writes string literals and quoted keys. */
final class JsonText {

    private static final char REPLACEMENT = '\uFFFD';

    private JsonText() {}

    /**
     * Quotes, with everything escaped that could end the string or that jsonpath would take for an escape. PostgreSQL
     * refuses U+0000 and lone surrogates, so they become U+FFFD, as they do in the view of the properties.
     */
    static void writeString(StringBuilder out, String value) {
        write(out, value, true);
    }

    /** As JSON, where what PostgreSQL refuses is an escape, so that reading gives the same text. */
    static void writeExactString(StringBuilder out, String value) {
        write(out, value, false);
    }

    private static void write(StringBuilder out, String value, boolean replace) {
        out.append('"');
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            boolean storable = storable(value, i);
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (!storable && replace) {
                out.append(REPLACEMENT);
            } else if (!storable || c < 0x20) {
                out.append(String.format("\\u%04x", (int) c));
            } else {
                out.append(c);
            }
        }
        out.append('"');
    }

    /** Whether PostgreSQL can hold the char at the index. */
    static boolean storable(String text, int i) {
        char c = text.charAt(i);
        if (Character.isHighSurrogate(c)) {
            return i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1));
        }
        if (Character.isLowSurrogate(c)) {
            return i > 0 && Character.isHighSurrogate(text.charAt(i - 1));
        }
        return c != 0;
    }
}
