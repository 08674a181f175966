// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.actuate;

import io.pgqueue.spring.listener.PgListenerContainer;

/**
 * A listener of this application, as the endpoints show it.
 *
 * @param destination queue or topic
 * @param subscription of a queue, its name once more
 * @param concurrency most handlers at the same time
 */
public record ListenerView(
        String id, String destination, String subscription, ContainerState state, String ackMode, int concurrency) {

    static ListenerView of(PgListenerContainer container) {
        String topic = container.endpoint().topic();
        String name = container.endpoint().name();
        return new ListenerView(
                container.id(),
                topic == null ? name : topic,
                name,
                ContainerState.of(container),
                container.options().ackMode().name(),
                container.options().concurrency());
    }
}
