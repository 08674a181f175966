// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.store;

import org.jspecify.annotations.Nullable;

/**
 * What the filters of a subscription mean, as the database evaluates them.
 *
 * @param properties jsonpath over properties and headers, null for none
 * @param body jsonpath over a JSON body, null for none
 * @param demands values that one field of a message must have for both to be true, as a JSON object of lists
 */
public record FilterPaths(
        @Nullable String properties, @Nullable String body, String demands) {

    /** As stored, for evaluation only. */
    FilterPaths(@Nullable String properties, @Nullable String body) {
        this(properties, body, "{}");
    }
}
