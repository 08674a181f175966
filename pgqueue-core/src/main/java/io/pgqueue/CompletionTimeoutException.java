// SPDX-License-Identifier: Apache-2.0
package io.pgqueue;

import java.util.Collection;
import java.util.List;
import java.util.UUID;

/** Tracked messages were not done in time. Nothing is cancelled by that: wait again, or ask later by their ids. */
public class CompletionTimeoutException extends PgQueueException {

    private static final long serialVersionUID = 1L;

    @SuppressWarnings("serial") // List.copyOf is serializable
    private final List<UUID> messageIds;

    public CompletionTimeoutException(String message, Collection<UUID> messageIds) {
        super(message);
        this.messageIds = List.copyOf(messageIds);
    }

    /** Those that are not done. */
    public List<UUID> messageIds() {
        return messageIds;
    }
}
