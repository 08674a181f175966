// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import io.pgqueue.client.DeadLetters;
import io.pgqueue.client.PgQueueAdmin;
import jakarta.jms.InvalidDestinationException;
import org.jspecify.annotations.Nullable;

/**
 * The dead letters of a subscription under the name of a queue that can be browsed and nothing else: {@code dlq@orders} for
 * those of a queue, {@code dlq@payments@ledger} for those of a topic's subscription. No user can create such a name.
 *
 * @param topic null for a queue
 * @param name the queue, or the subscription of the topic
 */
record PgJmsDeadLetterQueue(@Nullable String topic, String name) {

    private static final String PREFIX = "dlq@";

    /** Null when the name is that of an ordinary queue or a topic. */
    static @Nullable PgJmsDeadLetterQueue of(PgJmsDestination destination) {
        if (destination.isTopic() || !destination.name().startsWith(PREFIX)) {
            return null;
        }
        String subscription = destination.name().substring(PREFIX.length());
        int at = subscription.indexOf('@');
        return at < 0
                ? new PgJmsDeadLetterQueue(null, subscription)
                : new PgJmsDeadLetterQueue(subscription.substring(0, at), subscription.substring(at + 1));
    }

    /** @throws InvalidDestinationException if it is about to be sent to, or consumed from */
    static void refuse(PgJmsDestination destination) throws InvalidDestinationException {
        PgJmsDeadLetterQueue dead = of(destination);
        if (dead != null) {
            throw new InvalidDestinationException("The queue '" + destination.name() + "' shows the dead letters of "
                    + dead + " and can only be browsed: bring them back with PgQueueAdmin.deadLetters("
                    + dead.arguments() + ").redrive, which gives them to the consumers of " + dead);
        }
    }

    DeadLetters in(PgQueueAdmin admin) {
        return admin.deadLetters(topic, name);
    }

    private String arguments() {
        return topic == null ? '"' + name + '"' : '"' + topic + "\", \"" + name + '"';
    }

    @Override
    public String toString() {
        return topic == null ? "queue '" + name + "'" : "subscription '" + name + "' of topic '" + topic + "'";
    }
}
