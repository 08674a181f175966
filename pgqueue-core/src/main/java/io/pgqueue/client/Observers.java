// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import io.pgqueue.Delivery;
import io.pgqueue.IdleSubscription;
import java.util.Collection;
import java.util.List;

/** Several observers as one. */
final class Observers implements PgQueueObserver {

    private final List<PgQueueObserver> all;

    Observers(Collection<PgQueueObserver> all) {
        this.all = List.copyOf(all);
    }

    @Override
    public void published(String destination, int messages) {
        all.forEach(observer -> observer.published(destination, messages));
    }

    @Override
    public void received(String destination, String subscription, int deliveries) {
        all.forEach(observer -> observer.received(destination, subscription, deliveries));
    }

    @Override
    public void acked(String destination, String subscription, int deliveries) {
        all.forEach(observer -> observer.acked(destination, subscription, deliveries));
    }

    @Override
    public void retried(Delivery delivery) {
        all.forEach(observer -> observer.retried(delivery));
    }

    @Override
    public void deadLettered(Delivery delivery) {
        all.forEach(observer -> observer.deadLettered(delivery));
    }

    @Override
    public void stale(Delivery delivery) {
        all.forEach(observer -> observer.stale(delivery));
    }

    @Override
    public void subscriptionExpires(IdleSubscription subscription) {
        all.forEach(observer -> observer.subscriptionExpires(subscription));
    }
}
