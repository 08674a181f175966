// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.actuate;

import io.micrometer.observation.transport.Kind;
import io.micrometer.observation.transport.ReceiverContext;
import io.pgqueue.Delivery;
import io.pgqueue.spring.listener.PgListenerEndpoint;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A unit of deliveries being processed and observed. Its carrier are the properties of the message; several deliveries have
 * several origins, so they begin a trace of their own.
 */
public final class PgProcessContext extends ReceiverContext<Map<String, Object>> {

    private final PgListenerEndpoint endpoint;
    private final List<Delivery> deliveries;

    PgProcessContext(PgListenerEndpoint endpoint, List<Delivery> deliveries) {
        super(PgProcessContext::text, Kind.CONSUMER);
        this.endpoint = endpoint;
        this.deliveries = deliveries;
        setCarrier(deliveries.size() == 1 ? deliveries.get(0).properties() : Map.of());
        setRemoteServiceName("pgqueue");
    }

    public PgListenerEndpoint endpoint() {
        return endpoint;
    }

    /** One or more. */
    public List<Delivery> deliveries() {
        return deliveries;
    }

    private static @Nullable String text(@Nullable Map<String, Object> properties, String name) {
        return properties != null && properties.get(name) instanceof String value ? value : null;
    }
}
