// SPDX-License-Identifier: Apache-2.0
package io.pgqueue;

import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Where one subscription has a message now.
 *
 * @param messageId its id
 * @param topic the topic, null when it is a queue
 * @param subscription name of the subscription or queue
 * @param state what it does there
 * @param since end of the lease, time when it is due, or time of death; for a ready one the end of its last lease, null when
 *     there was none
 * @param consumer who holds or held it last, null when that is not known
 * @param attempts how often it was handed out
 * @param replays how often it was brought back from the dead letters
 * @param properties as they are now
 * @param headers the other headers
 * @param bodyBytes size of the body
 * @param body the body, null unless asked for
 */
public record FoundMessage(
        UUID messageId,
        @Nullable String topic,
        String subscription,
        State state,
        @Nullable Instant since,
        @Nullable String consumer,
        int attempts,
        int replays,
        Map<String, Object> properties,
        Delivery.Headers headers,
        int bodyBytes,
        byte @Nullable [] body) {

    /** A delivery's states. */
    public enum State {
        READY,
        LEASED,
        DELAYED,
        RETRYING,
        DEAD
    }

    @Override
    public String toString() {
        return "FoundMessage[" + messageId + " in " + subscription + ", " + state + ", " + bodyBytes + " bytes]";
    }
}
