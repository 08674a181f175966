// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import io.pgqueue.MessageTooLargeException;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.store.PublishFunctions;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** Messages that are sent together: what is known of them before the database is asked. */
final class Batches {

    /** Of one statement. */
    private static final int MESSAGES = 1000;

    /** Of one statement. */
    private static final long BYTES = 64L * 1024 * 1024;

    private Batches() {}

    /** The id given, or a new one. */
    static UUID idOf(OutgoingMessage message) {
        UUID id = message.messageId();
        return id == null ? MessageIds.next() : id;
    }

    /** As {@link #idOf}, for each. */
    static List<UUID> idsOf(List<OutgoingMessage> messages) {
        List<UUID> ids = new ArrayList<>(messages.size());
        for (OutgoingMessage message : messages) {
            ids.add(idOf(message));
        }
        return ids;
    }

    /** In order, each part small enough for one statement. */
    static List<List<OutgoingMessage>> split(List<OutgoingMessage> messages) {
        List<List<OutgoingMessage>> parts = new ArrayList<>();
        int from = 0;
        long bytes = 0;
        for (int i = 0; i < messages.size(); i++) {
            int size = messages.get(i).bodyBytes();
            if (i > from && (i - from == MESSAGES || bytes + size > BYTES)) {
                parts.add(messages.subList(from, i));
                from = i;
                bytes = 0;
            }
            bytes += size;
        }
        parts.add(messages.subList(from, messages.size()));
        return parts;
    }

    /** Whether one of them has a deduplication or replace key. */
    static boolean haveKeys(List<OutgoingMessage> messages) {
        for (OutgoingMessage message : messages) {
            if (message.dedupKey() != null || message.replaceKey() != null) {
                return true;
            }
        }
        return false;
    }

    /** The database checks again, but its error would end the caller's transaction. */
    static void checkSizes(List<OutgoingMessage> messages, String destination, int limit) {
        for (int i = 0; i < messages.size(); i++) {
            OutgoingMessage message = messages.get(i);
            if (message.bodyBytes() > limit) {
                throw new MessageTooLargeException("The body of message " + i + " has "
                        + message.bodyBytes() + " bytes, destination '" + destination + "' takes at most " + limit
                        + "; send a reference to data kept elsewhere, or raise its maxBodyBytes (64 MiB at most)");
            }
            try {
                PublishFunctions.checkProperties(message);
            } catch (MessageTooLargeException e) {
                throw new MessageTooLargeException("Message " + i + ": " + e.getMessage());
            }
        }
    }
}
