// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import io.pgqueue.Delivery;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.MDC;

/**
 * What the calling thread works on, in the logging context until that is restored: destination and subscription, and, for one
 * delivery, message id and attempt; for a container also the consumer, by whose name leases and dead letters are known.
 */
final class DeliveryMdc {

    static final String CONSUMER = "pgqueue.consumer";
    static final String DESTINATION = "pgqueue.destination";
    static final String SUBSCRIPTION = "pgqueue.subscription";
    static final String MESSAGE_ID = "pgqueue.messageId";
    static final String ATTEMPT = "pgqueue.attempt";

    private final @Nullable String consumer = MDC.get(CONSUMER);
    private final @Nullable String destination = MDC.get(DESTINATION);
    private final @Nullable String subscription = MDC.get(SUBSCRIPTION);
    private final @Nullable String messageId = MDC.get(MESSAGE_ID);
    private final @Nullable String attempt = MDC.get(ATTEMPT);

    private DeliveryMdc(Delivery delivery, boolean alone) {
        MDC.put(DESTINATION, delivery.destination());
        MDC.put(SUBSCRIPTION, delivery.subscription());
        if (alone) {
            MDC.put(MESSAGE_ID, delivery.messageId().toString());
            MDC.put(ATTEMPT, Integer.toString(delivery.attempts()));
        }
    }

    /** Within a unit, whose consumer stays. */
    static DeliveryMdc of(Delivery delivery) {
        return new DeliveryMdc(delivery, true);
    }

    /** @param unit not empty */
    static DeliveryMdc of(List<Delivery> unit, String consumer) {
        DeliveryMdc mdc = new DeliveryMdc(unit.get(0), unit.size() == 1);
        MDC.put(CONSUMER, consumer);
        return mdc;
    }

    void restore() {
        set(CONSUMER, consumer);
        set(DESTINATION, destination);
        set(SUBSCRIPTION, subscription);
        set(MESSAGE_ID, messageId);
        set(ATTEMPT, attempt);
    }

    private static void set(String key, @Nullable String value) {
        if (value == null) {
            MDC.remove(key);
        } else {
            MDC.put(key, value);
        }
    }
}
