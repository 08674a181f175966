// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.selector;

/**
 * How large filters may be. Larger ones would still be correct, but every message published to the topic pays for them.
 * The limits can only be lowered.
 *
 * @param selectorLength characters of a selector
 * @param selectorNodes nodes of its tree: each identifier, literal and operator, an IN list or a chain of ORs only once
 * @param selectorDepth parentheses, NOTs and signs inside each other
 * @param keys keys of an attribute or body filter
 * @param values values of one key
 * @param pointerDepth names in a JSON Pointer
 * @param filterLength characters of an attribute or body filter as JSON
 */
public record FilterLimits(
        int selectorLength,
        int selectorNodes,
        int selectorDepth,
        int keys,
        int values,
        int pointerDepth,
        int filterLength) {

    public static final FilterLimits DEFAULT = new FilterLimits(8000, 500, 64, 20, 100, 16, 65_536);

    /** @throws IllegalArgumentException if a limit is below 1 or above the default */
    public FilterLimits {
        check("selectorLength", selectorLength, 8000);
        check("selectorNodes", selectorNodes, 500);
        check("selectorDepth", selectorDepth, 64);
        check("keys", keys, 20);
        check("values", values, 100);
        check("pointerDepth", pointerDepth, 16);
        check("filterLength", filterLength, 65_536);
    }

    private static void check(String name, int limit, int highest) {
        if (limit < 1 || limit > highest) {
            throw new IllegalArgumentException(name + " is " + limit + ", must be 1 to " + highest);
        }
    }
}
