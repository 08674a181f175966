// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.actuate;

import io.pgqueue.NotFoundException;
import io.pgqueue.spring.listener.PgListenerContainer;
import io.pgqueue.spring.listener.PgListenerEndpointRegistry;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.InvalidEndpointRequestException;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;

/**
 * Actuator endpoint {@code pgqueuelisteners}: the listeners of this JVM by their ids, one at a time. Apart from
 * {@link PgQueueEndpoint}, which speaks of the database and so for all JVMs: an id is often the name of a queue, and a pause
 * here must not be taken for a pause there. Safe for use by several threads.
 */
@Endpoint(id = "pgqueuelisteners")
public final class PgListenersEndpoint {

    private final PgListenerEndpointRegistry registry;
    private final Set<Action> allowed;

    /** @param allowed what may be done through the endpoint; reading always may */
    public PgListenersEndpoint(PgListenerEndpointRegistry registry, Set<Action> allowed) {
        this.registry = registry;
        this.allowed = Set.copyOf(allowed);
    }

    /** What can be done to a listener, in this JVM. */
    public enum Action {
        START,
        /** Waits for running handlers, at most the time to stop of the listener. */
        STOP,
        /** Nothing is leased any more; running handlers go on. */
        PAUSE,
        RESUME
    }

    @ReadOperation
    public Listeners listeners() {
        return new Listeners(
                registry.getListenerContainers().stream().map(ListenerView::of).toList());
    }

    /** Null, so 404, if there is none. */
    @ReadOperation
    public @Nullable ListenerView listener(@Selector String id) {
        PgListenerContainer container = registry.getListenerContainer(id);
        return container == null ? null : ListenerView.of(container);
    }

    /**
     * @param action start, stop, pause or resume; one that is so already stays so
     * @return the listener as it is now; null, so 404, if there is none
     */
    @WriteOperation
    public @Nullable ListenerView act(@Selector String id, Action action) {
        if (!allowed.contains(action)) {
            String name = action.name().toLowerCase(Locale.ROOT);
            throw refused("Action '" + name + "' is not allowed here; set pgqueue.endpoint.listeners.allow-" + name
                    + "=true in the application that should allow it");
        }
        PgListenerContainer container = registry.getListenerContainer(id);
        if (container == null) {
            return null;
        }
        switch (action) {
            case START -> start(container);
            case STOP -> stop(container);
            case PAUSE -> container.pause();
            case RESUME -> container.resume();
        }
        return ListenerView.of(container);
    }

    private static void start(PgListenerContainer container) {
        try {
            container.start();
        } catch (NotFoundException e) {
            throw refused(String.valueOf(e.getMessage()));
        }
    }

    private static void stop(PgListenerContainer container) {
        try {
            container.stop();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted while waiting for the handlers of the " + container, e);
        }
    }

    private static InvalidEndpointRequestException refused(String reason) {
        return new InvalidEndpointRequestException(reason, reason);
    }

    /** In the order of their registration. */
    public record Listeners(List<ListenerView> listeners) {}
}
