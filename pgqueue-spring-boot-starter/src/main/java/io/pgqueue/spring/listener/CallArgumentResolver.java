// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import io.pgqueue.Delivery;
import org.jspecify.annotations.Nullable;
import org.springframework.core.MethodParameter;
import org.springframework.messaging.Message;
import org.springframework.messaging.handler.invocation.HandlerMethodArgumentResolver;

/** Parameters of type {@link Delivery}, {@link Acknowledgement}, and of the types of exceptions. */
final class CallArgumentResolver implements HandlerMethodArgumentResolver {

    @Override
    public boolean supportsParameter(MethodParameter parameter) {
        Class<?> type = parameter.getParameterType();
        return type == Delivery.class || type == Acknowledgement.class || Throwable.class.isAssignableFrom(type);
    }

    @Override
    public @Nullable Object resolveArgument(MethodParameter parameter, Message<?> message) {
        DeliveryMessage call = (DeliveryMessage) message;
        Class<?> type = parameter.getParameterType();
        if (type == Delivery.class) {
            return call.delivery();
        }
        if (type == Acknowledgement.class) {
            return call.acknowledgement();
        }
        return type.isInstance(call.error()) ? call.error() : null;
    }
}
