// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.actuate;

import io.micrometer.common.KeyValues;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationConvention;
import io.pgqueue.Delivery;

/** Names and key values of the observation of processing; a bean of this type overrides what it wants. */
public interface PgListenerObservationConvention extends ObservationConvention<PgProcessContext> {

    @Override
    default boolean supportsContext(Observation.Context context) {
        return context instanceof PgProcessContext;
    }

    @Override
    default String getName() {
        return ObservationNames.PROCESS;
    }

    @Override
    default String getContextualName(PgProcessContext context) {
        return "process " + context.deliveries().get(0).subscription();
    }

    @Override
    default KeyValues getLowCardinalityKeyValues(PgProcessContext context) {
        Delivery first = context.deliveries().get(0);
        return KeyValues.of(
                ObservationNames.SYSTEM,
                "pgqueue",
                ObservationNames.DESTINATION,
                MeterNames.bounded(first.destination()),
                ObservationNames.SUBSCRIPTION,
                MeterNames.bounded(first.subscription()),
                ObservationNames.OPERATION_NAME,
                "process",
                ObservationNames.OPERATION_TYPE,
                "process");
    }

    @Override
    default KeyValues getHighCardinalityKeyValues(PgProcessContext context) {
        if (context.deliveries().size() > 1) {
            return KeyValues.of(
                    ObservationNames.BATCH_SIZE,
                    Integer.toString(context.deliveries().size()));
        }
        Delivery delivery = context.deliveries().get(0);
        KeyValues values = KeyValues.of(
                ObservationNames.MESSAGE_ID,
                delivery.messageId().toString(),
                ObservationNames.ATTEMPT,
                Integer.toString(delivery.attempts()));
        String conversation = delivery.headers().correlationId();
        return conversation == null ? values : values.and(ObservationNames.CONVERSATION_ID, conversation);
    }
}
