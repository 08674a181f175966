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
 * @param filter of a queue, only what its selector selects is leased; a topic's subscription is declared with it at the
 *     start: made with default settings if it is missing, an error if it has another filter
 * @param handler the application's code
 * @param options what this listener wants other than the options of its factory
 */
public record PgListenerEndpoint(
        String id,
        @Nullable String topic,
        String name,
        ListenerFilter filter,
        ListenerHandler handler,
        UnaryOperator<ContainerOptions.Builder> options) {

    public PgListenerEndpoint {
        if (topic == null && (filter.attributes() != null || filter.body() != null)) {
            throw new IllegalArgumentException("The listener of queue '" + name
                    + "' has an attribute or body filter, which are for topics; " + "use a selector");
        }
    }

    /** A listener of a queue, one delivery at a time, with the options of its factory. */
    public static PgListenerEndpoint ofQueue(String id, String queue, DeliveryHandler handler) {
        return new PgListenerEndpoint(id, null, queue, ListenerFilter.NONE, handler, UnaryOperator.identity());
    }

    /** A listener of a subscription, one delivery at a time, with the options of its factory. */
    public static PgListenerEndpoint ofSubscription(
            String id, String topic, String subscription, DeliveryHandler handler) {
        return new PgListenerEndpoint(id, topic, subscription, ListenerFilter.NONE, handler, UnaryOperator.identity());
    }

    /** The same with a filter. */
    public PgListenerEndpoint withFilter(ListenerFilter other) {
        return new PgListenerEndpoint(id, topic, name, other, handler, options);
    }

    /** The same with other options. */
    public PgListenerEndpoint withOptions(UnaryOperator<ContainerOptions.Builder> other) {
        return new PgListenerEndpoint(id, topic, name, filter, handler, other);
    }

    /** For logs and errors. */
    @Override
    public String toString() {
        return "listener '" + id + "' of "
                + (topic == null ? "queue '" + name + "'" : "subscription '" + name + "' of topic '" + topic + "'");
    }
}
