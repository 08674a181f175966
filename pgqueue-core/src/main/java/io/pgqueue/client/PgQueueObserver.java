// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import io.pgqueue.Delivery;
import io.pgqueue.IdleSubscription;
import java.util.Collection;

/**
 * Told what happens in this JVM, for metrics and logs. Called in the thread that did it, so implementations return
 * quickly and are safe for use by several threads. What they throw, an Error included, is logged and changes nothing: what they
 * are told of has happened.
 */
public interface PgQueueObserver {

    /** Watches nothing. */
    PgQueueObserver NONE = new PgQueueObserver() {};

    /** Committed, or, for a publish on a connection of the caller, written. */
    default void published(String destination, int messages) {}

    /** @param subscription for a queue the queue's name, here and below */
    default void received(String destination, String subscription, int deliveries) {}

    default void acked(String destination, String subscription, int deliveries) {}

    default void retried(Delivery delivery) {}

    default void deadLettered(Delivery delivery) {}

    /** Settling came too late. */
    default void stale(Delivery delivery) {}

    /**
     * A subscription that nobody consumes from is going to be dropped, or was. Only the JVM that did the pass of maintenance
     * is told, once for each of the two.
     */
    default void subscriptionExpires(IdleSubscription subscription) {}

    /** Tells all of them, in this order. */
    static PgQueueObserver of(Collection<PgQueueObserver> observers) {
        return observers.isEmpty() ? NONE : new Observers(observers);
    }
}
