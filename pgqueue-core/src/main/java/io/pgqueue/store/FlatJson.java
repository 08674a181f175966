// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.store;

import io.pgqueue.PgQueueException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * JSON objects of strings, numbers, booleans and nulls: all that properties and settings need. Core has no JSON library, and
 * what is read here was written by PostgreSQL. Numbers, and the objects and arrays inside, are read as their text.
 */
final class FlatJson {

    private final String text;
    private int at;

    private FlatJson(String text) {
        this.text = text;
    }

    /** A number as it stands in the document. */
    record NumberText(String text) {}

    /** An object or array as it stands in the document. */
    record NestedText(String text) {}

    static Map<String, @Nullable Object> read(String json) {
        FlatJson reader = new FlatJson(json);
        reader.blank();
        Map<String, @Nullable Object> object = reader.object();
        reader.blank();
        if (reader.at != json.length()) {
            throw reader.unexpected();
        }
        return object;
    }

    static void writeString(StringBuilder out, String value) {
        out.append('"');
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                default -> {
                    if (c < 0x20) {
                        out.append(String.format("\\u%04x", (int) c));
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        out.append('"');
    }

    private Map<String, @Nullable Object> object() {
        Map<String, @Nullable Object> entries = new LinkedHashMap<>();
        expect('{');
        blank();
        if (peek() == '}') {
            at++;
            return entries;
        }
        while (true) {
            blank();
            String name = string();
            blank();
            expect(':');
            blank();
            entries.put(name, value());
            blank();
            if (peek() == ',') {
                at++;
            } else {
                expect('}');
                return entries;
            }
        }
    }

    private @Nullable Object value() {
        return switch (peek()) {
            case '"' -> string();
            case '{', '[' -> nested();
            case 't' -> word("true", true);
            case 'f' -> word("false", false);
            case 'n' -> word("null", null);
            default -> number();
        };
    }

    private String string() {
        expect('"');
        StringBuilder value = new StringBuilder();
        while (peek() != '"') {
            char c = text.charAt(at++);
            if (c != '\\') {
                value.append(c);
                continue;
            }
            char escaped = peek();
            at++;
            switch (escaped) {
                case 'n' -> value.append('\n');
                case 't' -> value.append('\t');
                case 'r' -> value.append('\r');
                case 'b' -> value.append('\b');
                case 'f' -> value.append('\f');
                case 'u' -> {
                    if (text.length() < at + 4) {
                        throw unexpected();
                    }
                    value.append((char) Integer.parseInt(text, at, at + 4, 16));
                    at += 4;
                }
                default -> value.append(escaped);
            }
        }
        at++;
        return value.toString();
    }

    /** Counts instead of descending: how deep it is was decided by whoever wrote it. */
    private NestedText nested() {
        int start = at;
        int depth = 0;
        do {
            switch (peek()) {
                case '"' -> string();
                case '{', '[' -> {
                    depth++;
                    at++;
                }
                case '}', ']' -> {
                    depth--;
                    at++;
                }
                default -> at++;
            }
        } while (depth > 0);
        return new NestedText(text.substring(start, at));
    }

    private NumberText number() {
        int start = at;
        while (at < text.length() && "+-.eE0123456789".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
        if (start == at) {
            throw unexpected();
        }
        return new NumberText(text.substring(start, at));
    }

    private @Nullable Object word(String word, @Nullable Object value) {
        if (!text.startsWith(word, at)) {
            throw unexpected();
        }
        at += word.length();
        return value;
    }

    private void blank() {
        while (at < text.length() && text.charAt(at) <= ' ') {
            at++;
        }
    }

    private char peek() {
        if (at >= text.length()) {
            throw unexpected();
        }
        return text.charAt(at);
    }

    private void expect(char c) {
        if (peek() != c) {
            throw unexpected();
        }
        at++;
    }

    /** Position only: the text may be a user's data. */
    private PgQueueException unexpected() {
        return new PgQueueException("Stored JSON cannot be read at character " + at + " of " + text.length()
                + "; it was changed by hand, or written by a newer release");
    }
}
