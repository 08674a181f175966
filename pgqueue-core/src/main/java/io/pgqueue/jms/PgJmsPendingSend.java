// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import io.pgqueue.OutgoingMessage;
import io.pgqueue.client.AddressedMessage;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A send that waits for the commit of its session.
 *
 * @param sent when, by this JVM's monotonic clock: times count from then (Jakarta Messaging 3.1, sections 3.4.9, 3.4.13)
 */
record PgJmsPendingSend(AddressedMessage message, long sent) {

    /** With what is left of its times; null when its time to live is over, since then nobody could receive it. */
    @Nullable AddressedMessage now() {
        OutgoingMessage outgoing = message.message();
        Duration timeToLive = outgoing.timeToLive();
        Duration delay = outgoing.delay();
        if (timeToLive == null && delay == null) {
            return message;
        }
        Duration passed = Duration.ofNanos(System.nanoTime() - sent);
        OutgoingMessage.Builder rest = outgoing.toBuilder();
        if (timeToLive != null) {
            Duration left = timeToLive.minus(passed);
            if (left.toMillis() <= 0) {
                return null;
            }
            rest.timeToLive(left);
        }
        if (delay != null) {
            Duration left = delay.minus(passed);
            rest.delay(left.isNegative() ? Duration.ZERO : left);
        }
        return new AddressedMessage(message.destination(), rest.build());
    }
}
