// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.store;

import java.nio.ByteBuffer;

/** Text that PostgreSQL can hold: it refuses U+0000 and lone surrogates. */
final class StoredText {

    private StoredText() {}

    /** With U+FFFD in place of what cannot be stored; the same object when nothing had to be replaced. */
    static String clean(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (!storable(text, i)) {
                StringBuilder clean = new StringBuilder(text);
                for (int j = i; j < clean.length(); j++) {
                    if (!storable(text, j)) {
                        clean.setCharAt(j, '\uFFFD');
                    }
                }
                return clean.toString();
            }
        }
        return text;
    }

    /** The char values as they are; an encoder to bytes would replace lone surrogates. */
    static byte[] units(String text) {
        ByteBuffer bytes = ByteBuffer.allocate(2 * text.length());
        text.chars().forEach(c -> bytes.putChar((char) c));
        return bytes.array();
    }

    static String fromUnits(byte[] units) {
        return ByteBuffer.wrap(units).asCharBuffer().toString();
    }

    private static boolean storable(String text, int i) {
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
