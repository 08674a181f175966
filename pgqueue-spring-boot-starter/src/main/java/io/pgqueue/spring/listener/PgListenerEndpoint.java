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
 * @param handler the application's code
 * @param options what this listener wants other than the options of its factory
 */
public record PgListenerEndpoint(
        String id,
        @Nullable String topic,
        String name,
        DeliveryHandler handler,
        UnaryOperator<ContainerOptions> options) {

    /** A listener of a queue with the options of its factory. */
    public static PgListenerEndpoint ofQueue(String id, String queue, DeliveryHandler handler) {
        return new PgListenerEndpoint(id, null, queue, handler, UnaryOperator.identity());
    }

    /** A listener of a topic's subscription with the options of its factory. */
    public static PgListenerEndpoint ofSubscription(
            String id, String topic, String subscription, DeliveryHandler handler) {
        return new PgListenerEndpoint(id, topic, subscription, handler, UnaryOperator.identity());
    }

    /** The same with other options. */
    public PgListenerEndpoint withOptions(UnaryOperator<ContainerOptions> other) {
        return new PgListenerEndpoint(id, topic, name, handler, other);
    }

    /** For logs and errors. */
    @Override
    public String toString() {
        return "listener '" + id + "' of "
                + (topic == null ? "queue '" + name + "'" : "subscription '" + name + "' of topic '" + topic + "'");
    }
}
