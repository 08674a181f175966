// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import io.pgqueue.InvalidArgumentException;
import io.pgqueue.InvalidFilterException;
import io.pgqueue.selector.Selector;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How a {@link Receiver} takes deliveries. Immutable.
 *
 * @param lease how long to hold them, 1 second to 12 hours; null for the subscription's own time
 * @param selector only those that it selects; null for all. Others are neither held nor hidden from other receivers.
 * @param consumer who holds them, at most 255 characters: shown with leases and dead letters; null for the name of the
 *     {@link PgQueue}
 * @param atMostOnce acked in the transaction that receives: what the handler does not finish is lost, nothing comes twice
 */
public record ReceiverOptions(
        @Nullable Duration lease,
        @Nullable Selector selector,
        @Nullable String consumer,
        boolean atMostOnce) {

    public static final ReceiverOptions DEFAULT = new ReceiverOptions(null, null, null, false);

    public ReceiverOptions {
        if (consumer != null && (consumer.isEmpty() || consumer.length() > Holders.NAME_LENGTH)) {
            throw new InvalidArgumentException(
                    "consumer is " + consumer.length() + " characters long, must be 1 to " + Holders.NAME_LENGTH);
        }
    }

    public ReceiverOptions withLease(@Nullable Duration lease) {
        return new ReceiverOptions(lease, selector, consumer, atMostOnce);
    }

    /**
     * @param selector condition over properties and headers in the language of Jakarta Messaging 3.1, section 3.8.1; null
     *     or blank for all
     * @throws InvalidFilterException if it cannot be understood
     */
    public ReceiverOptions withSelector(@Nullable String selector) {
        return new ReceiverOptions(lease, Filters.selector("a receiver", selector), consumer, atMostOnce);
    }

    public ReceiverOptions withConsumer(@Nullable String consumer) {
        return new ReceiverOptions(lease, selector, consumer, atMostOnce);
    }

    /** Errors of the handler are lost by choice; settling what was received is stale. The lease time means nothing. */
    public ReceiverOptions withAtMostOnce(boolean atMostOnce) {
        return new ReceiverOptions(lease, selector, consumer, atMostOnce);
    }

    @Nullable
    String filter() {
        return selector == null ? null : selector.jsonPath();
    }
}
