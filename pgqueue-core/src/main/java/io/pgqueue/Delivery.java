// SPDX-License-Identifier: Apache-2.0
package io.pgqueue;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One subscription's copy of a message, leased to us: settle it with {@code ack} or {@code nack}, or let the lease end.
 *
 * @param messageId the same for every subscription and attempt; the key for idempotent effects outside the database
 * @param destination queue or topic it was sent to
 * @param subscription name of the subscription; for a queue the queue's name
 * @param body the bytes as sent, null when there was no body
 * @param properties as sent, with the exact types
 * @param headers the other headers
 * @param attempts how often it was handed out, this time included
 * @param replays how often it was brought back from the dead letters
 * @param lease our hold of it
 */
public record Delivery(
        UUID messageId,
        String destination,
        String subscription,
        byte @Nullable [] body,
        Map<String, Object> properties,
        Headers headers,
        int attempts,
        int replays,
        Lease lease) {

    private static final Pattern CHARSET =
            Pattern.compile(";\\s*charset\\s*=\\s*\"?([^\\s;\"]+)", Pattern.CASE_INSENSITIVE);

    /**
     * The body as text in the charset that its content type names, UTF-8 if it names none; empty when there is no body. Bytes
     * that are no text in it come out as U+FFFD.
     *
     * @throws InvalidArgumentException if this JVM does not know the charset
     */
    public String text() {
        return body == null ? "" : new String(body, charset());
    }

    private Charset charset() {
        Matcher named = CHARSET.matcher(headers.contentType() == null ? "" : headers.contentType());
        if (!named.find()) {
            return StandardCharsets.UTF_8;
        }
        try {
            return Charset.forName(named.group(1));
        } catch (IllegalArgumentException e) {
            throw new InvalidArgumentException(
                    "contentType of message " + messageId + " is '" + headers.contentType()
                            + "', must name a charset that this JVM knows; read the bytes of body()",
                    e);
        }
    }

    /** True from the second attempt on. */
    public boolean redelivered() {
        return attempts > 1;
    }

    /**
     * Whether we know that it was taken from us while we work on it: cancelled, purged, dropped with its subscription, released
     * by hand, or given to somebody else after its lease had ended. Then its ack will be stale, and a handler that takes long
     * may stop. Asks nobody and costs nothing: it is set by a wake-up soon after the other side's commit, else by the next
     * {@code extend}, {@code stillHeld} or settlement that finds out. False does not promise that it is still ours.
     */
    public boolean isCancelled() {
        return lease.watch().isLost(lease);
    }

    /** Ids and sizes only: bodies do not belong into logs. */
    @Override
    public String toString() {
        return "Delivery[" + messageId + " of " + subscription + ", attempt " + attempts + ", "
                + (body == null ? 0 : body.length) + " bytes]";
    }

    /**
     * What a message carries beside body and properties.
     *
     * @param sentAt time of the publish call, by the database's clock
     * @param expiresAt when it stops being delivered, null for never
     * @param priority 0 to 9
     * @param contentType media type of the body
     * @param group group that is delivered in order, null for none
     * @param correlationId null for none
     * @param replyTo destination for answers, null for none
     * @param type the application's word for the kind of message, null for none
     */
    public record Headers(
            Instant sentAt,
            @Nullable Instant expiresAt,
            int priority,
            @Nullable String contentType,
            @Nullable String group,
            @Nullable String correlationId,
            @Nullable String replyTo,
            @Nullable String type) {}
}
