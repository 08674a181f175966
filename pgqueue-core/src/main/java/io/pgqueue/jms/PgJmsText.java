// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.IllegalCharsetNameException;
import java.nio.charset.StandardCharsets;
import java.nio.charset.UnsupportedCharsetException;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Texts as bytes, and which content types are texts. */
final class PgJmsText {

    private static final Pattern CHARSET =
            Pattern.compile(";\\s*charset\\s*=\\s*\"?([^\\s;\"]+)", Pattern.CASE_INSENSITIVE);
    private static final char REPLACEMENT = '\uFFFD';

    private PgJmsText() {}

    static PgJmsBody encode(@Nullable String text) {
        if (text == null) {
            return new PgJmsBody(PgJmsBody.TEXT, null);
        }
        return hasLoneSurrogate(text)
                ? new PgJmsBody(PgJmsBody.TEXT_IN_UTF_16, units(text))
                : new PgJmsBody(PgJmsBody.TEXT, text.getBytes(StandardCharsets.UTF_8));
    }

    /** Whether a body of this content type, whoever sent it, is a text: text/*, JSON and XML. */
    static boolean isText(@Nullable String contentType) {
        if (contentType == null) {
            return false;
        }
        int end = contentType.indexOf(';');
        String mediaType =
                (end < 0 ? contentType : contentType.substring(0, end)).strip().toLowerCase(Locale.ROOT);
        return mediaType.startsWith("text/")
                || mediaType.equals("application/json")
                || mediaType.equals("application/xml")
                || mediaType.endsWith("+json")
                || mediaType.endsWith("+xml");
    }

    static boolean namesCharset(String contentType) {
        return CHARSET.matcher(contentType).find();
    }

    /** Null when the bytes are no text of that content type's charset, UTF-8 if it names none. */
    static @Nullable String decode(byte[] bytes, String contentType) {
        Charset charset = charset(contentType);
        if (charset == null) {
            return null;
        }
        if (charset.equals(StandardCharsets.UTF_16BE)) {
            return bytes.length % 2 == 0 ? fromUnits(bytes) : null;
        }
        String text = new String(bytes, charset);
        // Decoding with errors reported is several times slower, so it is done only where something may be wrong.
        return text.indexOf(REPLACEMENT) < 0 ? text : decodeStrictly(bytes, charset);
    }

    private static @Nullable String decodeStrictly(byte[] bytes, Charset charset) {
        try {
            return charset.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        } catch (CharacterCodingException e) {
            return null;
        }
    }

    private static @Nullable Charset charset(String contentType) {
        Matcher matcher = CHARSET.matcher(contentType);
        if (!matcher.find()) {
            return StandardCharsets.UTF_8;
        }
        try {
            return Charset.forName(matcher.group(1));
        } catch (IllegalCharsetNameException | UnsupportedCharsetException e) {
            return null;
        }
    }

    static boolean hasLoneSurrogate(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isSurrogate(c)) {
                if (Character.isLowSurrogate(c)
                        || i + 1 == text.length()
                        || !Character.isLowSurrogate(text.charAt(i + 1))) {
                    return true;
                }
                i++;
            }
        }
        return false;
    }

    /** An encoder would replace lone surrogates. */
    static byte[] units(String text) {
        ByteBuffer bytes = ByteBuffer.allocate(2 * text.length());
        bytes.asCharBuffer().put(text);
        return bytes.array();
    }

    static String fromUnits(byte[] bytes) {
        return ByteBuffer.wrap(bytes).asCharBuffer().toString();
    }
}
