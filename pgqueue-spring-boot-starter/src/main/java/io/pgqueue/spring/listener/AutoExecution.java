// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import io.pgqueue.Delivery;
import io.pgqueue.StaleDeliveryException;
import io.pgqueue.client.AckBatcher;
import io.pgqueue.client.PgQueue;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Acks after the handler has returned, merged: {@link AckMode#AUTO}. */
final class AutoExecution implements HandlerExecution {

    private static final Logger LOG = LoggerFactory.getLogger(AutoExecution.class);

    private static final int FLUSH_SIZE = 100;
    private static final Duration FLUSH_DELAY = Duration.ofMillis(20);

    private final PgListenerEndpoint endpoint;
    private final AckBatcher acks;

    AutoExecution(PgListenerEndpoint endpoint, PgQueue queue) {
        this.endpoint = endpoint;
        this.acks = queue.ackBatcher(FLUSH_SIZE, FLUSH_DELAY);
    }

    @Override
    public void execute(Delivery delivery) {
        HandlerExecution.call(endpoint.handler(), delivery);
        acks.ack(delivery).whenComplete((nothing, error) -> {
            if (error instanceof StaleDeliveryException) {
                LOG.warn(
                        "The {} took longer than its lease for {}, which somebody else handles as well",
                        endpoint,
                        delivery);
            } else if (error != null) {
                LOG.warn(
                        "The {} could not acknowledge {}, which will be delivered again: {}",
                        endpoint,
                        delivery,
                        error.getMessage());
            }
        });
    }

    @Override
    public boolean renewsRunning() {
        return true;
    }

    @Override
    public void close() {
        acks.close();
    }
}
