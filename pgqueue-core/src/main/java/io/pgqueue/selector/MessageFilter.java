// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.selector;

import io.pgqueue.selector.Expression.And;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** All filters of a subscription; a message must meet each of them. Null is no filter. Immutable. */
public record MessageFilter(
        @Nullable Selector selector,
        @Nullable AttributeFilter attributes,
        @Nullable BodyFilter body) {

    public static final MessageFilter NONE = new MessageFilter(null, null, null);

    /**
     * One jsonpath for selector and attribute filter, see {@link Selector#jsonPath()}.
     *
     * @return null if there is neither
     */
    public @Nullable String propertiesPath() {
        if (selector == null) {
            return attributes == null ? null : attributes.jsonPath();
        }
        // The attribute filter first: it is the cheaper one, and what is false there ends the evaluation.
        return attributes == null
                ? selector.jsonPath()
                : JsonPathWriter.write(new And(List.of(attributes.condition(), selector.condition())));
    }

    /** The conditions that must all be true, in the order in which they are evaluated. */
    public List<Clause> clauses() {
        List<Clause> clauses = new ArrayList<>();
        if (attributes != null) {
            clauses.addAll(Clauses.of(attributes));
        }
        if (selector != null) {
            clauses.addAll(Clauses.of(selector));
        }
        if (body != null) {
            clauses.addAll(Clauses.of(body));
        }
        return List.copyOf(clauses);
    }

    /**
     * Values that one field must have for these filters to be met, as a JSON object of lists: necessary, not sufficient. By
     * them a publish finds the subscriptions whose filters it must ask at all; {@code {}} for those to be asked always.
     */
    public String demands() {
        Map<String, Set<String>> demands = new TreeMap<>();
        if (body != null) {
            demands.putAll(Demands.of(body.condition(), true));
        }
        if (selector != null) {
            demands.putAll(Demands.of(selector.condition(), false));
        }
        if (attributes != null) {
            demands.putAll(Demands.of(attributes.condition(), false));
        }
        return Demands.json(demands);
    }

    /**
     * The jsonpath of the body filter, see {@link BodyFilter#jsonPath()}.
     *
     * @return null if there is none, and the body need not be read as JSON
     */
    public @Nullable String bodyPath() {
        return body == null ? null : body.jsonPath();
    }
}
