// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.actuate;

import io.micrometer.common.KeyValues;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationConvention;
import io.pgqueue.PublishResult;
import java.util.List;

/** Names and key values of the observation of a send; a bean of this type overrides what it wants. */
public interface PgTemplateObservationConvention extends ObservationConvention<PgSendContext> {

    @Override
    default boolean supportsContext(Observation.Context context) {
        return context instanceof PgSendContext;
    }

    @Override
    default String getName() {
        return ObservationNames.PUBLISH;
    }

    @Override
    default String getContextualName(PgSendContext context) {
        return "publish " + context.destination();
    }

    @Override
    default KeyValues getLowCardinalityKeyValues(PgSendContext context) {
        return KeyValues.of(
                ObservationNames.SYSTEM,
                "pgqueue",
                ObservationNames.DESTINATION,
                MeterNames.bounded(context.destination()),
                ObservationNames.OPERATION_NAME,
                "publish",
                ObservationNames.OPERATION_TYPE,
                "send");
    }

    @Override
    default KeyValues getHighCardinalityKeyValues(PgSendContext context) {
        KeyValues values = KeyValues.empty();
        List<PublishResult> results = context.results();
        if (context.messages().size() > 1) {
            return values.and(
                    ObservationNames.BATCH_SIZE,
                    Integer.toString(context.messages().size()));
        }
        if (!results.isEmpty()) {
            values = values.and(
                    ObservationNames.MESSAGE_ID, results.get(0).messageId().toString());
        }
        String conversation = context.messages().get(0).correlationId();
        return conversation == null ? values : values.and(ObservationNames.CONVERSATION_ID, conversation);
    }
}
