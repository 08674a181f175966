// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.store;

import org.jspecify.annotations.Nullable;

/**
 * What the filters of a subscription mean, as the database evaluates them.
 *
 * @param properties jsonpath over properties and headers, null for none
 * @param body jsonpath over a JSON body, null for none
 */
public record FilterPaths(
        @Nullable String properties, @Nullable String body) {}
