// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A body as it is stored; {@code docs/jms.md} describes the formats.
 *
 * @param contentType tells the kind of message, null for one without body
 * @param bytes null for a body that is null
 */
record PgJmsBody(@Nullable String contentType, byte @Nullable [] bytes) {

    static final String TEXT = "text/plain";
    /** For texts that UTF-8 cannot hold, those with lone surrogates. */
    static final String TEXT_IN_UTF_16 = "text/plain;charset=utf-16be";

    static final String BYTES = "application/octet-stream";
    static final String MAP = "application/vnd.pgqueue.map";
    static final String STREAM = "application/vnd.pgqueue.stream";
    static final String OBJECT = "application/x-java-serialized-object";

    static final PgJmsBody NONE = new PgJmsBody(null, null);

    private static final byte[] NOTHING = {};
    private static final Set<String> STRUCTURED = Set.of(MAP, STREAM, OBJECT);

    /** Neither what we choose ourselves nor the kind of a structured body. */
    static boolean isUncommon(String contentType) {
        return !contentType.equals(TEXT) && !contentType.equals(BYTES) && !isStructured(contentType);
    }

    static boolean isStructured(String contentType) {
        return STRUCTURED.contains(contentType);
    }

    /** The message for a body, whoever sent it. The array is kept, not copied. */
    static PgJmsMessage toMessage(
            @Nullable String contentType, byte @Nullable [] bytes, PgJmsSerialization serialization) {
        if (contentType == null) {
            return bytes == null ? new PgJmsMessage() : new PgJmsBytesMessage(bytes);
        }
        if (contentType.equals(OBJECT)) {
            return new PgJmsObjectMessage(bytes, serialization);
        }
        if (PgJmsText.isText(contentType) && bytes == null) {
            return new PgJmsTextMessage(null);
        }
        byte[] given = bytes == null ? NOTHING : bytes;
        PgJmsMessage readable = readable(contentType, given);
        return readable == null ? new PgJmsBytesMessage(given) : readable;
    }

    private static @Nullable PgJmsMessage readable(String contentType, byte[] bytes) {
        try {
            if (contentType.equals(MAP)) {
                return new PgJmsMapMessage(PgJmsValues.decodeMap(bytes));
            }
            if (contentType.equals(STREAM)) {
                return new PgJmsStreamMessage(PgJmsValues.decodeStream(bytes));
            }
            String text = PgJmsText.isText(contentType) ? PgJmsText.decode(bytes, contentType) : null;
            return text == null ? null : new PgJmsTextMessage(text);
        } catch (PgJmsValues.UnreadableException e) {
            return null;
        }
    }
}
