// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import io.pgqueue.Delivery;
import io.pgqueue.IdleSubscription;
import java.util.Collection;
import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Several observers as one, which never throws: it is called after a commit, which must not look like a failure. No Error
 * either, be it the JVM's own: what it does about memory that ran out (a dump, an exit) it does where that happens, not
 * where it is caught; and who has none will meet that again, but would not know that the message is stored.
 */
final class Observers implements PgQueueObserver {

    private static final Logger LOG = LoggerFactory.getLogger(Observers.class);

    private final List<PgQueueObserver> all;

    Observers(Collection<PgQueueObserver> all) {
        this.all = List.copyOf(all);
    }

    private void tell(Consumer<PgQueueObserver> event) {
        for (PgQueueObserver observer : all) {
            try {
                event.accept(observer);
            } catch (Throwable e) {
                LOG.warn("An observer failed: {}", observer.getClass().getName(), e);
            }
        }
    }

    @Override
    public void published(String destination, int messages) {
        tell(observer -> observer.published(destination, messages));
    }

    @Override
    public void received(String destination, String subscription, int deliveries) {
        tell(observer -> observer.received(destination, subscription, deliveries));
    }

    @Override
    public void acked(String destination, String subscription, int deliveries) {
        tell(observer -> observer.acked(destination, subscription, deliveries));
    }

    @Override
    public void retried(Delivery delivery) {
        tell(observer -> observer.retried(delivery));
    }

    @Override
    public void deadLettered(Delivery delivery) {
        tell(observer -> observer.deadLettered(delivery));
    }

    @Override
    public void stale(Delivery delivery) {
        tell(observer -> observer.stale(delivery));
    }

    @Override
    public void subscriptionExpires(IdleSubscription subscription) {
        tell(observer -> observer.subscriptionExpires(subscription));
    }
}
