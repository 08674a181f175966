// SPDX-License-Identifier: Apache-2.0
package io.pgqueue;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * How deep a JSON body may nest, so that no receiver's parser runs out of stack. One pass over the bytes that knows strings and
 * escapes and nothing else: what is no JSON at all is refused only if it opens as many brackets.
 */
final class JsonDepth {

    static final int LEVELS = 64;

    private JsonDepth() {}

    /** @throws MessageTooLargeException if the content type says JSON and the body nests deeper than 64 levels */
    static void check(byte[] body, @Nullable String contentType) {
        int place = isJson(contentType) ? opensBeyond(body) : -1;
        if (place >= 0) {
            throw new MessageTooLargeException("The body nests JSON deeper than " + LEVELS + " levels: level "
                    + (LEVELS + 1) + " opens after " + place
                    + " bytes; make it flatter, or send it with a content type that does not say JSON");
        }
    }

    /** {@code application/json} or anything with {@code +json}, whatever the parameters and the case. */
    private static boolean isJson(@Nullable String contentType) {
        if (contentType == null) {
            return false;
        }
        int end = contentType.indexOf(';');
        String mediaType =
                (end < 0 ? contentType : contentType.substring(0, end)).strip().toLowerCase(Locale.ROOT);
        return mediaType.equals("application/json") || mediaType.endsWith("+json");
    }

    /** How many bytes stand before the first bracket that is too deep; -1 if there is none. */
    private static int opensBeyond(byte[] body) {
        int depth = 0;
        for (int i = 0; i < body.length; i++) {
            switch (body[i]) {
                case '"' -> i = endOfString(body, i + 1);
                case '[', '{' -> {
                    if (++depth > LEVELS) {
                        return i;
                    }
                }
                case ']', '}' -> depth = Math.max(0, depth - 1);
                default -> {}
            }
        }
        return -1;
    }

    private static int endOfString(byte[] body, int from) {
        int i = from;
        while (i < body.length && body[i] != '"') {
            i += body[i] == '\\' ? 2 : 1;
        }
        return i;
    }
}
