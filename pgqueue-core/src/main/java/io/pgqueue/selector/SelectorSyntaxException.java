// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.selector;

/** A selector or filter that cannot be understood, or is larger than its limits. */
public final class SelectorSyntaxException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private static final int LONGEST_QUOTE = 40;

    private final int position;
    private final String found;
    private final String expected;

    SelectorSyntaxException(int position, String found, String expected) {
        super("At character " + (position + 1) + ": found " + found + ", expected " + expected);
        this.position = position;
        this.found = found;
        this.expected = expected;
    }

    /** Index of the first char of the text that is wrong, from 0; the message counts from 1, as PostgreSQL does. */
    public int position() {
        return position;
    }

    /** What stands there, for people. */
    public String found() {
        return found;
    }

    /** What could have stood there, for people. */
    public String expected() {
        return expected;
    }

    /** A piece of the text for a message: short, on one line. */
    static String quote(String text) {
        int end = text.length() <= LONGEST_QUOTE ? text.length() : text.offsetByCodePoints(0, LONGEST_QUOTE - 1);
        StringBuilder quoted = new StringBuilder("'");
        text.substring(0, end)
                .codePoints()
                .forEach(c -> quoted.appendCodePoint(Character.isISOControl(c) ? '\uFFFD' : c));
        return quoted.append(end < text.length() ? "…'" : "'").toString();
    }
}
