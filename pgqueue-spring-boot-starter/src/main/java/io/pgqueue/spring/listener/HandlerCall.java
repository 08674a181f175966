// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import io.pgqueue.Delivery;
import io.pgqueue.spring.HandledDelivery;
import java.util.List;

/** The way into the application's code. */
final class HandlerCall {

    private HandlerCall() {}

    /**
     * Tells failures of the handler from all others. An interrupt is over with it: settling must not suffer from it (a
     * virtual thread would lose its connection), and the worker of a stopping container ends without.
     *
     * @throws HandlerFailure if it failed
     */
    static void call(ListenerHandler handler, List<Delivery> unit, Settling call) {
        try {
            if (handler instanceof BatchHandler batch) {
                batch.handle(unit, call);
            } else if (handler instanceof DeliveryHandler single) {
                if (unit.size() == 1) {
                    // Whoever processes the unit has put it into the logging context already.
                    Delivery only = unit.get(0);
                    HandledDelivery.with(only, () -> single.handle(only, call));
                    return;
                }
                for (Delivery delivery : unit) {
                    DeliveryMdc mdc = DeliveryMdc.of(delivery);
                    try {
                        HandledDelivery.with(delivery, () -> single.handle(delivery, call.only(delivery)));
                    } finally {
                        mdc.restore();
                    }
                }
            }
        } catch (Throwable e) {
            throw new HandlerFailure(e);
        } finally {
            Thread.interrupted();
        }
    }
}
