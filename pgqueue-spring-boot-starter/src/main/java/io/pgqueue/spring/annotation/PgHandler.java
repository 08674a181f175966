// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.annotation;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.springframework.aot.hint.annotation.Reflective;
import org.springframework.messaging.handler.annotation.MessageMapping;
import org.springframework.messaging.handler.annotation.MessageMappingReflectiveProcessor;

/**
 * One of several methods of a class that is a {@link PgListener}. Which one handles a message is decided by the type its
 * sender gave it ({@link io.pgqueue.spring.PgHeaders#TYPE}), a plain word: no class is loaded because a message says so.
 */
@Reflective(MessageMappingReflectiveProcessor.class)
@Target({ElementType.METHOD, ElementType.ANNOTATION_TYPE})
@Retention(RetentionPolicy.RUNTIME)
@Documented
@MessageMapping
public @interface PgHandler {

    /** Types of messages that the method handles. Default: the simple name of its payload's class. */
    String[] value() default {};

    /** Whether it also handles messages of types that no method names, and those without a type; at most one method. */
    boolean isDefault() default false;
}
