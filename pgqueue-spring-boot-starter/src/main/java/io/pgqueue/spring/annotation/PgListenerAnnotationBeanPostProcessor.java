// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.annotation;

import java.lang.annotation.Annotation;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.aop.framework.AopInfrastructureBean;
import org.springframework.aop.framework.AopProxyUtils;
import org.springframework.aop.support.AopUtils;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.BeanFactoryAware;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.beans.factory.config.ConfigurableBeanFactory;
import org.springframework.core.MethodIntrospector;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.core.annotation.AnnotationUtils;

/**
 * Registers a container for every {@link PgListener} on beans and their methods, once all singletons are there, and after
 * them what {@link PgListenerConfigurer} beans register; for beans made later, at once.
 */
public final class PgListenerAnnotationBeanPostProcessor
        implements BeanPostProcessor, BeanFactoryAware, SmartInitializingSingleton, Ordered {

    private final ReentrantLock lock = new ReentrantLock();
    private final List<DeclaredListener> waiting = new ArrayList<>();
    private @Nullable BeanFactory beanFactory;
    private boolean ready;

    @Override
    public void setBeanFactory(BeanFactory beanFactory) {
        this.beanFactory = beanFactory;
    }

    /** After proxies have been made: a listener method of a transactional bean is called through its proxy. */
    @Override
    public int getOrder() {
        return LOWEST_PRECEDENCE;
    }

    @Override
    public Object postProcessAfterInitialization(Object bean, String beanName) {
        if (bean instanceof AopInfrastructureBean) {
            return bean;
        }
        Class<?> type = AopProxyUtils.ultimateTargetClass(bean);
        if (AnnotationUtils.isCandidateClass(type, List.of(PgListener.class, PgListeners.class))) {
            declareAll(bean, type);
        }
        return bean;
    }

    @Override
    public void afterSingletonsInstantiated() {
        List<DeclaredListener> all;
        lock.lock();
        try {
            ready = true;
            all = List.copyOf(waiting);
            waiting.clear();
        } finally {
            lock.unlock();
        }
        all.forEach(this::register);
        BeanFactory beans = beanFactory;
        if (beans != null) {
            PgListenerRegistrar registrar = new PgListenerRegistrar(beans);
            beans.getBeanProvider(PgListenerConfigurer.class)
                    .orderedStream()
                    .forEach(configurer -> configurer.configurePgListeners(registrar));
        }
    }

    private void declareAll(Object bean, Class<?> type) {
        List<Method> deadLetters = methods(bean, type, PgDeadLetterHandler.class);
        Set<PgListener> ofClass = listeners(type);
        Map<Method, Set<PgListener>> ofMethods =
                MethodIntrospector.selectMethods(type, (MethodIntrospector.MetadataLookup<Set<PgListener>>) method -> {
                    Set<PgListener> found = listeners(method);
                    return found.isEmpty() ? null : found;
                });
        List<PgListener> all = Stream.concat(
                        ofClass.stream(), ofMethods.values().stream().flatMap(Set::stream))
                .toList();
        if (all.isEmpty() && !deadLetters.isEmpty()) {
            throw new InvalidListenerException(
                    "@PgDeadLetterHandler on " + deadLetters.get(0)
                            + ": its class has no @PgListener, so it would never be called; move it to the class of the listener");
        }
        if (!ofClass.isEmpty()) {
            List<Method> handlers = methods(bean, type, PgHandler.class);
            ofClass.forEach(
                    listener -> declare(new DeclaredListener(bean, type, null, handlers, deadLetters, all, listener)));
        }
        // Reflection has no order of its own, and numbered ids must be the same after every start.
        ofMethods.entrySet().stream()
                .sorted(Comparator.comparing(entry -> entry.getKey().toGenericString()))
                .forEach(entry -> {
                    Method invocable = AopUtils.selectInvocableMethod(entry.getKey(), bean.getClass());
                    entry.getValue()
                            .forEach(listener -> declare(new DeclaredListener(
                                    bean, type, invocable, List.of(), deadLetters, all, listener)));
                });
    }

    /** Its own, else those of what it overrides or implements: a listener that is not found is one that nobody misses. */
    private static Set<PgListener> listeners(AnnotatedElement element) {
        Set<PgListener> own =
                AnnotatedElementUtils.getMergedRepeatableAnnotations(element, PgListener.class, PgListeners.class);
        return own.isEmpty()
                ? AnnotatedElementUtils.findMergedRepeatableAnnotations(element, PgListener.class, PgListeners.class)
                : own;
    }

    private static List<Method> methods(Object bean, Class<?> type, Class<? extends Annotation> annotation) {
        Set<Method> found = MethodIntrospector.selectMethods(type, (MethodIntrospector.MetadataLookup<Boolean>)
                        method -> AnnotatedElementUtils.hasAnnotation(method, annotation) ? true : null)
                .keySet();
        return found.stream()
                .sorted(Comparator.comparing(Method::toGenericString))
                .map(method -> AopUtils.selectInvocableMethod(method, bean.getClass()))
                .toList();
    }

    private void declare(DeclaredListener declared) {
        lock.lock();
        try {
            if (!ready) {
                waiting.add(declared);
                return;
            }
        } finally {
            lock.unlock();
        }
        register(declared);
    }

    private void register(DeclaredListener declared) {
        if (!(beanFactory instanceof ConfigurableBeanFactory factory)) {
            throw new IllegalStateException("@PgListener needs a ConfigurableBeanFactory, this is " + beanFactory);
        }
        try {
            new ListenerRegistration(declared, factory).register();
        } catch (IllegalStateException | IllegalArgumentException e) {
            throw new InvalidListenerException("@PgListener on " + declared.place() + ": " + e.getMessage(), e);
        }
    }
}
