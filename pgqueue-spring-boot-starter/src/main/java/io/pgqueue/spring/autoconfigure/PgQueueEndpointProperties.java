// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.autoconfigure;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Configuration of the Actuator endpoints {@code pgqueue} and {@code pgqueuelisteners}.
 *
 * @param allowPause Whether queues and subscriptions may be paused through the endpoint.
 * @param allowResume Whether queues and subscriptions may be resumed through the endpoint.
 * @param allowRedrive Whether dead letters may be brought back through the endpoint.
 * @param allowPurge Whether waiting messages may be discarded through the endpoint.
 */
@ConfigurationProperties("pgqueue.endpoint")
record PgQueueEndpointProperties(
        boolean allowPause,
        boolean allowResume,
        boolean allowRedrive,
        boolean allowPurge,
        @DefaultValue Listeners listeners) {

    /**
     * What may be done to single listeners of the application.
     *
     * @param allowStart Whether single listeners of this application may be started through the endpoint.
     * @param allowStop Whether single listeners of this application may be stopped through the endpoint.
     * @param allowPause Whether single listeners of this application may be paused through the endpoint.
     * @param allowResume Whether single listeners of this application may be resumed through the endpoint.
     */
    record Listeners(boolean allowStart, boolean allowStop, boolean allowPause, boolean allowResume) {}
}
