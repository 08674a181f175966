// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.actuate;

import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import io.pgqueue.Delivery;
import io.pgqueue.spring.listener.PgListenerEndpoint;
import io.pgqueue.spring.listener.ProcessingObserver;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An observation around handler, error handler and settlement, in the trace of the message. Safe for use by several threads.
 */
public final class ObservedProcessing implements ProcessingObserver {

    private static final PgListenerObservationConvention DEFAULT = new PgListenerObservationConvention() {};

    private final ObservationRegistry registry;
    private final @Nullable PgListenerObservationConvention convention;

    /** @param convention null for the default one */
    public ObservedProcessing(ObservationRegistry registry, @Nullable PgListenerObservationConvention convention) {
        this.registry = registry;
        this.convention = convention;
    }

    @Override
    public Processing started(PgListenerEndpoint endpoint, List<Delivery> unit) {
        Observation observation =
                Observation.start(convention, DEFAULT, () -> new PgProcessContext(endpoint, unit), registry);
        Observation.Scope scope = observation.openScope();
        return new Processing() {
            @Override
            public void failed(Throwable error) {
                observation.error(error);
            }

            @Override
            public void ended() {
                scope.close();
                observation.stop();
            }
        };
    }
}
