// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.samples.orders;

import io.pgqueue.Delivery;
import io.pgqueue.spring.annotation.PgListener;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/**
 * Processes orders. Its database work and the acknowledgement are one transaction: an attempt that throws leaves nothing
 * behind, and the message comes back after the backoff.
 */
@Component
class OrderListener {

    private static final Logger LOG = LoggerFactory.getLogger(OrderListener.class);

    private final OrderRepository orders;

    OrderListener(OrderRepository orders) {
        this.orders = orders;
    }

    @PgListener(
            queues = "${orders.queue}",
            concurrency = "${orders.concurrency}",
            batchSize = "${orders.batch-size}",
            lease = "${orders.lease}")
    void process(OrderPlaced order, Delivery delivery) {
        int attempt = delivery.attempts();
        orders.markProcessed(order.orderId(), attempt);
        if (attempt <= simulatedFailures(order.number())) {
            LOG.warn("Order {} fails at attempt {}", order.number(), attempt);
            throw new SimulatedFailure(order.number(), attempt);
        }
        LOG.info("Order {} processed at attempt {}", order.number(), attempt);
    }

    /** Every sixth order fails twice, every other even one once. */
    static int simulatedFailures(int number) {
        return number % 6 == 0 ? 2 : number % 2 == 0 ? 1 : 0;
    }
}
