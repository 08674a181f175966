// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import jakarta.jms.Destination;
import jakarta.jms.JMSException;
import jakarta.jms.Queue;
import jakarta.jms.TemporaryQueue;
import jakarta.jms.TemporaryTopic;
import jakarta.jms.Topic;
import java.io.Serializable;
import org.jspecify.annotations.Nullable;

/**
 * Kind and name of a destination (Jakarta Messaging 3.1, section 3.4.1), nothing else: whether it exists is found out
 * when it is used (section 6.2.3). Equal when kind and name are, so a destination equals itself after transport.
 * Immutable.
 */
abstract sealed class PgJmsDestination implements Destination, Serializable permits PgJmsQueue, PgJmsTopic {

    private static final long serialVersionUID = 1L;

    private final String name;

    /** @throws IllegalArgumentException if the name is null or empty; other rules are checked where it is used */
    PgJmsDestination(@Nullable String name) {
        if (name == null || name.isEmpty()) {
            throw new IllegalArgumentException("The name of a destination is null or empty, must be given");
        }
        this.name = name;
    }

    /** In the words that are stored with a message. */
    enum Kind {
        QUEUE("queue"),
        TOPIC("topic"),
        TEMPORARY_QUEUE("temporary-queue"),
        TEMPORARY_TOPIC("temporary-topic");

        private final String word;

        Kind(String word) {
            this.word = word;
        }

        String word() {
            return word;
        }

        /** A word that is missing or unknown is a queue: what native senders mean by an address for answers. */
        static Kind of(@Nullable Object word) {
            for (Kind kind : values()) {
                if (kind.word.equals(word)) {
                    return kind;
                }
            }
            return QUEUE;
        }
    }

    /** How the connection that made a temporary destination drops it. */
    @FunctionalInterface
    interface Deletion {
        void delete(PgJmsDestination destination) throws JMSException;

        /** For temporary destinations that came with a message: only their maker may delete them (section 6.2.2). */
        static void refuse(PgJmsDestination destination) throws JMSException {
            throw new JMSException(
                    "The " + destination + " was created by another connection, only that one may delete it");
        }
    }

    static PgJmsDestination of(Kind kind, String name) {
        return switch (kind) {
            case QUEUE -> new PgJmsQueue(name);
            case TOPIC -> new PgJmsTopic(name);
            case TEMPORARY_QUEUE -> new PgJmsTemporaryQueue(name, Deletion::refuse);
            case TEMPORARY_TOPIC -> new PgJmsTemporaryTopic(name, Deletion::refuse);
        };
    }

    /**
     * Ours for anybody's: the same object when it is ours already, else one of the same kind and name. Null when there is
     * none, or nothing to go by: a class that is neither queue nor topic, or has no name.
     */
    static @Nullable PgJmsDestination of(@Nullable Destination destination) throws JMSException {
        if (destination instanceof PgJmsDestination ours) {
            return ours;
        }
        if (destination instanceof Queue queue) {
            return named(
                    destination instanceof TemporaryQueue ? Kind.TEMPORARY_QUEUE : Kind.QUEUE, queue.getQueueName());
        }
        if (destination instanceof Topic topic) {
            return named(
                    destination instanceof TemporaryTopic ? Kind.TEMPORARY_TOPIC : Kind.TOPIC, topic.getTopicName());
        }
        return null;
    }

    private static @Nullable PgJmsDestination named(Kind kind, @Nullable String name) {
        return name == null || name.isEmpty() ? null : of(kind, name);
    }

    final String name() {
        return name;
    }

    abstract Kind kind();

    final boolean isTopic() {
        return kind() == Kind.TOPIC || kind() == Kind.TEMPORARY_TOPIC;
    }

    final boolean isTemporary() {
        return kind() == Kind.TEMPORARY_QUEUE || kind() == Kind.TEMPORARY_TOPIC;
    }

    @Override
    public final boolean equals(@Nullable Object other) {
        return other instanceof PgJmsDestination destination
                && destination.kind() == kind()
                && destination.name.equals(name);
    }

    @Override
    public final int hashCode() {
        return 31 * kind().hashCode() + name.hashCode();
    }

    /** Kind and name, as in "queue orders". */
    @Override
    public final String toString() {
        return kind().word() + " " + name;
    }
}
