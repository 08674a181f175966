// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * A correlation id as text, and whether that text stands for bytes that are none (Jakarta Messaging 3.1, section 3.4.5).
 * Bytes that are UTF-8 are the text they encode; others are written as {@code ID:} and hexadecimal digits.
 *
 * @param text null for none
 */
record PgJmsCorrelationId(@Nullable String text, boolean hex) {

    static final PgJmsCorrelationId NONE = new PgJmsCorrelationId(null, false);

    private static final String PREFIX = "ID:";
    private static final HexFormat HEX = HexFormat.of();

    static PgJmsCorrelationId of(byte @Nullable [] bytes) {
        if (bytes == null) {
            return NONE;
        }
        String text = decoded(bytes);
        return text == null
                ? new PgJmsCorrelationId(PREFIX + HEX.formatHex(bytes), true)
                : new PgJmsCorrelationId(text, false);
    }

    byte @Nullable [] bytes() {
        if (text == null) {
            return null;
        }
        return hex ? HEX.parseHex(text.substring(PREFIX.length())) : text.getBytes(StandardCharsets.UTF_8);
    }

    /** Null for what is no text, or one that cannot be stored. */
    private static @Nullable String decoded(byte[] bytes) {
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
            return text.indexOf('\0') < 0 ? text : null;
        } catch (CharacterCodingException e) {
            return null;
        }
    }
}
