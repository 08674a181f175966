// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.actuate;

import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import io.pgqueue.InvalidPropertyException;
import io.pgqueue.MessageTooLargeException;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.PublishResult;
import io.pgqueue.spring.SendInterceptor;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** An observation around each send; the trace goes with the messages as properties. Safe for use by several threads. */
public final class ObservedSends implements SendInterceptor {

    private static final Logger LOG = LoggerFactory.getLogger(ObservedSends.class);
    private static final PgTemplateObservationConvention DEFAULT = new PgTemplateObservationConvention() {};

    private final ObservationRegistry registry;
    private final @Nullable PgTemplateObservationConvention convention;
    private final AtomicBoolean warned = new AtomicBoolean();

    /** @param convention null for the default one */
    public ObservedSends(ObservationRegistry registry, @Nullable PgTemplateObservationConvention convention) {
        this.registry = registry;
        this.convention = convention;
    }

    @Override
    public List<PublishResult> send(
            String destination,
            List<OutgoingMessage> messages,
            Function<List<OutgoingMessage>, List<PublishResult>> send) {
        return observe(registry.getCurrentObservation(), destination, messages, send);
    }

    @Override
    public SendInterceptor forOtherThread() {
        Observation parent = registry.getCurrentObservation();
        return (destination, messages, send) -> observe(parent, destination, messages, send);
    }

    private List<PublishResult> observe(
            @Nullable Observation parent,
            String destination,
            List<OutgoingMessage> messages,
            Function<List<OutgoingMessage>, List<PublishResult>> send) {
        PgSendContext context = new PgSendContext(destination, messages);
        Observation observation = Observation.createNotStarted(convention, DEFAULT, () -> context, registry)
                .parentObservation(parent);
        if (observation.isNoop()) {
            return send.apply(messages);
        }
        return observation.observe(() -> {
            Map<String, String> trace = context.getCarrier();
            List<PublishResult> results = send.apply(
                    trace == null || trace.isEmpty()
                            ? messages
                            : messages.stream()
                                    .map(message -> traced(message, trace))
                                    .toList());
            context.results(results);
            return results;
        });
    }

    /** Without its trace a message is worth as much: a header that is no property, as those of B3, must not stop it. */
    private OutgoingMessage traced(OutgoingMessage message, Map<String, String> trace) {
        OutgoingMessage.Builder builder = message.toBuilder();
        trace.forEach(builder::property);
        try {
            return builder.build();
        } catch (InvalidPropertyException | MessageTooLargeException e) {
            if (warned.compareAndSet(false, true)) {
                LOG.warn("A message is sent without its trace, and so may others be: {}", e.getMessage());
            }
            return message;
        }
    }
}
