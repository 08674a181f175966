// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.selector;

import java.math.BigDecimal;
import java.util.Collection;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Writes a filter given as Java values as JSON, so that there is one text to keep and one reader to check it. */
final class FilterText {

    private FilterText() {}

    static String write(Map<String, ? extends Collection<?>> filter) {
        StringBuilder json = new StringBuilder("{");
        filter.forEach((key, values) -> {
            json.append(json.length() == 1 ? "" : ",");
            JsonText.writeExactString(json, key);
            String separator = ":[";
            for (Object value : values) {
                json.append(separator);
                value(json, value);
                separator = ",";
            }
            json.append(values.isEmpty() ? ":[]" : "]");
        });
        return json.append('}').toString();
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
