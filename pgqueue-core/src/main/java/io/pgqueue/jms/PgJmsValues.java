// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import java.io.ByteArrayOutputStream;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Bodies of map and stream messages as bytes: a version byte, then the values, in a map each one after its name. A value
 * is a letter for its type and its bits, big-endian, so NaN and minus zero come back as they were. A text is a letter of
 * its own, the length in bytes as an int, and UTF-8; or UTF-16 where UTF-8 cannot hold it. See {@code docs/jms.md}.
 */
final class PgJmsValues {

    private static final byte VERSION = 1;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    private PgJmsValues() {
        out.write(VERSION);
    }

    /** Bytes that are no map or stream of ours. */
    static final class UnreadableException extends Exception {

        private static final long serialVersionUID = 1L;

        UnreadableException(String message) {
            super(message);
        }
    }

    static byte[] encode(Map<String, @Nullable Object> map) {
        PgJmsValues writer = new PgJmsValues();
        map.forEach((name, value) -> {
            writer.write(name);
            writer.write(value);
        });
        return writer.out.toByteArray();
    }

    static byte[] encode(List<@Nullable Object> stream) {
        PgJmsValues writer = new PgJmsValues();
        stream.forEach(writer::write);
        return writer.out.toByteArray();
    }

    static List<@Nullable Object> decodeStream(byte[] bytes) throws UnreadableException {
        try {
            ByteBuffer in = open(bytes);
            List<@Nullable Object> values = new ArrayList<>();
            while (in.hasRemaining()) {
                values.add(read(in));
            }
            return values;
        } catch (BufferUnderflowException e) {
            throw new UnreadableException("The body ends within a value");
        }
    }

    static Map<String, @Nullable Object> decodeMap(byte[] bytes) throws UnreadableException {
        try {
            ByteBuffer in = open(bytes);
            Map<String, @Nullable Object> values = new LinkedHashMap<>();
            while (in.hasRemaining()) {
                if (!(read(in) instanceof String name)) {
                    throw new UnreadableException("A name is no text");
                }
                values.put(name, read(in));
            }
            return values;
        } catch (BufferUnderflowException e) {
            throw new UnreadableException("The body ends within a value");
        }
    }

    private static ByteBuffer open(byte[] bytes) throws UnreadableException {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        byte version = in.get();
        if (version != VERSION) {
            throw new UnreadableException("The body has format " + version + ", this release reads " + VERSION);
        }
        return in;
    }

    private void write(@Nullable Object value) {
        if (value == null) {
            out.write('0');
        } else if (value instanceof String text) {
            text(text);
        } else if (value instanceof Boolean b) {
            out.write(b ? 'T' : 'F');
        } else if (value instanceof Integer i) {
            number('I', Integer.BYTES, i);
        } else if (value instanceof Long l) {
            number('L', Long.BYTES, l);
        } else if (value instanceof Double d) {
            number('D', Double.BYTES, Double.doubleToRawLongBits(d));
        } else if (value instanceof Float f) {
            number('E', Float.BYTES, Float.floatToRawIntBits(f));
        } else if (value instanceof Short s) {
            number('S', Short.BYTES, s);
        } else if (value instanceof Byte b) {
            number('B', Byte.BYTES, b);
        } else if (value instanceof Character c) {
            number('C', Character.BYTES, c);
        } else if (value instanceof byte[] bytes) {
            sized('X', bytes);
        } else {
            throw new IllegalArgumentException(
                    "No letter for " + value.getClass().getTypeName());
        }
    }

    private void text(String text) {
        if (PgJmsText.hasLoneSurrogate(text)) {
            sized('W', PgJmsText.units(text));
        } else {
            sized('U', text.getBytes(StandardCharsets.UTF_8));
        }
    }

    private void sized(char letter, byte[] bytes) {
        number(letter, Integer.BYTES, bytes.length);
        out.writeBytes(bytes);
    }

    private void number(char letter, int bytes, long bits) {
        out.write(letter);
        for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
            out.write((int) (bits >>> shift));
        }
    }

    private static @Nullable Object read(ByteBuffer in) throws UnreadableException {
        byte letter = in.get();
        return switch (letter) {
            case '0' -> null;
            case 'T' -> true;
            case 'F' -> false;
            case 'I' -> in.getInt();
            case 'L' -> in.getLong();
            case 'D' -> Double.longBitsToDouble(in.getLong());
            case 'E' -> Float.intBitsToFloat(in.getInt());
            case 'S' -> in.getShort();
            case 'B' -> in.get();
            case 'C' -> in.getChar();
            case 'X' -> sized(in);
            case 'U' -> new String(sized(in), StandardCharsets.UTF_8);
            case 'W' -> PgJmsText.fromUnits(sized(in));
            default -> throw new UnreadableException("No type has the letter " + letter);
        };
    }

    /** The length is compared with what is there before anything of that size is allocated. */
    private static byte[] sized(ByteBuffer in) throws UnreadableException {
        int length = in.getInt();
        if (length < 0 || length > in.remaining()) {
            throw new UnreadableException("A value of " + length + " bytes, " + in.remaining() + " are left");
        }
        byte[] bytes = new byte[length];
        in.get(bytes);
        return bytes;
    }
}
