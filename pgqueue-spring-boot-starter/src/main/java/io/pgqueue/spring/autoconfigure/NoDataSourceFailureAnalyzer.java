// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.autoconfigure;

import io.pgqueue.client.PgQueue;
import io.pgqueue.spring.PgOperations;
import io.pgqueue.spring.listener.PgListenerEndpointRegistry;
import java.util.List;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.NoSuchBeanDefinitionException;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;

/** A bean of pgqueue is missing because there is no DataSource to put it on, or there are several. */
@Order(Ordered.HIGHEST_PRECEDENCE)
final class NoDataSourceFailureAnalyzer extends AbstractFailureAnalyzer<NoSuchBeanDefinitionException> {

    private static final List<Class<?>> OURS =
            List.of(PgQueue.class, PgOperations.class, PgListenerEndpointRegistry.class);

    private final BeanFactory beanFactory;

    NoDataSourceFailureAnalyzer(BeanFactory beanFactory) {
        this.beanFactory = beanFactory;
    }

    @Override
    protected @Nullable FailureAnalysis analyze(Throwable rootFailure, NoSuchBeanDefinitionException cause) {
        Class<?> missing = cause.getBeanType();
        if (missing == null
                || OURS.stream().noneMatch(type -> type.isAssignableFrom(missing))
                || !(beanFactory instanceof ListableBeanFactory beans)) {
            return null;
        }
        String[] dataSources = beans.getBeanNamesForType(DataSource.class, true, false);
        return switch (dataSources.length) {
            case 0 ->
                new FailureAnalysis(
                        "pgqueue needs a DataSource for PostgreSQL, and there is none.",
                        "Set spring.datasource.url, or define a bean of type DataSource; or set pgqueue.enabled=false to "
                                + "run without pgqueue.",
                        cause);
            case 1 -> null;
            default ->
                new FailureAnalysis(
                        "pgqueue needs one DataSource, and there are several: " + String.join(", ", dataSources) + ".",
                        "Mark the one that messages shall be kept in with @PgQueueDataSource, or with @Primary.",
                        cause);
        };
    }
}
