// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import static io.pgqueue.client.Given.all;

import io.pgqueue.DeliveryState;
import io.pgqueue.InvalidArgumentException;
import io.pgqueue.InvalidFilterException;
import io.pgqueue.selector.Selector;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What to browse. Immutable.
 *
 * @param states at least one
 * @param selector only what it selects, null for all
 * @param limit most messages of a page, 1 to 1000
 * @param bodies whether bodies are wanted; then a page ends before they exceed 4 MiB together
 */
public record BrowseOptions(
        Set<DeliveryState> states, @Nullable Selector selector, int limit, boolean bodies) {

    private static final int MAX_LIMIT = 1000;

    /** Every state, 100 messages a page, without bodies. */
    public static final BrowseOptions DEFAULT = new BrowseOptions(EnumSet.allOf(DeliveryState.class), null, 100, false);

    public BrowseOptions {
        states = Set.copyOf(all("states", states));
        if (states.isEmpty()) {
            throw new InvalidArgumentException("states is empty, must name at least one state to show");
        }
        if (limit < 1 || limit > MAX_LIMIT) {
            throw new InvalidArgumentException("limit is " + limit + ", must be 1 to " + MAX_LIMIT);
        }
    }

    public BrowseOptions withStates(DeliveryState first, DeliveryState... more) {
        return new BrowseOptions(EnumSet.of(first, more), selector, limit, bodies);
    }

    /**
     * @param selector see {@link ReceiverOptions#withSelector}
     * @throws InvalidFilterException if it cannot be understood
     */
    public BrowseOptions withSelector(@Nullable String selector) {
        return new BrowseOptions(states, Filters.selector("a browser", selector), limit, bodies);
    }

    public BrowseOptions withLimit(int limit) {
        return new BrowseOptions(states, selector, limit, bodies);
    }

    public BrowseOptions withBodies() {
        return new BrowseOptions(states, selector, limit, true);
    }

    @Nullable
    String filter() {
        return selector == null ? null : selector.jsonPath();
    }
}
