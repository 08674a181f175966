// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.actuate;

import io.pgqueue.spring.actuate.PgQueueEndpoint.Action;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;
import org.springframework.boot.actuate.endpoint.web.annotation.EndpointWebExtension;

/** {@link PgQueueEndpoint} over HTTP. Safe for use by several threads. */
@EndpointWebExtension(endpoint = PgQueueEndpoint.class)
public final class PgQueueEndpointWebExtension {

    private final PgQueueEndpoint endpoint;

    public PgQueueEndpointWebExtension(PgQueueEndpoint endpoint) {
        this.endpoint = endpoint;
    }

    /** As {@link PgQueueEndpoint#subscription}. */
    @ReadOperation
    public WebEndpointResponse<Object> subscription(
            @Selector String destination, @Selector String subscription, @Nullable Integer deadLetters) {
        return WebAnswer.of(() -> endpoint.subscription(destination, subscription, deadLetters));
    }

    /** As {@link PgQueueEndpoint#act}. */
    @WriteOperation
    public WebEndpointResponse<Object> act(@Selector String destination, @Selector String subscription, Action action) {
        return WebAnswer.of(() -> endpoint.act(destination, subscription, action));
    }
}
