// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import io.pgqueue.Delivery;

/**
 * Told what happens in this JVM, for metrics and logs. Called in the thread that did it, so implementations return
 * quickly, throw nothing and are safe for use by several threads.
 */
public interface PgQueueObserver {

    /** Watches nothing. */
    PgQueueObserver NONE = new PgQueueObserver() {};

    /** Committed, or, for a publish on a connection of the caller, written. */
    default void published(String destination, int messages) {}

    default void received(String subscription, int deliveries) {}

    default void acked(String subscription, int deliveries) {}

    default void retried(Delivery delivery) {}

    default void deadLettered(Delivery delivery) {}

    /** Settling came too late. */
    default void stale(Delivery delivery) {}
}
