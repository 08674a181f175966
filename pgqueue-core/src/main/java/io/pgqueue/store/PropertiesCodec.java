// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.store;

import io.pgqueue.MessageTooLargeException;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.store.FlatJson.NestedText;
import io.pgqueue.store.FlatJson.NumberText;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Properties as one JSON object that filters can read and from which every value comes back with its exact Java type.
 *
 * <p>Plain entries are what a filter sees. What JSON cannot tell stands beside them under two keys that no property can
 * have: {@code "#r"} names the float ({@code "f"}) and double ({@code "d"}) properties, {@code "#t"} the byte, short and
 * int ones ({@code "b"}, {@code "s"}, {@code "i"}) and holds the exact text of values that jsonb refuses or would change
 * (U+0000, lone surrogates, NaN, minus zero). An entry that is in neither is a boolean, a string, a long when integral, a
 * double otherwise, so properties published from SQL need no help. A float is widened first, so that 1.1f is not 1.1, as
 * in Java. The keys of {@code "#o"} say who the sender is, for subscriptions that do not want
 * their own messages.
 *
 * <p>Whatever is stored can be read: one row that was changed by hand must not stop the fetch, the page or the listing that it
 * is part of. A property that is not what a client writes comes as its JSON says, an object or array as its JSON text, so that
 * its own handler fails on it, or copes. Properties that are no object are none.
 */
final class PropertiesCodec {

    private static final Logger LOG = LoggerFactory.getLogger(PropertiesCodec.class);

    private static final String REALS = "#r";
    private static final String TYPES = "#t";
    private static final String ORIGIN = "#o";
    private static final int LIMIT_BYTES = 32 * 1024;

    /** Of each character: a name may be there three times, a text twice, once escaped. */
    private static final int MOST_BYTES_IN_NAME = 9;

    private static final int MOST_BYTES_IN_TEXT = 12;
    /** Numbers, quotes and the like of one property. */
    private static final int REST = 100;

    private PropertiesCodec() {}

    static @Nullable String encode(OutgoingMessage message) {
        return encode(message.properties(), message.origin());
    }

    /** Encodes only what may be too large: nearly nothing is, and publishing encodes it again. */
    static void checkSize(OutgoingMessage message) {
        long most = 0;
        for (Map.Entry<String, Object> property : message.properties().entrySet()) {
            int value = property.getValue() instanceof String text ? text.length() : 0;
            most += MOST_BYTES_IN_NAME * (long) property.getKey().length() + MOST_BYTES_IN_TEXT * (long) value + REST;
        }
        for (String origin : message.origin()) {
            most += MOST_BYTES_IN_TEXT * (long) origin.length() + REST;
        }
        if (most > LIMIT_BYTES) {
            encode(message);
        }
    }

    /** As they are stored where none is not the same as unchanged. */
    static String encodeAll(Map<String, Object> properties) {
        String json = encode(properties, List.of());
        return json == null ? "{}" : json;
    }

    /**
     * @return null when there are no properties
     * @throws MessageTooLargeException above 32 KiB of encoded properties
     */
    static @Nullable String encode(Map<String, Object> properties, Collection<String> origin) {
        if (properties.isEmpty() && origin.isEmpty()) {
            return null;
        }
        StringBuilder view = new StringBuilder("{");
        StringBuilder reals = new StringBuilder();
        StringBuilder types = new StringBuilder();
        properties.forEach((name, value) -> {
            entry(view, name);
            if (value instanceof Boolean) {
                view.append(value);
            } else if (value instanceof String text) {
                text(view, types, name, text);
            } else if (value instanceof Float f) {
                real(view, reals, types, name, "f", f.doubleValue());
            } else if (value instanceof Double d) {
                real(view, reals, types, name, "d", d);
            } else {
                view.append(value);
                String type = value instanceof Byte
                        ? "b"
                        : value instanceof Short ? "s" : value instanceof Integer ? "i" : null;
                if (type != null) {
                    hint(types, name, type);
                }
            }
        });
        section(view, REALS, reals);
        section(view, TYPES, types);
        StringBuilder origins = new StringBuilder();
        origin.forEach(each -> hint(origins, each, ""));
        section(view, ORIGIN, origins);
        String json = view.append('}').toString();
        int bytes = json.getBytes(StandardCharsets.UTF_8).length;
        if (bytes > LIMIT_BYTES) {
            throw new MessageTooLargeException("The properties take " + bytes + " bytes, at most " + LIMIT_BYTES
                    + " are taken; put large data into the body");
        }
        return json;
    }

    /** @param json an object as PostgreSQL writes it; null, and everything else, has no properties */
    static Map<String, Object> decode(@Nullable String json) {
        if (json == null) {
            return Map.of();
        }
        if (!json.stripLeading().startsWith("{")) {
            LOG.warn("The properties of a stored message are no JSON object, it is handled as if it had none");
            return Map.of();
        }
        Map<String, @Nullable Object> stored = FlatJson.read(json);
        Map<String, @Nullable Object> reals = hints(stored.remove(REALS));
        Map<String, @Nullable Object> types = hints(stored.remove(TYPES));
        stored.remove(ORIGIN);
        Map<String, Object> properties = new LinkedHashMap<>();
        stored.forEach((name, value) -> {
            if (value != null) {
                properties.put(name, value(name, value, reals.get(name), types.get(name)));
            }
        });
        return properties;
    }

    private static Map<String, @Nullable Object> hints(@Nullable Object stored) {
        return stored instanceof NestedText nested && nested.text().startsWith("{")
                ? FlatJson.read(nested.text())
                : Map.of();
    }

    private static Object value(String name, Object stored, @Nullable Object real, @Nullable Object type) {
        try {
            return exact(stored, (String) real, (String) type);
        } catch (IllegalArgumentException | ClassCastException damaged) {
            LOG.warn(
                    "Property {} of a stored message was changed by hand, or written by a newer release; it is taken as its"
                            + " JSON says",
                    name);
            return plain(stored);
        }
    }

    /** @throws IllegalArgumentException if no client of this release writes it like this */
    private static Object exact(Object stored, @Nullable String real, @Nullable String type) {
        if (real != null) {
            double exact = Double.parseDouble(type != null ? type : numberText(stored));
            return real.equals("f") ? (Object) (float) exact : (Object) exact;
        }
        if (type == null) {
            if (stored instanceof NestedText) {
                throw new IllegalArgumentException("nested");
            }
            return plain(stored);
        }
        if (stored instanceof NumberText number) {
            return switch (type) {
                case "b" -> Byte.valueOf(number.text());
                case "s" -> Short.valueOf(number.text());
                case "i" -> Integer.valueOf(number.text());
                default -> throw new IllegalArgumentException(type);
            };
        }
        return StoredText.fromUnits(Base64.getDecoder().decode(type));
    }

    private static Object plain(Object stored) {
        if (stored instanceof NestedText nested) {
            return nested.text();
        }
        if (!(stored instanceof NumberText number)) {
            return stored;
        }
        try {
            return Long.valueOf(number.text());
        } catch (NumberFormatException notALong) {
            return Double.valueOf(number.text());
        }
    }

    private static String numberText(Object stored) {
        return stored instanceof NumberText number ? number.text() : "NaN";
    }

    /** Infinity as a number above every double, NaN as an object: it exists and compares with nothing. */
    private static void real(
            StringBuilder view, StringBuilder reals, StringBuilder types, String name, String type, double d) {
        hint(reals, name, type);
        if (Double.isNaN(d)) {
            view.append("{}");
        } else if (Double.isInfinite(d)) {
            view.append(d > 0 ? "1e309" : "-1e309");
        } else {
            view.append(d);
        }
        if (Double.isInfinite(d) || d == 0 && 1 / d < 0) {
            hint(types, name, Double.toString(d));
        }
    }

    private static void text(StringBuilder view, StringBuilder types, String name, String text) {
        String clean = StoredText.clean(text);
        FlatJson.writeString(view, clean);
        if (!clean.equals(text)) {
            hint(types, name, Base64.getEncoder().encodeToString(StoredText.units(text)));
        }
    }

    private static void hint(StringBuilder hints, String name, String hint) {
        hints.append(hints.isEmpty() ? "" : ",");
        FlatJson.writeString(hints, name);
        hints.append(':');
        FlatJson.writeString(hints, hint);
    }

    private static void entry(StringBuilder view, String name) {
        view.append(view.length() == 1 ? "" : ",");
        FlatJson.writeString(view, name);
        view.append(':');
    }

    private static void section(StringBuilder view, String key, StringBuilder hints) {
        if (!hints.isEmpty()) {
            entry(view, key);
            view.append('{').append(hints).append('}');
        }
    }
}
