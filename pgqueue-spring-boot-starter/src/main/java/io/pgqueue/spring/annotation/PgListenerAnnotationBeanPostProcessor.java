// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.annotation;

import io.pgqueue.spring.listener.AckMode;
import io.pgqueue.spring.listener.ContainerOptions;
import io.pgqueue.spring.listener.DeliveryHandler;
import io.pgqueue.spring.listener.DeliveryHandlerFactory;
import io.pgqueue.spring.listener.PgListenerContainerFactory;
import io.pgqueue.spring.listener.PgListenerEndpoint;
import io.pgqueue.spring.listener.PgListenerEndpointRegistry;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.UnaryOperator;
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
 * Registers a container for every {@link PgListener} on methods of beans, once all singletons are there; for beans made
 * later, at once.
 */
public final class PgListenerAnnotationBeanPostProcessor
        implements BeanPostProcessor, BeanFactoryAware, SmartInitializingSingleton, Ordered {

    private final ReentrantLock lock = new ReentrantLock();
    private final List<Declared> waiting = new ArrayList<>();
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
            Map<Method, Set<PgListener>> methods = MethodIntrospector.selectMethods(
                    type, (MethodIntrospector.MetadataLookup<Set<PgListener>>) method -> {
                        Set<PgListener> found = AnnotatedElementUtils.getMergedRepeatableAnnotations(
                                method, PgListener.class, PgListeners.class);
                        return found.isEmpty() ? null : found;
                    });
            // Reflection has no order of its own, and numbered ids must be the same after every start.
            methods.entrySet().stream()
                    .sorted(Comparator.comparing(entry -> entry.getKey().toGenericString()))
                    .forEach(entry -> {
                        Method invocable = AopUtils.selectInvocableMethod(entry.getKey(), bean.getClass());
                        entry.getValue().forEach(listener -> declare(new Declared(bean, invocable, listener)));
                    });
        }
        return bean;
    }

    @Override
    public void afterSingletonsInstantiated() {
        List<Declared> all;
        lock.lock();
        try {
            ready = true;
            all = List.copyOf(waiting);
            waiting.clear();
        } finally {
            lock.unlock();
        }
        all.forEach(this::register);
    }

    private void declare(Declared declared) {
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

    private void register(Declared declared) {
        if (!(beanFactory instanceof ConfigurableBeanFactory factory)) {
            throw new IllegalStateException("@PgListener needs a ConfigurableBeanFactory, this is " + beanFactory);
        }
        try {
            register(declared, factory, new ListenerTexts(factory));
        } catch (IllegalStateException | IllegalArgumentException e) {
            throw new IllegalStateException("@PgListener on " + declared.method() + ": " + e.getMessage(), e);
        }
    }

    private static void register(Declared declared, ConfigurableBeanFactory beans, ListenerTexts texts) {
        PgListener listener = declared.listener();
        PgListenerEndpointRegistry registry = beans.getBean(PgListenerEndpointRegistry.class);
        PgListenerContainerFactory factory =
                containerFactory(beans, texts.text("containerFactory", listener.containerFactory()));
        DeliveryHandler handler =
                beans.getBean(DeliveryHandlerFactory.class).create(declared.bean(), declared.method());
        UnaryOperator<ContainerOptions> options = options(listener, texts);
        String id = texts.text("id", listener.id());
        String topic = texts.text("topic", listener.topic());
        String subscription = texts.text("subscription", listener.subscription());
        List<String> queues = texts.names(listener.queues());
        check(topic, subscription, queues);
        if (topic != null && subscription != null) {
            registry.registerListenerContainer(
                    new PgListenerEndpoint(
                            id == null ? unused(subscription, registry) : id, topic, subscription, handler, options),
                    factory);
        }
        for (int i = 0; i < queues.size(); i++) {
            String queue = queues.get(i);
            String own = id == null ? unused(queue, registry) : i == 0 ? id : id + "-" + (i + 1);
            registry.registerListenerContainer(new PgListenerEndpoint(own, null, queue, handler, options), factory);
        }
    }

    private static void check(@Nullable String topic, @Nullable String subscription, List<String> queues) {
        boolean oneKind =
                queues.isEmpty() ? topic != null && subscription != null : topic == null && subscription == null;
        if (!oneKind) {
            throw new IllegalStateException("name either queues, or a topic and a subscription; it has queues " + queues
                    + ", topic " + topic + ", subscription " + subscription);
        }
    }

    private static PgListenerContainerFactory containerFactory(ConfigurableBeanFactory beans, @Nullable String name) {
        return name == null
                ? beans.getBean(PgListenerContainerFactory.class)
                : beans.getBean(name, PgListenerContainerFactory.class);
    }

    private static UnaryOperator<ContainerOptions> options(PgListener listener, ListenerTexts texts) {
        Integer concurrency = texts.number("concurrency", listener.concurrency());
        Integer batchSize = texts.number("batchSize", listener.batchSize());
        Duration lease = texts.duration("lease", listener.lease());
        Boolean autoStartup = texts.flag("autoStartup", listener.autoStartup());
        AckMode[] ackMode = listener.ackMode();
        if (ackMode.length > 1) {
            throw new IllegalStateException("ackMode has " + ackMode.length + " values, must be one");
        }
        return defaults -> {
            ContainerOptions options = concurrency == null ? defaults : defaults.withConcurrency(concurrency);
            options = batchSize == null ? options : options.withBatchSize(batchSize);
            options = lease == null ? options : options.withLease(lease);
            options = autoStartup == null ? options : options.withAutoStartup(autoStartup);
            return ackMode.length == 0 ? options : options.withAckMode(ackMode[0]);
        };
    }

    private static String unused(String name, PgListenerEndpointRegistry registry) {
        String id = name;
        for (int i = 2; registry.getListenerContainer(id) != null; i++) {
            id = name + "-" + i;
        }
        return id;
    }

    private record Declared(Object bean, Method method, PgListener listener) {}
}
