// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import io.pgqueue.InvalidFilterException;
import io.pgqueue.selector.Selector;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How a {@link Receiver} takes deliveries. Immutable.
 *
 * @param lease how long to hold them, 1 second to 12 hours; null for the subscription's own time
 * @param selector only those that it selects; null for all. Others are neither held nor hidden from other receivers.
 */
public record ReceiverOptions(
        @Nullable Duration lease, @Nullable Selector selector) {

    public static final ReceiverOptions DEFAULT = new ReceiverOptions(null, null);

    public ReceiverOptions withLease(@Nullable Duration lease) {
        return new ReceiverOptions(lease, selector);
    }

    /**
     * @param selector condition over properties and headers in the language of Jakarta Messaging 3.1, section 3.8.1; null
     *     or blank for all
     * @throws InvalidFilterException if it cannot be understood
     */
    public ReceiverOptions withSelector(@Nullable String selector) {
        return new ReceiverOptions(lease, Filters.selector("a receiver", selector));
    }

    @Nullable
    String filter() {
        return selector == null ? null : selector.jsonPath();
    }
}
