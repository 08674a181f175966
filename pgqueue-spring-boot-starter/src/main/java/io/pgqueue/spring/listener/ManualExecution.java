// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import io.pgqueue.Delivery;
import io.pgqueue.client.PgQueue;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Leaves settling to the handler: {@link AckMode#MANUAL}. */
final class ManualExecution implements HandlerExecution {

    private static final Logger LOG = LoggerFactory.getLogger(ManualExecution.class);

    private final PgListenerEndpoint endpoint;
    private final PgQueue queue;

    ManualExecution(PgListenerEndpoint endpoint, PgQueue queue) {
        this.endpoint = endpoint;
        this.queue = queue;
    }

    @Override
    public void execute(List<Delivery> unit, Settling call) {
        HandlerCall.call(endpoint.handler(), unit, call);
        for (Delivery delivery : call.unsettled()) {
            LOG.info(
                    "The {} has returned without settling {}: unless another thread settles it, it comes back when its "
                            + "lease ends",
                    endpoint,
                    delivery);
        }
    }

    @Override
    public boolean rollsBack() {
        return false;
    }

    @Override
    public void acknowledge(List<Delivery> done) {
        queue.ack(done);
    }

    @Override
    public boolean renewsRunning() {
        return true;
    }

    @Override
    public void close() {
        // The handler has settled, or never will.
    }
}
