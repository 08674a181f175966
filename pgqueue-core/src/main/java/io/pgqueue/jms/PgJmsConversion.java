// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import jakarta.jms.MessageFormatException;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The one conversion of values that are read as another type than they were written as: of properties (Jakarta Messaging
 * 3.1, section 3.5.4, table 3-2) and of the values in map and stream bodies (section 3.11.3, table 3-7). The first table
 * is the second without char and byte[], which a property never holds.
 *
 * <p>A null is read as {@code valueOf(null)} of the type answers: {@link NumberFormatException} for the integral types,
 * {@link NullPointerException} for float and double, false for boolean (sections 3.5.4, 3.11.3).
 */
final class PgJmsConversion {

    private PgJmsConversion() {}

    static boolean toBoolean(@Nullable Object value) throws MessageFormatException {
        if (value instanceof Boolean exact) {
            return exact;
        }
        return Boolean.parseBoolean(textOrNull(value, "boolean"));
    }

    static byte toByte(@Nullable Object value) throws MessageFormatException {
        if (value instanceof Byte exact) {
            return exact;
        }
        return Byte.parseByte(textOrNull(value, "byte"));
    }

    static short toShort(@Nullable Object value) throws MessageFormatException {
        if (value instanceof Short || value instanceof Byte) {
            return ((Number) value).shortValue();
        }
        return Short.parseShort(textOrNull(value, "short"));
    }

    static int toInt(@Nullable Object value) throws MessageFormatException {
        if (value instanceof Integer || value instanceof Short || value instanceof Byte) {
            return ((Number) value).intValue();
        }
        return Integer.parseInt(textOrNull(value, "int"));
    }

    static long toLong(@Nullable Object value) throws MessageFormatException {
        if (value instanceof Long || value instanceof Integer || value instanceof Short || value instanceof Byte) {
            return ((Number) value).longValue();
        }
        return Long.parseLong(textOrNull(value, "long"));
    }

    static float toFloat(@Nullable Object value) throws MessageFormatException {
        if (value instanceof Float exact) {
            return exact;
        }
        return Float.parseFloat(textOrNull(value, "float"));
    }

    static double toDouble(@Nullable Object value) throws MessageFormatException {
        if (value instanceof Double || value instanceof Float) {
            return ((Number) value).doubleValue();
        }
        return Double.parseDouble(textOrNull(value, "double"));
    }

    /** @throws NullPointerException if the value is null */
    static char toChar(@Nullable Object value) throws MessageFormatException {
        if (value == null) {
            throw new NullPointerException("The value is null, which cannot be read as char");
        }
        if (value instanceof Character exact) {
            return exact;
        }
        throw unconvertible(value, "char");
    }

    static @Nullable String toText(@Nullable Object value) throws MessageFormatException {
        if (value instanceof byte[]) {
            throw unconvertible(value, "String");
        }
        return value == null ? null : value.toString();
    }

    /** A copy. */
    static byte @Nullable [] toBytes(@Nullable Object value) throws MessageFormatException {
        if (value == null) {
            return null;
        }
        if (value instanceof byte[] bytes) {
            return bytes.clone();
        }
        throw unconvertible(value, "byte[]");
    }

    /** @throws IndexOutOfBoundsException if the range is not inside the array */
    static byte[] range(byte[] value, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, value.length);
        return Arrays.copyOfRange(value, offset, offset + length);
    }

    /** What a property may hold (section 3.5.5). */
    static boolean isPropertyValue(@Nullable Object value) {
        return value == null
                || value instanceof String
                || value instanceof Boolean
                || value instanceof Integer
                || value instanceof Long
                || value instanceof Double
                || value instanceof Float
                || value instanceof Short
                || value instanceof Byte;
    }

    /** A copy of what a map or stream may hold (section 3.11.3). */
    static @Nullable Object bodyValue(@Nullable Object value) throws MessageFormatException {
        if (value instanceof byte[] bytes) {
            return bytes.clone();
        }
        if (value instanceof Character || isPropertyValue(value)) {
            return value;
        }
        throw new MessageFormatException(
                "A value of type " + typeOf(value) + " cannot be written: use a primitive's wrapper, String or byte[]");
    }

    static MessageFormatException unconvertible(Object value, String type) {
        return new MessageFormatException("A value written as " + typeOf(value) + " cannot be read as " + type);
    }

    static MessageFormatException wrongType(String property, Object value, String type) {
        return new MessageFormatException("Property " + property + " has type " + typeOf(value) + ", must be " + type);
    }

    private static @Nullable String textOrNull(@Nullable Object value, String type) throws MessageFormatException {
        if (value == null || value instanceof String) {
            return (String) value;
        }
        throw unconvertible(value, type);
    }

    private static String typeOf(@Nullable Object value) {
        return value == null ? "null" : value.getClass().getTypeName();
    }
}
