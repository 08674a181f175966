// SPDX-License-Identifier: Apache-2.0
package io.pgqueue;

import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A final failure, kept until it is redriven or discarded.
 *
 * @param messageId id of the message
 * @param position its place in the order, and with {@code deadAt} the key for the next page
 * @param deadAt when it died, by the database's clock
 * @param reason {@code MAX_ATTEMPTS}, {@code LEASE_EXPIRED}, {@code RETRY_TIMEOUT}, {@code EXPIRED}, or the reason given by the consumer
 * @param failure the last error
 * @param consumer who held it last, null when that is not known
 * @param attempts how often it was handed out
 * @param replays how often it was brought back before
 * @param parked replayed so often that only a redrive that names it brings it back
 * @param firstFailedAt first failure, null when it expired without one
 * @param lastFailedAt the failure it died of, null when it died of none
 * @param properties as sent
 * @param headers as sent
 * @param bodyBytes size of the body
 * @param body the body, null unless asked for
 */
public record DeadLetter(
        UUID messageId,
        long position,
        Instant deadAt,
        String reason,
        Failure failure,
        @Nullable String consumer,
        int attempts,
        int replays,
        boolean parked,
        @Nullable Instant firstFailedAt,
        @Nullable Instant lastFailedAt,
        Map<String, Object> properties,
        Delivery.Headers headers,
        int bodyBytes,
        byte @Nullable [] body) {

    @Override
    public String toString() {
        return "DeadLetter[" + messageId + ", " + reason + " after " + attempts + " attempts, " + bodyBytes + " bytes]";
    }
}
