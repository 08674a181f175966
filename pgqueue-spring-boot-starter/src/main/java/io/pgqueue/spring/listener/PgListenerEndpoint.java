// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What is listened to, by whom. Knows no threads.
 *
 * @param id unique among the listeners of an application; part of thread names
 * @param topic topic of the subscription, null for a queue
 * @param name name of the subscription or queue
 * @param selector of a queue, only what it selects is leased; a topic's subscription is declared with it at the start.
 *     Null for none
 * @param handler the application's code
 * @param options what this listener wants other than the options of its factory
 */
public record PgListenerEndpoint(
        String id,
        @Nullable String topic,
        String name,
        @Nullable String selector,
        ListenerHandler handler,
        UnaryOperator<ContainerOptions.Builder> options) {

    /** A listener of a queue, one delivery at a time, with the options of its factory. */
    public static PgListenerEndpoint ofQueue(String id, String queue, DeliveryHandler handler) {
        return new PgListenerEndpoint(id, null, queue, null, handler, UnaryOperator.identity());
    }

    /** A listener of a subscription, one delivery at a time, with the options of its factory. */
    public static PgListenerEndpoint ofSubscription(
            String id, String topic, String subscription, DeliveryHandler handler) {
        return new PgListenerEndpoint(id, topic, subscription, null, handler, UnaryOperator.identity());
    }

    /** The same with a selector, in the language of Jakarta Messaging. */
    public PgListenerEndpoint withSelector(@Nullable String other) {
        return new PgListenerEndpoint(id, topic, name, other, handler, options);
    }

    /** The same with other options. */
    public PgListenerEndpoint withOptions(UnaryOperator<ContainerOptions.Builder> other) {
        return new PgListenerEndpoint(id, topic, name, selector, handler, other);
    }

    /** For logs and errors. */
    @Override
    public String toString() {
        return "listener '" + id + "' of "
                + (topic == null ? "queue '" + name + "'" : "subscription '" + name + "' of topic '" + topic + "'");
    }
}
