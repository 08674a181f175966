// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import io.pgqueue.Delivery;
import io.pgqueue.spring.PgMessageConverter;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.core.MethodParameter;
import org.springframework.messaging.Message;
import org.springframework.messaging.handler.annotation.support.PayloadMethodArgumentResolver;
import org.springframework.messaging.handler.invocation.HandlerMethodArgumentResolver;
import org.springframework.messaging.support.MessageBuilder;
import org.springframework.validation.Validator;

/** Parameters of batch methods: {@code List} of payloads, of messages or of deliveries, and {@link Acknowledgement}. */
final class BatchArgumentResolver implements HandlerMethodArgumentResolver {

    private final PgMessageConverter converter;
    private final ElementResolver elements;

    BatchArgumentResolver(PgMessageConverter converter, @Nullable Validator validator) {
        this.converter = converter;
        this.elements = new ElementResolver(converter, validator);
    }

    @Override
    public boolean supportsParameter(MethodParameter parameter) {
        return parameter.getParameterType() == Acknowledgement.class || parameter.getParameterType() == List.class;
    }

    @Override
    public Object resolveArgument(MethodParameter parameter, Message<?> message) {
        BatchMessage batch = (BatchMessage) message;
        if (parameter.getParameterType() == Acknowledgement.class) {
            return batch.acknowledgement();
        }
        MethodParameter element = parameter.nested();
        Class<?> type = element.getNestedParameterType();
        return type == Delivery.class ? batch.getPayload() : elements(element, type == Message.class, batch);
    }

    private List<@Nullable Object> elements(MethodParameter element, boolean messages, BatchMessage batch) {
        List<@Nullable Object> converted = new ArrayList<>();
        for (Delivery delivery : batch.getPayload()) {
            try {
                converted.add(messages ? message(element.nested(), delivery) : payload(element, delivery));
            } catch (Exception e) {
                // The one that cannot be read; the handler will be called again with the others.
                throw new BatchFailedException(
                        converted.size(),
                        new UnreadableDeliveryException(
                                "The delivery does not fit the parameters of "
                                        + element.getExecutable().toGenericString() + ": " + e.getMessage(),
                                e));
            }
        }
        return converted;
    }

    private @Nullable Object payload(MethodParameter element, Delivery delivery) throws Exception {
        return elements.resolveArgument(element, converter.toMessage(delivery));
    }

    private Message<?> message(MethodParameter element, Delivery delivery) throws Exception {
        Message<byte[]> raw = converter.toMessage(delivery);
        Object payload = elements.resolveArgument(element, raw);
        if (payload == null) {
            throw new IllegalStateException("It has no body");
        }
        return MessageBuilder.createMessage(payload, raw.getHeaders());
    }

    /** Converts and validates one element, by the type inside the list. */
    private static final class ElementResolver extends PayloadMethodArgumentResolver {

        ElementResolver(PgMessageConverter converter, @Nullable Validator validator) {
            super(converter.payloads(), validator);
        }

        @Override
        protected Class<?> resolveTargetClass(MethodParameter parameter, Message<?> message) {
            return parameter.getNestedParameterType();
        }
    }
}
