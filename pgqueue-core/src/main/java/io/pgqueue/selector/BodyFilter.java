// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.selector;

import io.pgqueue.selector.Expression.Condition;
import io.pgqueue.selector.Expression.Field;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Values that fields of a JSON body must have: {@code {"type":["created","paid"],"/customer/country":["CH"]}}. A key is
 * the literal name of a field of the outermost object, dots included; one that begins with a slash is a JSON Pointer
 * (RFC 6901) through nested objects. Types count: 1 is 1.0, but not "1"; a list or an object equals nothing. Immutable. Two
 * filters are equal when their texts are.
 */
public final class BodyFilter extends ValuesFilter {

    private BodyFilter(String text, Condition condition) {
        // Lax mode would look into lists: {"type":["created"]} as the body is no match.
        super(text, condition, "strict " + JsonPathWriter.write(condition));
    }

    /**
     * @param json an object whose values are lists of strings, numbers and booleans
     * @return null for null or an object without keys, which every body meets
     * @throws SelectorSyntaxException if the text is no such object or exceeds {@link FilterLimits#DEFAULT}
     */
    public static @Nullable BodyFilter parse(@Nullable String json) {
        return parse(json, FilterLimits.DEFAULT);
    }

    /** As {@link #parse(String)}, with lower limits. */
    public static @Nullable BodyFilter parse(@Nullable String json, FilterLimits limits) {
        return parse(json, limits, BodyFilter::field, BodyFilter::new);
    }

    /**
     * The same from Java values.
     *
     * @param filter lists of String, Boolean and Number
     * @throws SelectorSyntaxException as if the filter had been written as JSON, see {@link #parse(String)}
     */
    public static @Nullable BodyFilter of(Map<String, ? extends Collection<?>> filter) {
        return parse(FilterText.write(filter));
    }

    private static Field field(String key, int position, FilterLimits limits) {
        if (!key.startsWith("/")) {
            return new Field(List.of(key));
        }
        List<String> names = new ArrayList<>();
        for (String name : key.substring(1).split("/", -1)) {
            names.add(unescape(name, key, position));
        }
        if (names.size() > limits.pointerDepth()) {
            throw new SelectorSyntaxException(
                    position, "a pointer of " + names.size() + " names", "at most " + limits.pointerDepth());
        }
        return new Field(List.copyOf(names));
    }

    /** ~1 is a slash and ~0 a tilde, replaced in this order (RFC 6901, section 4). */
    private static String unescape(String name, String key, int position) {
        for (int i = name.indexOf('~'); i >= 0; i = name.indexOf('~', i + 1)) {
            if (i + 1 == name.length() || name.charAt(i + 1) != '0' && name.charAt(i + 1) != '1') {
                throw new SelectorSyntaxException(
                        position, SelectorSyntaxException.quote(key), "~0 for a tilde or ~1 for a slash in a pointer");
            }
        }
        return name.replace("~1", "/").replace("~0", "~");
    }
}
