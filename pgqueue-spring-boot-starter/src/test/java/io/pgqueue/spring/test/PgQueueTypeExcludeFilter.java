// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.test;

import io.pgqueue.spring.annotation.PgListener;
import io.pgqueue.spring.annotation.PgListeners;
import java.io.IOException;
import java.util.List;
import org.springframework.boot.test.context.filter.annotation.StandardAnnotationCustomizableTypeExcludeFilter;
import org.springframework.core.type.AnnotationMetadata;
import org.springframework.core.type.classreading.MetadataReader;
import org.springframework.core.type.classreading.MetadataReaderFactory;
import org.springframework.jms.annotation.JmsListener;
import org.springframework.jms.annotation.JmsListeners;

/** Lets only components with listeners through, and those that the test names. */
final class PgQueueTypeExcludeFilter extends StandardAnnotationCustomizableTypeExcludeFilter<PgQueueTest> {

    private static final List<String> LISTENERS = List.of(
            PgListener.class.getName(),
            PgListeners.class.getName(),
            JmsListener.class.getName(),
            JmsListeners.class.getName());

    PgQueueTypeExcludeFilter(Class<?> testClass) {
        super(testClass);
    }

    /** By what is written in the class file: loading every component of an application would be slow. */
    @Override
    protected boolean defaultInclude(MetadataReader reader, MetadataReaderFactory factory) throws IOException {
        AnnotationMetadata type = reader.getAnnotationMetadata();
        return LISTENERS.stream().anyMatch(name -> type.isAnnotated(name) || type.hasAnnotatedMethods(name))
                || super.defaultInclude(reader, factory);
    }
}
