// SPDX-License-Identifier: Apache-2.0
package io.pgqueue;

import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A message as it was published to a destination that keeps its history.
 *
 * @param messageId its id
 * @param position its place in the order, and the key for the next page
 * @param properties as sent
 * @param headers as sent
 * @param bodyBytes size of the body
 * @param body the body, null unless asked for
 */
public record HistoryMessage(
        UUID messageId,
        long position,
        Map<String, Object> properties,
        Delivery.Headers headers,
        int bodyBytes,
        byte @Nullable [] body) {

    @Override
    public String toString() {
        return "HistoryMessage[" + messageId + ", position " + position + ", " + bodyBytes + " bytes]";
    }
}
