// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.selector;

import io.pgqueue.selector.Expression.Condition;
import io.pgqueue.selector.FilterReader.Keys;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/** What filters have in common that are JSON objects of lists of values. Immutable; equal when the texts are. */
abstract sealed class ValuesFilter permits AttributeFilter, BodyFilter {

    private final String text;
    private final Condition condition;
    private final String jsonPath;

    ValuesFilter(String text, Condition condition, String jsonPath) {
        this.text = text;
        this.condition = condition;
        this.jsonPath = jsonPath;
    }

    /** @return null for null or an object without keys */
    static <F extends ValuesFilter> @Nullable F parse(
            @Nullable String json, FilterLimits limits, Keys keys, BiFunction<String, Condition, F> maker) {
        if (json == null) {
            return null;
        }
        Condition condition = FilterReader.read(json, limits, keys);
        return condition == null ? null : maker.apply(json, condition);
    }

    /** The JSON text that was parsed, unchanged. */
    public final String text() {
        return text;
    }

    /** For {@code jsonb_path_match(…, …, …, true)}: true is a match, false and null are none. */
    public final String jsonPath() {
        return jsonPath;
    }

    final Condition condition() {
        return condition;
    }

    @Override
    public final boolean equals(@Nullable Object other) {
        return other != null && other.getClass() == getClass() && ((ValuesFilter) other).text.equals(text);
    }

    @Override
    public final int hashCode() {
        return text.hashCode();
    }

    @Override
    public final String toString() {
        return text;
    }
}
