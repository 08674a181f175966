// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import io.pgqueue.Delivery;
import io.pgqueue.PgQueueException;
import io.pgqueue.StaleDeliveryException;
import io.pgqueue.client.PgQueue;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Acks before the handler is called: {@link AckMode#NONE}. */
final class AtMostOnceExecution implements HandlerExecution {

    private static final Logger LOG = LoggerFactory.getLogger(AtMostOnceExecution.class);

    private final PgListenerEndpoint endpoint;
    private final PgQueue queue;

    AtMostOnceExecution(PgListenerEndpoint endpoint, PgQueue queue) {
        this.endpoint = endpoint;
        this.queue = queue;
    }

    @Override
    public void execute(List<Delivery> unit, Settling call) {
        try {
            call.ack();
        } catch (StaleDeliveryException e) {
            // Others of the unit are acked by now, and were promised to the handler at most once, not never.
            handle(unit.stream().filter(d -> !e.deliveries().contains(d)).toList(), call);
            return;
        } catch (PgQueueException e) {
            throw new NotStartedException(String.valueOf(e.getMessage()), e);
        }
        handle(unit, call);
    }

    private void handle(List<Delivery> unit, Settling call) {
        if (unit.isEmpty()) {
            return;
        }
        try {
            HandlerCall.call(endpoint.handler(), unit, call);
        } catch (HandlerFailure e) {
            LOG.error("The {} failed to handle {}, which is lost, as ack mode NONE has it", endpoint, unit, e.thrown());
        }
    }

    @Override
    public boolean rollsBack() {
        return false;
    }

    @Override
    public void acknowledge(List<Delivery> done) {
        // They are.
    }

    @Override
    public boolean renewsRunning() {
        return false;
    }

    @Override
    public void close() {
        // Nothing is left to acknowledge: it was done before.
    }
}
