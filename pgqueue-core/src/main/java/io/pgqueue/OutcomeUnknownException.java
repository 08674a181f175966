// SPDX-License-Identifier: Apache-2.0
package io.pgqueue;

import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The connection was lost while the server was committing, or the commit was acknowledged without its replication: the
 * messages may or may not be there.
 */
public class OutcomeUnknownException extends PgQueueException {

    private static final long serialVersionUID = 1L;

    private final transient List<UUID> messageIds;

    public OutcomeUnknownException(List<UUID> messageIds, @Nullable Throwable cause) {
        super(
                "Whether " + messageIds.size()
                        + " message(s) were stored is not known, because the answer to the commit was "
                        + "lost or said that it is not replicated; sending again is safe with a deduplication key: "
                        + messageIds.stream().limit(10).toList(),
                cause);
        this.messageIds = List.copyOf(messageIds);
    }

    /** The ids under which the messages are stored, if they are. */
    public List<UUID> messageIds() {
        return messageIds;
    }
}
