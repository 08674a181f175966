// SPDX-License-Identifier: Apache-2.0
package io.pgqueue;

import java.util.UUID;

/**
 * What became of one published message.
 *
 * @param messageId its id, the same for every subscription; for a duplicate the id of the message that was first
 * @param matched number of subscriptions that get it; 0 means that nobody will, and that it was not stored
 * @param duplicate whether a message with the same deduplication key was there before, so that this one was not stored
 */
public record PublishResult(UUID messageId, int matched, boolean duplicate) {

    public PublishResult(UUID messageId, int matched) {
        this(messageId, matched, false);
    }
}
