// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import io.pgqueue.Delivery;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Publishes a container's events. Whatever a listener to them throws stays here, an Error included: it must not change what
 * happens, nor end the thread that tells it, which is the container's own.
 */
final class ContainerEvents {

    private static final Logger LOG = LoggerFactory.getLogger(ContainerEvents.class);

    private final PgListenerContainer container;
    private final Consumer<PgListenerEvent> publisher;

    ContainerEvents(PgListenerContainer container, Consumer<PgListenerEvent> publisher) {
        this.container = container;
        this.publisher = publisher;
    }

    void started() {
        publish(new PgListenerEvent.Started(container));
    }

    void stopped() {
        publish(new PgListenerEvent.Stopped(container));
    }

    void paused() {
        publish(new PgListenerEvent.Paused(container));
    }

    void resumed() {
        publish(new PgListenerEvent.Resumed(container));
    }

    void idle(Duration time) {
        publish(new PgListenerEvent.Idle(container, time));
    }

    void unavailable(Throwable error) {
        publish(new PgListenerEvent.Unavailable(container, error));
    }

    void recovered() {
        publish(new PgListenerEvent.Recovered(container));
    }

    void deadLettered(Delivery delivery, @Nullable Throwable error) {
        publish(new PgListenerEvent.DeadLettered(container, delivery, error));
    }

    private void publish(PgListenerEvent event) {
        try {
            publisher.accept(event);
        } catch (Throwable e) {
            LOG.error(
                    "A listener to events of the {} failed on {}",
                    container,
                    event.getClass().getSimpleName(),
                    e);
        }
    }
}
