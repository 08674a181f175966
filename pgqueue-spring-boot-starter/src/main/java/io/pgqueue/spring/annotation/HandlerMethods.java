// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.annotation;

import io.pgqueue.spring.listener.DeliveryHandler;
import io.pgqueue.spring.listener.DeliveryHandlerFactory;
import io.pgqueue.spring.listener.ListenerHandler;
import io.pgqueue.spring.listener.PgListenerContainerFactory;
import io.pgqueue.spring.listener.ReplyPublisher;
import java.lang.reflect.Method;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.messaging.handler.annotation.SendTo;

/** The application's methods behind one annotation. */
final class HandlerMethods {

    private final DeclaredListener declared;
    private final ListenerTexts texts;
    private final DeliveryHandlerFactory methods;
    private final ReplyPublisher publisher;

    HandlerMethods(
            DeclaredListener declared,
            ListenerTexts texts,
            DeliveryHandlerFactory methods,
            PgListenerContainerFactory factory) {
        this.declared = declared;
        this.texts = texts;
        this.methods = methods;
        this.publisher = factory.replies();
    }

    ListenerHandler handler() {
        Method method = declared.method();
        if (method == null) {
            return byType();
        }
        return declared.listener().batch()
                ? methods.createBatch(declared.bean(), method, sendTo(method), publisher)
                : methods.create(declared.bean(), method, sendTo(method), publisher);
    }

    private DeliveryHandler byType() {
        if (declared.handlers().isEmpty() || declared.listener().batch()) {
            throw new IllegalStateException(
                    declared.listener().batch()
                            ? "a class cannot be a batch listener; put the annotation on a method"
                            : "the class has no method with @PgHandler; add one, or put @PgListener on a method");
        }
        Map<String, DeliveryHandler> handlers = new HashMap<>();
        DeliveryHandler otherwise = null;
        for (Method method : declared.handlers()) {
            PgHandler annotation =
                    Objects.requireNonNull(AnnotatedElementUtils.findMergedAnnotation(method, PgHandler.class));
            DeliveryHandler handler = methods.create(declared.bean(), method, sendTo(method), publisher);
            if (annotation.isDefault()) {
                if (otherwise != null) {
                    throw new IllegalStateException("two methods are the default; a type can go to one only");
                }
                otherwise = handler;
            }
            for (String type : types(method, annotation)) {
                if (handlers.put(type, handler) != null) {
                    throw new IllegalStateException("two methods handle messages of type " + type);
                }
            }
        }
        return methods.byType(handlers, otherwise);
    }

    private List<String> types(Method method, PgHandler annotation) {
        List<String> named = texts.names(annotation.value());
        if (!named.isEmpty()) {
            return named;
        }
        List<String> payloads = methods.payloadTypes(method);
        if (payloads.size() == 1) {
            return payloads;
        }
        if (annotation.isDefault()) {
            return List.of();
        }
        throw new IllegalStateException(method + " does not say which types it handles: name them in @PgHandler");
    }

    private @Nullable String sendTo(Method method) {
        SendTo annotation = AnnotatedElementUtils.findMergedAnnotation(method, SendTo.class);
        if (annotation == null) {
            annotation = AnnotatedElementUtils.findMergedAnnotation(declared.type(), SendTo.class);
        }
        if (annotation == null) {
            return null;
        }
        List<String> names = texts.names(annotation.value());
        if (names.size() != 1) {
            throw new IllegalStateException(
                    "@SendTo of " + method + " names " + names + ", must be one queue or topic");
        }
        return names.get(0);
    }
}
