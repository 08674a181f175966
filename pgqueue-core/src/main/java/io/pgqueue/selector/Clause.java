// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.selector;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One of the conditions of a filter that must all be true, to find out which one was not. Paths are evaluated as those of the
 * filter are.
 *
 * @param text as it stands in a selector; {@code name IN (values)} for attribute and body filters
 * @param onBody whether it looks at the body instead of properties and headers
 * @param holds jsonpath that is true when the condition is
 * @param fails jsonpath that is true when the condition is false; it is unknown when neither is
 * @param values jsonpath of each property, header or field that it names
 */
public record Clause(String text, boolean onBody, String holds, String fails, Map<String, String> values) {

    public Clause {
        values = Map.copyOf(new LinkedHashMap<>(values));
    }
}
