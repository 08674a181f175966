// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.annotation;

import io.pgqueue.spring.listener.DeadLetterHandler;
import io.pgqueue.spring.listener.DeliveryHandlerFactory;
import io.pgqueue.spring.listener.ListenerFilter;
import io.pgqueue.spring.listener.ListenerHandler;
import io.pgqueue.spring.listener.PgListenerContainerFactory;
import io.pgqueue.spring.listener.PgListenerEndpoint;
import io.pgqueue.spring.listener.PgListenerEndpointRegistry;
import java.lang.reflect.Method;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.config.ConfigurableBeanFactory;
import org.springframework.core.annotation.AnnotatedElementUtils;

/** Makes endpoints of one annotation and registers them. */
final class ListenerRegistration {

    private final DeclaredListener declared;
    private final PgListener listener;
    private final ConfigurableBeanFactory beans;
    private final ListenerTexts texts;
    private final PgListenerEndpointRegistry registry;

    ListenerRegistration(DeclaredListener declared, ConfigurableBeanFactory beans) {
        this.declared = declared;
        this.listener = declared.listener();
        this.beans = beans;
        this.texts = new ListenerTexts(beans);
        this.registry = beans.getBean(PgListenerEndpointRegistry.class);
    }

    void register() {
        PgListenerContainerFactory factory = containerFactory();
        DeliveryHandlerFactory methods = beans.getBean(DeliveryHandlerFactory.class);
        ListenerHandler handler = new HandlerMethods(declared, texts, methods, factory).handler();
        String topic = texts.text("topic", listener.topic());
        String subscription = texts.text("subscription", listener.subscription());
        List<String> queues = texts.names(listener.queues());
        checkKind(topic, subscription, queues);
        if (topic == null) {
            for (int i = 0; i < queues.size(); i++) {
                register(id(queues.get(i), i), null, queues.get(i), handler, factory, methods);
            }
        } else {
            String name = Objects.requireNonNull(subscription);
            register(id(name, 0), topic, name, handler, factory, methods);
        }
    }

    private void register(
            String id,
            @Nullable String topic,
            String name,
            ListenerHandler handler,
            PgListenerContainerFactory factory,
            DeliveryHandlerFactory methods) {
        DeadLetterHandler deadLetters = deadLetterHandler(methods);
        ListenerOptions options = new ListenerOptions(listener, texts, beans);
        PgListenerEndpoint endpoint = new PgListenerEndpoint(
                id,
                topic,
                name,
                filter(),
                handler,
                defaults -> deadLetters == null
                        ? options.apply(defaults)
                        : options.apply(defaults).deadLetterHandler(deadLetters));
        registry.registerListenerContainer(endpoint, factory);
    }

    private ListenerFilter filter() {
        return new ListenerFilter(
                texts.text("selector", listener.selector()),
                texts.text("attributeFilter", listener.attributeFilter()),
                texts.text("bodyFilter", listener.bodyFilter()));
    }

    private PgListenerContainerFactory containerFactory() {
        String name = texts.text("containerFactory", listener.containerFactory());
        return name == null
                ? beans.getBean(PgListenerContainerFactory.class)
                : beans.getBean(name, PgListenerContainerFactory.class);
    }

    private static void checkKind(@Nullable String topic, @Nullable String subscription, List<String> queues) {
        boolean oneKind =
                queues.isEmpty() ? topic != null && subscription != null : topic == null && subscription == null;
        if (!oneKind) {
            throw new IllegalStateException("name either queues, or a topic and a subscription; it has queues " + queues
                    + ", topic " + topic + ", subscription " + subscription);
        }
    }

    private String id(String name, int index) {
        String given = texts.text("id", listener.id());
        if (given != null) {
            return index == 0 ? given : given + "-" + (index + 1);
        }
        String id = name;
        for (int i = 2; registry.getListenerContainer(id) != null; i++) {
            id = name + "-" + i;
        }
        return id;
    }

    /** The method that names this listener, else the one that names none. */
    private @Nullable DeadLetterHandler deadLetterHandler(DeliveryHandlerFactory methods) {
        String id = texts.text("id", listener.id());
        Method general = null;
        for (Method method : declared.deadLetters()) {
            PgDeadLetterHandler annotation = Objects.requireNonNull(
                    AnnotatedElementUtils.findMergedAnnotation(method, PgDeadLetterHandler.class));
            List<String> ids = texts.names(annotation.value());
            requireListeners(method, ids);
            if (id != null && ids.contains(id)) {
                return methods.createForDeadLetters(declared.bean(), method);
            }
            if (ids.isEmpty() && general != null) {
                throw new IllegalStateException("both " + general + " and " + method
                        + " handle the dead letters of all listeners of the class; name ids in one of them");
            }
            general = ids.isEmpty() ? method : general;
        }
        return general == null ? null : methods.createForDeadLetters(declared.bean(), general);
    }

    private void requireListeners(Method method, List<String> ids) {
        List<String> known = declared.siblings().stream()
                .map(sibling -> texts.text("id", sibling.id()))
                .filter(Objects::nonNull)
                .toList();
        List<String> unknown = ids.stream().filter(id -> !known.contains(id)).toList();
        if (!unknown.isEmpty()) {
            throw new IllegalStateException("@PgDeadLetterHandler on " + method + " names " + unknown
                    + ", but the listeners of its class have the ids " + known
                    + "; correct it, or give the listener an id");
        }
    }
}
