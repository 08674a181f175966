// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.selector;

import java.math.BigDecimal;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Writes a filter given as Java values as JSON, so that there is one text to keep and one reader to check it.
 * The same values give the same text: maps and sets of some kinds have another order in each run of a JVM. */
final class FilterText {

    private FilterText() {}

    static String write(Map<String, ? extends Collection<?>> filter) {
        StringBuilder json = new StringBuilder("{");
        new TreeMap<>(filter).forEach((key, values) -> {
            json.append(json.length() == 1 ? "" : ",");
            JsonText.writeExactString(json, key);
            String separator = ":[";
            for (Object value : ordered(values)) {
                json.append(separator);
                value(json, value);
                separator = ",";
            }
            json.append(values.isEmpty() ? ":[]" : "]");
        });
        return json.append('}').toString();
    }

    private static List<?> ordered(Collection<?> values) {
        return values instanceof List<?> list
                ? list
                : values.stream()
                        .sorted(Comparator.comparing(String::valueOf)
                                .thenComparing(value ->
                                        value == null ? "" : value.getClass().getName()))
                        .toList();
    }

    private static void value(StringBuilder json, @Nullable Object value) {
        if (value instanceof String text) {
            JsonText.writeExactString(json, text);
        } else if (value instanceof Float f) {
            // Widened, as a float property is: 1.1f is not 1.1.
            number(json, f.doubleValue());
        } else if (value instanceof Double d) {
            number(json, d);
        } else if (value instanceof BigDecimal || value instanceof Boolean) {
            json.append(value);
        } else if (value instanceof Number number) {
            json.append(new BigDecimal(number.toString()));
        } else if (value == null) {
            json.append("null");
        } else {
            throw wrong(json, "a " + value.getClass().getName());
        }
    }

    private static void number(StringBuilder json, double d) {
        if (!Double.isFinite(d)) {
            throw wrong(json, String.valueOf(d));
        }
        json.append(d);
    }

    private static SelectorSyntaxException wrong(StringBuilder json, String found) {
        return new SelectorSyntaxException(json.length(), found, FilterReader.A_VALUE);
    }
}
