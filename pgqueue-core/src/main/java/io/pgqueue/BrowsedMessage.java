// SPDX-License-Identifier: Apache-2.0
package io.pgqueue;

import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * An unfinished delivery as a look at it found it; it is not ours.
 *
 * @param messageId id of the message
 * @param position its place in the order
 * @param state where it stood at that moment
 * @param until end of the lease, or when it becomes ready; null when it is ready
 * @param consumer who holds it, null unless it is leased
 * @param attempts how often it was handed out
 * @param replays how often it was brought back from the dead letters
 * @param firstFailedAt first failure, null when there was none
 * @param properties as sent
 * @param headers as sent
 * @param bodyBytes size of the body
 * @param body the body, null when there was none or it was not asked for
 */
public record BrowsedMessage(
        UUID messageId,
        long position,
        DeliveryState state,
        @Nullable Instant until,
        @Nullable String consumer,
        int attempts,
        int replays,
        @Nullable Instant firstFailedAt,
        Map<String, Object> properties,
        Delivery.Headers headers,
        int bodyBytes,
        byte @Nullable [] body) {

    @Override
    public String toString() {
        return "BrowsedMessage[" + messageId + ", " + state + ", " + attempts + " attempts, " + bodyBytes + " bytes]";
    }
}
