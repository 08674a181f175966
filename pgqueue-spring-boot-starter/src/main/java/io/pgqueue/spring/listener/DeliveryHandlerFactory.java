// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import io.pgqueue.Delivery;
import io.pgqueue.spring.PgMessageConverter;
import java.lang.reflect.Method;
import java.lang.reflect.Parameter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.core.KotlinDetector;
import org.springframework.core.MethodParameter;
import org.springframework.core.ReactiveAdapterRegistry;
import org.springframework.core.ResolvableType;
import org.springframework.messaging.Message;
import org.springframework.messaging.handler.annotation.Header;
import org.springframework.messaging.handler.annotation.Headers;
import org.springframework.messaging.handler.annotation.Payload;
import org.springframework.messaging.handler.annotation.support.DefaultMessageHandlerMethodFactory;
import org.springframework.messaging.handler.invocation.HandlerMethodArgumentResolver;
import org.springframework.messaging.handler.invocation.HandlerMethodArgumentResolverComposite;
import org.springframework.messaging.handler.invocation.InvocableHandlerMethod;
import org.springframework.messaging.support.MessageHeaderAccessor;
import org.springframework.validation.Validator;

/**
 * Makes handlers of methods. A method takes the payload (converted to the parameter's type), {@code @Payload},
 * {@code @Header}, {@code @Headers}, {@code Message<?>}, {@link Delivery} and {@link Acknowledgement}, in any order and
 * number. Safe for use by several threads.
 */
public final class DeliveryHandlerFactory {

    private final PgMessageConverter converter;
    private final List<HandlerMethodArgumentResolver> custom;
    private final MethodFactory methods;
    private final MethodFactory batches;

    private DeliveryHandlerFactory(Builder builder) {
        this.converter = builder.converter;
        this.custom = List.copyOf(builder.custom);
        this.methods = new MethodFactory(builder, new CallArgumentResolver());
        this.batches = new MethodFactory(builder, new BatchArgumentResolver(converter, builder.validator));
    }

    /** @param beanFactory resolves placeholders and expressions in annotations of parameters */
    public static Builder builder(PgMessageConverter converter, BeanFactory beanFactory) {
        return new Builder(converter, beanFactory);
    }

    /**
     * @param sendTo where return values go when the message has no reply address, null for nowhere
     * @param publisher publishes return values, in the transaction of the calling thread
     * @throws IllegalStateException if the method returns before its work is done: the delivery would be acknowledged
     *     too early; or if it takes more than one payload or a list of deliveries: no message would fit
     */
    public DeliveryHandler create(Object bean, Method method, @Nullable String sendTo, ReplyPublisher publisher) {
        requireWorkDoneAtReturn(method);
        requireOnePayload(method);
        InvocableHandlerMethod invocable = methods.createInvocableHandlerMethod(bean, method);
        Replies replies = new Replies(converter, publisher, sendTo);
        return (delivery, acknowledgement) -> {
            Message<byte[]> message = converter.toMessage(delivery);
            Object result = invocable.invoke(new DeliveryMessage(message, delivery, acknowledgement, null));
            replies.reply(delivery, result);
        };
    }

    /**
     * For a method that takes {@code List} of payloads, of {@code Message<?>} or of {@link Delivery}, and perhaps an
     * {@link Acknowledgement}. What it returns is one message to {@code sendTo}.
     *
     * @throws IllegalStateException if it takes something else
     */
    public BatchHandler createBatch(Object bean, Method method, @Nullable String sendTo, ReplyPublisher publisher) {
        requireWorkDoneAtReturn(method);
        for (Parameter parameter : method.getParameters()) {
            if (parameter.getType() != List.class
                    && parameter.getType() != Acknowledgement.class
                    && !isCustom(MethodParameter.forParameter(parameter))) {
                throw new IllegalStateException("Batch listener method " + method + " takes a "
                        + parameter.getType().getName()
                        + ", but a batch is a List of payloads, of Message or of Delivery, and an Acknowledgement");
            }
        }
        InvocableHandlerMethod invocable = batches.createInvocableHandlerMethod(bean, method);
        Replies replies = new Replies(converter, publisher, sendTo);
        return (deliveries, acknowledgement) ->
                replies.send(invocable.invoke(new BatchMessage(deliveries, acknowledgement)));
    }

    /** For a method that also takes the exception, null if there was none. */
    public DeadLetterHandler createForDeadLetters(Object bean, Method method) {
        requireWorkDoneAtReturn(method);
        InvocableHandlerMethod invocable = methods.createInvocableHandlerMethod(bean, method);
        return (delivery, error) ->
                invocable.invoke(new DeliveryMessage(converter.toMessage(delivery), delivery, null, error));
    }

    /**
     * A handler for each type that messages say they are.
     *
     * @param otherwise for those of another type or of none, null if they cannot be handled
     */
    public DeliveryHandler byType(Map<String, DeliveryHandler> handlers, @Nullable DeliveryHandler otherwise) {
        return (delivery, acknowledgement) -> {
            String type = delivery.headers().type();
            DeliveryHandler known = type == null ? otherwise : handlers.getOrDefault(type, otherwise);
            if (known == null) {
                throw new UnreadableDeliveryException(
                        "No method handles messages of type " + type + ", only those of " + handlers.keySet());
            }
            known.handle(delivery, acknowledgement);
        };
    }

    /** The simple names of the classes of payload that a method takes. */
    public List<String> payloadTypes(Method method) {
        return Arrays.stream(method.getParameters())
                .map(MethodParameter::forParameter)
                .filter(DeliveryHandlerFactory::isPayload)
                .filter(parameter -> !isCustom(parameter))
                .map(parameter -> parameter.getParameterType().getSimpleName())
                .toList();
    }

    private boolean isCustom(MethodParameter parameter) {
        return custom.stream().anyMatch(resolver -> resolver.supportsParameter(parameter));
    }

    private static boolean isPayload(MethodParameter parameter) {
        Class<?> type = parameter.getParameterType();
        return parameter.hasParameterAnnotation(Payload.class)
                || !parameter.hasParameterAnnotation(Header.class)
                        && !parameter.hasParameterAnnotation(Headers.class)
                        && type != Delivery.class
                        && type != Acknowledgement.class
                        && !Message.class.isAssignableFrom(type)
                        && !MessageHeaderAccessor.class.isAssignableFrom(type)
                        && !Map.class.isAssignableFrom(type);
    }

    /** Otherwise the application starts, and every message becomes a dead letter. */
    private void requireOnePayload(Method method) {
        List<MethodParameter> payloads = Arrays.stream(method.getParameters())
                .map(MethodParameter::forParameter)
                .filter(DeliveryHandlerFactory::isPayload)
                .filter(parameter -> !isCustom(parameter))
                .toList();
        for (MethodParameter payload : payloads) {
            Class<?> element = ResolvableType.forMethodParameter(payload)
                    .as(Collection.class)
                    .getGeneric()
                    .resolve(Object.class);
            if (element == Delivery.class || Message.class.isAssignableFrom(element)) {
                throw new IllegalStateException("Listener method " + method + " takes several deliveries ("
                        + payload.getParameterType().getSimpleName() + " of " + element.getSimpleName()
                        + "), which only a batch listener gets: set batch = true");
            }
        }
        List<String> plain = payloads.stream()
                .filter(parameter -> !parameter.hasParameterAnnotation(Payload.class))
                .map(parameter -> parameter.getParameterType().getSimpleName())
                .toList();
        if (plain.size() > 1) {
            throw new IllegalStateException(
                    "Listener method " + method + " takes " + plain.size() + " payloads (" + String.join(", ", plain)
                            + "), but a message has one: annotate what comes from a property or header with @Header");
        }
    }

    private static void requireWorkDoneAtReturn(Method method) {
        if (KotlinDetector.isSuspendingFunction(method)) {
            throw new IllegalStateException(
                    "Listener method " + method + " is a suspend function, but a delivery is done"
                            + " when the method returns, in the transaction of its thread: declare it without suspend, and call"
                            + " what suspends in runBlocking");
        }
        Class<?> type = method.getReturnType();
        if (Future.class.isAssignableFrom(type)
                || CompletionStage.class.isAssignableFrom(type)
                || ReactiveAdapterRegistry.getSharedInstance().getAdapter(type) != null) {
            throw new IllegalStateException("Listener method " + method + " returns a " + type.getSimpleName()
                    + ", but a delivery is done when the method returns: do the work in it and return void");
        }
    }

    /** Spring's factory, with methods that tell what they could not read from what the handler threw. */
    private static final class MethodFactory extends DefaultMessageHandlerMethodFactory {

        private final HandlerMethodArgumentResolverComposite resolvers = new HandlerMethodArgumentResolverComposite();

        MethodFactory(Builder builder, HandlerMethodArgumentResolver own) {
            setMessageConverter(builder.converter.payloads());
            List<HandlerMethodArgumentResolver> all = new ArrayList<>(builder.custom);
            all.add(own);
            setCustomArgumentResolvers(all);
            setBeanFactory(builder.beanFactory);
            if (builder.validator != null) {
                setValidator(builder.validator);
            }
            afterPropertiesSet();
        }

        @Override
        protected List<HandlerMethodArgumentResolver> initArgumentResolvers() {
            List<HandlerMethodArgumentResolver> all = super.initArgumentResolvers();
            resolvers.addResolvers(all);
            return all;
        }

        @Override
        public InvocableHandlerMethod createInvocableHandlerMethod(Object bean, Method method) {
            ReadingHandlerMethod handler = new ReadingHandlerMethod(bean, method);
            handler.setMessageMethodArgumentResolvers(resolvers);
            return handler;
        }
    }

    /** Not safe for use by several threads. */
    public static final class Builder {

        private final PgMessageConverter converter;
        private final BeanFactory beanFactory;
        private final List<HandlerMethodArgumentResolver> custom = new ArrayList<>();
        private @Nullable Validator validator;

        private Builder(PgMessageConverter converter, BeanFactory beanFactory) {
            this.converter = converter;
            this.beanFactory = beanFactory;
        }

        /** Checks payloads annotated with {@code @Valid} or {@code @Validated}; null for none, which is the default. */
        public Builder validator(@Nullable Validator validator) {
            this.validator = validator;
            return this;
        }

        /**
         * One more kind of parameter, asked before ours and after those for {@code @Header} and the like. The message has the
         * headers of the delivery ({@link io.pgqueue.spring.PgHeaders}) and its body as bytes; for a method that takes batches,
         * the list of deliveries. What it throws makes the delivery unreadable.
         */
        public Builder argumentResolver(HandlerMethodArgumentResolver resolver) {
            custom.add(resolver);
            return this;
        }

        public DeliveryHandlerFactory build() {
            return new DeliveryHandlerFactory(this);
        }
    }

    private static final class ReadingHandlerMethod extends InvocableHandlerMethod {

        ReadingHandlerMethod(Object bean, Method method) {
            super(bean, method);
        }

        @Override
        protected @Nullable Object[] getMethodArgumentValues(Message<?> message, @Nullable Object... provided) {
            try {
                return super.getMethodArgumentValues(message, provided);
            } catch (BatchFailedException e) {
                throw e;
            } catch (Exception e) {
                throw new UnreadableDeliveryException(
                        "The delivery does not fit the parameters of " + getShortLogMessage() + ": " + e.getMessage(),
                        e);
            }
        }
    }
}
