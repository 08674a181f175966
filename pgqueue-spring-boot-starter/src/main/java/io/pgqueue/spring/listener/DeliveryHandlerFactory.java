// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import io.pgqueue.Delivery;
import io.pgqueue.spring.PgMessageConverter;
import java.lang.reflect.Method;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.core.MethodParameter;
import org.springframework.core.ReactiveAdapterRegistry;
import org.springframework.messaging.Message;
import org.springframework.messaging.handler.annotation.support.DefaultMessageHandlerMethodFactory;
import org.springframework.messaging.handler.invocation.HandlerMethodArgumentResolver;
import org.springframework.messaging.handler.invocation.HandlerMethodArgumentResolverComposite;
import org.springframework.messaging.handler.invocation.InvocableHandlerMethod;
import org.springframework.validation.Validator;

/**
 * Makes handlers of methods. A method takes the payload (converted to the parameter's type), {@code @Payload},
 * {@code @Header}, {@code @Headers}, {@code Message<?>} and {@link Delivery}, in any order and number; what it returns is
 * ignored.
 */
public final class DeliveryHandlerFactory {

    private final PgMessageConverter converter;
    private final MethodFactory methods;

    /** @param validator checks payloads annotated with {@code @Valid} or {@code @Validated}; null for none */
    public DeliveryHandlerFactory(
            PgMessageConverter converter, @Nullable Validator validator, BeanFactory beanFactory) {
        this.converter = converter;
        this.methods = new MethodFactory();
        methods.setMessageConverter(converter.payloads());
        methods.setCustomArgumentResolvers(List.of(new DeliveryArgumentResolver()));
        methods.setBeanFactory(beanFactory);
        if (validator != null) {
            methods.setValidator(validator);
        }
        methods.afterPropertiesSet();
    }

    /**
     * @throws IllegalStateException if the method returns before its work is done: the delivery would be acknowledged
     *     too early
     */
    public DeliveryHandler create(Object bean, Method method) {
        if (returnsEarly(method.getReturnType())) {
            throw new IllegalStateException("Listener method " + method + " returns a "
                    + method.getReturnType().getSimpleName()
                    + ", but a delivery is done when the method returns: do the work in it and return void");
        }
        InvocableHandlerMethod invocable = methods.createInvocableHandlerMethod(bean, method);
        return delivery -> invocable.invoke(converter.toMessage(delivery), delivery);
    }

    private static boolean returnsEarly(Class<?> type) {
        return Future.class.isAssignableFrom(type)
                || CompletionStage.class.isAssignableFrom(type)
                || ReactiveAdapterRegistry.getSharedInstance().getAdapter(type) != null;
    }

    /** Spring's factory, with methods that tell what they could not read from what the handler threw. */
    private static final class MethodFactory extends DefaultMessageHandlerMethodFactory {

        private final HandlerMethodArgumentResolverComposite resolvers = new HandlerMethodArgumentResolverComposite();

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

    private static final class ReadingHandlerMethod extends InvocableHandlerMethod {

        ReadingHandlerMethod(Object bean, Method method) {
            super(bean, method);
        }

        @Override
        protected @Nullable Object[] getMethodArgumentValues(Message<?> message, Object... provided) {
            try {
                return super.getMethodArgumentValues(message, provided);
            } catch (Exception e) {
                throw new UnreadableDeliveryException(
                        "The delivery does not fit the parameters of " + getShortLogMessage() + ": " + e.getMessage(),
                        e);
            }
        }
    }

    /** Supports the parameter; the value is among those provided with each call. */
    private static final class DeliveryArgumentResolver implements HandlerMethodArgumentResolver {

        @Override
        public boolean supportsParameter(MethodParameter parameter) {
            return parameter.getParameterType() == Delivery.class;
        }

        @Override
        public Object resolveArgument(MethodParameter parameter, Message<?> message) {
            throw new IllegalStateException("No delivery was provided for " + parameter);
        }
    }
}
