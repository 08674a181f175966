// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.selector;

import io.pgqueue.selector.Expression.Condition;
import io.pgqueue.selector.Expression.Field;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Values that properties must have, as a JSON object of lists: {@code {"color":["red","blue"],"size":[1]}} is met by a
 * message whose color is red or blue and whose size is 1. Types count: 1 is 1.0, but not "1". Immutable. Two filters are
 * equal when their texts are.
 */
public final class AttributeFilter extends ValuesFilter {

    private AttributeFilter(String text, Condition condition) {
        super(text, condition, JsonPathWriter.write(condition));
    }

    /**
     * @param json an object whose keys are property names and whose values are lists of strings, numbers and booleans
     * @return null for null or an object without keys, which every message meets
     * @throws SelectorSyntaxException if the text is no such object or exceeds {@link FilterLimits#DEFAULT}
     */
    public static @Nullable AttributeFilter parse(@Nullable String json) {
        return parse(json, FilterLimits.DEFAULT);
    }

    /** As {@link #parse(String)}, with lower limits. */
    public static @Nullable AttributeFilter parse(@Nullable String json, FilterLimits limits) {
        return parse(json, limits, AttributeFilter::property, AttributeFilter::new);
    }

    /**
     * The same from Java values.
     *
     * @param filter lists of String, Boolean and Number
     * @throws SelectorSyntaxException as if the filter had been written as JSON, see {@link #parse(String)}
     */
    public static @Nullable AttributeFilter of(Map<String, ? extends Collection<?>> filter) {
        return parse(FilterText.write(filter));
    }

    /** A key that no property can have would silently match nothing, for ever. */
    private static Field property(String name, int position, FilterLimits limits) {
        if (!Identifiers.isIdentifier(name)) {
            throw new SelectorSyntaxException(
                    position, SelectorSyntaxException.quote(name), "the name of a property, which is an identifier");
        }
        if (Identifiers.isReserved(name)) {
            throw new SelectorSyntaxException(
                    position,
                    SelectorSyntaxException.quote(name),
                    "the name of a property; a selector can compare headers");
        }
        return new Field(List.of(name));
    }
}
