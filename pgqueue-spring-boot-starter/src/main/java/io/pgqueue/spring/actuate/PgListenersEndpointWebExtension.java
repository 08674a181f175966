// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.actuate;

import io.pgqueue.spring.actuate.PgListenersEndpoint.Action;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;
import org.springframework.boot.actuate.endpoint.web.annotation.EndpointWebExtension;

/** {@link PgListenersEndpoint} over HTTP. Safe for use by several threads. */
@EndpointWebExtension(endpoint = PgListenersEndpoint.class)
public final class PgListenersEndpointWebExtension {

    private final PgListenersEndpoint endpoint;

    public PgListenersEndpointWebExtension(PgListenersEndpoint endpoint) {
        this.endpoint = endpoint;
    }

    /** As {@link PgListenersEndpoint#act}. */
    @WriteOperation
    public WebEndpointResponse<Object> act(@Selector String id, Action action) {
        return WebAnswer.of(() -> endpoint.act(id, action));
    }
}
