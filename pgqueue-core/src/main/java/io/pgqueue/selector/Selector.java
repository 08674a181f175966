// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.selector;

import io.pgqueue.selector.Expression.Condition;
import org.jspecify.annotations.Nullable;

/**
 * A condition over the properties and headers of a message, in the language of Jakarta Messaging 3.1, section 3.8.1.
 * Immutable. Two selectors are equal when their texts are.
 */
public final class Selector {

    private final String text;
    private final Condition condition;
    private final String jsonPath;

    private Selector(String text, Condition condition) {
        this.text = text;
        this.condition = condition;
        this.jsonPath = JsonPathWriter.write(condition);
    }

    /**
     * @return null for null or blank text, which selects everything
     * @throws SelectorSyntaxException if the text is no selector or exceeds {@link FilterLimits#DEFAULT}
     */
    public static @Nullable Selector parse(@Nullable String text) {
        return parse(text, FilterLimits.DEFAULT);
    }

    /**
     * @return null for null or blank text, which selects everything
     * @throws SelectorSyntaxException if the text is no selector or exceeds the limits
     */
    public static @Nullable Selector parse(@Nullable String text, FilterLimits limits) {
        if (text == null || text.isBlank()) {
            return null;
        }
        return new Selector(text, Parser.parse(text, limits));
    }

    /** Whether a selector can name a property so: a Java identifier that is no word of the language (section 3.8.1.1). */
    public static boolean isIdentifier(String name) {
        return Identifiers.isIdentifier(name);
    }

    /** The text that was parsed, unchanged. */
    public String text() {
        return text;
    }

    /**
     * For {@code jsonb_path_match(properties, …, headers, true)} in lax mode, where every header is passed, null if it is
     * absent. True is a match; false and null are none.
     */
    public String jsonPath() {
        return jsonPath;
    }

    Condition condition() {
        return condition;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Selector selector && selector.text.equals(text);
    }

    @Override
    public int hashCode() {
        return text.hashCode();
    }

    @Override
    public String toString() {
        return text;
    }
}
