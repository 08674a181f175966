// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import io.pgqueue.OutgoingMessage;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.UUID;

/**
 * A message as it was at the send call: later changes of the message object do not reach it (Jakarta Messaging 3.1, section
 * 3.9), and it may be published then or at the commit. Immutable.
 *
 * @param destination where to
 * @param messageId public id of the message, also when the application sees none
 * @param content everything but the relative times
 * @param timeToLive ms from the send call, 0 for ever, negative: expired at once
 * @param delay ms from the send call to the delivery
 * @param calledAtNanos {@link System#nanoTime} of the send call
 */
record PgJmsSend(
        PgJmsDestination destination,
        UUID messageId,
        OutgoingMessage content,
        long timeToLive,
        long delay,
        long calledAtNanos) {

    /** Publishing counts in whole milliseconds, so this life is over when it begins. */
    private static final Duration EXPIRED = Duration.ofNanos(1);

    /** Whether it must survive a crash of the server (section 7.7). */
    boolean persistent() {
        return !content.properties().containsKey(PgJmsHeaders.DELIVERY_MODE);
    }

    /** With the marks of its sender ({@link OutgoingMessage#origin}). */
    PgJmsSend from(Set<String> origin) {
        return new PgJmsSend(
                destination, messageId, content.toBuilder().origin(origin).build(), timeToLive, delay, calledAtNanos);
    }

    /**
     * The message to publish now, with what is left of time to live and delay, which count from the send call (sections
     * 3.4.9, 3.4.13). One that would expire before it is delivered is published as expired, for the destination's expiry
     * policy to see.
     *
     * @param nowNanos {@link System#nanoTime} of now
     */
    OutgoingMessage message(long nowNanos) {
        long waited = Math.max(0, (nowNanos - calledAtNanos) / 1_000_000);
        long waiting = Math.max(0, delay - waited);
        if (timeToLive == 0) {
            return waiting == 0 || content.deliverAt() != null
                    ? content
                    : content.toBuilder().delay(Duration.ofMillis(waiting)).build();
        }
        long left = timeToLive - waited;
        OutgoingMessage.Builder timed = content.toBuilder();
        if (timeToLive < 0 || left <= waiting) {
            if (content.deliverAt() != null) {
                timed.deliverAt(Instant.EPOCH);
            }
            return timed.timeToLive(EXPIRED).build();
        }
        if (content.deliverAt() == null) {
            timed.delay(Duration.ofMillis(waiting));
        }
        return timed.timeToLive(Duration.ofMillis(left)).build();
    }
}
