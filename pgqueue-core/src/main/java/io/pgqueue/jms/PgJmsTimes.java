// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import jakarta.jms.MessageFormatException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The times of one send call by the client's clock, in ms since 1970 (Jakarta Messaging 3.1, sections 3.4.4, 3.4.9,
 * 3.4.13). They are what is shown; the database enforces them by its own clock.
 *
 * @param sent JMSTimestamp
 * @param delivery JMSDeliveryTime
 * @param expiration JMSExpiration, 0 for never
 * @param deliverAt the absolute time the sender asked for, null for none
 */
record PgJmsTimes(
        long sent, long delivery, long expiration, @Nullable Instant deliverAt) {

    static PgJmsTimes of(long sent, PgJmsSendOptions options, @Nullable Object deliverAt)
            throws MessageFormatException {
        long expiration = options.timeToLive() == 0 ? 0 : expiration(sent, options.timeToLive());
        if (deliverAt == null) {
            return new PgJmsTimes(sent, sum(sent, options.deliveryDelay()), expiration, null);
        }
        if (!(deliverAt instanceof Long millis)) {
            throw PgJmsConversion.wrongType(PgJmsHeaders.DELIVER_AT, deliverAt, "long");
        }
        return new PgJmsTimes(sent, Math.max(sent, millis), expiration, Instant.ofEpochMilli(millis));
    }

    /** Milliseconds from the send call to the delivery. */
    long delay() {
        return delivery - sent;
    }

    /** Never 0, which would mean never. */
    private static long expiration(long sent, long timeToLive) {
        long expiration = sum(sent, timeToLive);
        return expiration == 0 ? -1 : expiration;
    }

    private static long sum(long time, long millis) {
        long sum = time + millis;
        return millis > 0 && sum < time ? Long.MAX_VALUE : sum;
    }
}
