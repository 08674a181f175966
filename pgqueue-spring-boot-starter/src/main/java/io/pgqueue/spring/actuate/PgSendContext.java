// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.actuate;

import io.micrometer.observation.transport.Kind;
import io.micrometer.observation.transport.SenderContext;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.PublishResult;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** A send being observed. What a tracer puts into its carrier goes with every message as properties. */
public final class PgSendContext extends SenderContext<Map<String, String>> {

    private final String destination;
    private final List<OutgoingMessage> messages;
    private List<PublishResult> results = List.of();

    PgSendContext(String destination, List<OutgoingMessage> messages) {
        super((carrier, name, value) -> Objects.requireNonNull(carrier).put(name, value), Kind.PRODUCER);
        this.destination = destination;
        this.messages = messages;
        setCarrier(new HashMap<>());
        setRemoteServiceName("pgqueue");
    }

    public String destination() {
        return destination;
    }

    /** As given to the template, one or more. */
    public List<OutgoingMessage> messages() {
        return messages;
    }

    /** In the order of the messages; empty before the end. */
    public List<PublishResult> results() {
        return results;
    }

    void results(List<PublishResult> sent) {
        this.results = sent;
    }
}
