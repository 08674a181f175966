// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.selector;

import io.pgqueue.selector.Expression.And;
import io.pgqueue.selector.Expression.AnyOf;
import io.pgqueue.selector.Expression.Bool;
import io.pgqueue.selector.Expression.Comparison;
import io.pgqueue.selector.Expression.Condition;
import io.pgqueue.selector.Expression.Field;
import io.pgqueue.selector.Expression.Header;
import io.pgqueue.selector.Expression.In;
import io.pgqueue.selector.Expression.Int;
import io.pgqueue.selector.Expression.Operand;
import io.pgqueue.selector.Expression.Operator;
import io.pgqueue.selector.Expression.Or;
import io.pgqueue.selector.Expression.Real;
import io.pgqueue.selector.Expression.Reference;
import io.pgqueue.selector.Expression.Text;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a message must have for a filter to be true: values of which one field must equal one. Necessary, not sufficient, so
 * that a publish can leave out the subscriptions whose demand a message does not meet, and ask the filters of the others
 * only. A condition without such a demand, for instance {@code a > 1}, has none, and its filter is always asked.
 */
final class Demands {

    /** Longer lists and values are no key for an index. */
    private static final int MOST_VALUES = 100;

    private static final int LONGEST_VALUE = 256;

    private Demands() {}

    /**
     * For the properties and headers ({@code p} or {@code h} and the name) or for the body ({@code b} and a pointer with
     * unescaped names): the values as JSON.
     */
    static Map<String, Set<String>> of(Condition condition, boolean onBody) {
        Map<String, Set<String>> demands = new TreeMap<>(demands(condition, onBody));
        demands.values()
                .removeIf(values -> values.size() > MOST_VALUES
                        || values.stream().anyMatch(value -> value.length() > LONGEST_VALUE));
        return demands;
    }

    static String json(Map<String, Set<String>> demands) {
        StringBuilder json = new StringBuilder("{");
        demands.forEach((name, values) -> {
            json.append(json.length() == 1 ? "" : ",");
            JsonText.writeString(json, name);
            json.append(":[").append(String.join(",", values)).append(']');
        });
        return json.append('}').toString();
    }

    private static Map<String, Set<String>> demands(Condition condition, boolean onBody) {
        if (condition instanceof And and) {
            return all(and.conditions(), onBody);
        }
        if (condition instanceof Or or) {
            return any(or.conditions(), onBody);
        }
        if (condition instanceof In in) {
            return demand(in.value(), in.strings().stream().map(Text::new).toList(), onBody);
        }
        if (condition instanceof AnyOf anyOf) {
            return demand(anyOf.value(), anyOf.literals(), onBody);
        }
        if (condition instanceof Comparison comparison && comparison.operator() == Operator.EQUAL) {
            Operand left = comparison.left();
            Operand right = comparison.right();
            if (left instanceof Reference reference) {
                return demand(reference, List.of(right), onBody);
            }
            return right instanceof Reference reference ? demand(reference, List.of(left), onBody) : Map.of();
        }
        return Map.of();
    }

    /** Of two demands for one field either is necessary; the shorter one says more. */
    private static Map<String, Set<String>> all(List<Condition> conditions, boolean onBody) {
        Map<String, Set<String>> all = new TreeMap<>();
        for (Condition condition : conditions) {
            demands(condition, onBody)
                    .forEach((name, values) -> all.merge(name, values, (a, b) -> b.size() < a.size() ? b : a));
        }
        return all;
    }

    /** A field that every alternative has a demand for must have a value that one of them demands. */
    private static Map<String, Set<String>> any(List<Condition> conditions, boolean onBody) {
        Map<String, Set<String>> any = new TreeMap<>();
        boolean first = true;
        for (Condition condition : conditions) {
            Map<String, Set<String>> next = demands(condition, onBody);
            if (first) {
                next.forEach((name, values) -> any.put(name, new LinkedHashSet<>(values)));
            }
            any.keySet().retainAll(next.keySet());
            any.forEach((name, values) -> values.addAll(next.getOrDefault(name, Set.of())));
            first = false;
        }
        return any;
    }

    private static Map<String, Set<String>> demand(
            Reference reference, List<? extends Operand> literals, boolean onBody) {
        String name = name(reference, onBody);
        Set<String> values = new LinkedHashSet<>();
        for (Operand literal : literals) {
            String value = json(literal);
            if (value == null) {
                return Map.of();
            }
            values.add(value);
        }
        return name == null ? Map.of() : Map.of(name, values);
    }

    /** Null for what cannot be told from another field. */
    private static @Nullable String name(Reference reference, boolean onBody) {
        if (reference instanceof Header header) {
            return "h" + header.name();
        }
        List<String> names = ((Field) reference).names();
        if (!onBody) {
            return "p" + names.get(0);
        }
        String path = String.join("/", names);
        return path.isEmpty() || names.stream().anyMatch(name -> name.contains("/")) ? null : "b" + path;
    }

    /** Null for what is no literal: arithmetic, or another field. */
    private static @Nullable String json(Operand operand) {
        if (operand instanceof Text text) {
            StringBuilder json = new StringBuilder();
            JsonText.writeString(json, text.value());
            return json.toString();
        }
        if (operand instanceof Bool bool) {
            return String.valueOf(bool.value());
        }
        if (operand instanceof Int number) {
            return String.valueOf(number.value());
        }
        return operand instanceof Real number ? number.value().toString() : null;
    }
}
