// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.samples.orders.demo;

import io.pgqueue.Delivery;
import io.pgqueue.client.PgQueueObserver;

/** Writes down what the consumer of this JVM received and how it ended. */
final class ConsumerActivity implements PgQueueObserver {

    private final Part consumer;

    ConsumerActivity(Part consumer) {
        this.consumer = consumer;
    }

    @Override
    public void received(String destination, String subscription, int deliveries) {
        consumer.add(Activity.DELIVERIES, deliveries);
        consumer.line("received " + deliveries);
    }

    @Override
    public void acked(String destination, String subscription, int deliveries) {
        consumer.add(Activity.ACKS, deliveries);
    }

    @Override
    public void retried(Delivery delivery) {
        consumer.add(Activity.RETRIES, 1);
    }

    @Override
    public void deadLettered(Delivery delivery) {
        consumer.add(Activity.DEAD, 1);
        consumer.line("dead letter " + delivery.messageId());
    }
}
