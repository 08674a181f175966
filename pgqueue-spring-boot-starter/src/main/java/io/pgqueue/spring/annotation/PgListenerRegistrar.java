// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.annotation;

import io.pgqueue.spring.listener.PgListenerContainer;
import io.pgqueue.spring.listener.PgListenerContainerFactory;
import io.pgqueue.spring.listener.PgListenerEndpoint;
import io.pgqueue.spring.listener.PgListenerEndpointRegistry;
import org.springframework.beans.factory.BeanFactory;

/** Takes listeners of a {@link PgListenerConfigurer}; used by the thread that starts the application. */
public final class PgListenerRegistrar {

    private final BeanFactory beans;

    PgListenerRegistrar(BeanFactory beans) {
        this.beans = beans;
    }

    /**
     * One on the application's own queue, template and options.
     *
     * @throws IllegalStateException if there is a listener with its id
     */
    public PgListenerContainer registerEndpoint(PgListenerEndpoint endpoint) {
        return registerEndpoint(endpoint, beans.getBean(PgListenerContainerFactory.class));
    }

    /**
     * One of another factory, for example for a second database.
     *
     * @throws IllegalStateException if there is a listener with its id
     */
    public PgListenerContainer registerEndpoint(PgListenerEndpoint endpoint, PgListenerContainerFactory factory) {
        return beans.getBean(PgListenerEndpointRegistry.class).registerListenerContainer(endpoint, factory);
    }
}
