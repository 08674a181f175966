// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import io.pgqueue.InvalidFilterException;
import io.pgqueue.selector.Selector;
import io.pgqueue.selector.SelectorSyntaxException;
import org.jspecify.annotations.Nullable;

/** Filters as users give them; what cannot be understood is refused by name of its owner. */
final class Filters {

    private Filters() {}

    static @Nullable Selector selector(String owner, @Nullable String text) {
        try {
            return Selector.parse(text);
        } catch (SelectorSyntaxException e) {
            throw new InvalidFilterException("The selector of " + owner + ": " + e.getMessage(), e);
        }
    }
}
