// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.actuate;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.InvalidEndpointRequestException;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;

/**
 * What an operation gives, over HTTP. By itself Boot answers 204 to a write that finds nothing, and keeps the reason of a
 * refusal to itself, which is what names the property to set.
 */
final class WebAnswer {

    private WebAnswer() {}

    /** 404 for null, 400 with the reason for what is refused. */
    static WebEndpointResponse<Object> of(Supplier<@Nullable Object> operation) {
        try {
            Object result = operation.get();
            return result == null
                    ? new WebEndpointResponse<>(WebEndpointResponse.STATUS_NOT_FOUND)
                    : new WebEndpointResponse<>(result);
        } catch (InvalidEndpointRequestException e) {
            int status = WebEndpointResponse.STATUS_BAD_REQUEST;
            return new WebEndpointResponse<>(new Refusal(status, e.getReason()), status);
        }
    }

    record Refusal(int status, @Nullable String message) {}
}
