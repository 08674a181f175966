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
 * The method is told of dead letters that the {@link PgListener}s of its class have made, after they were committed. It
 * takes the parameters of a listener method, and the exception. What it throws is logged.
 *
 * @see io.pgqueue.spring.listener.DeadLetterHandler
 */
@Reflective(MessageMappingReflectiveProcessor.class)
@Target({ElementType.METHOD, ElementType.ANNOTATION_TYPE})
@Retention(RetentionPolicy.RUNTIME)
@Documented
@MessageMapping
public @interface PgDeadLetterHandler {

    /** Ids of the listeners, as written in {@link PgListener#id}; default all of the class that no other method names. */
    String[] value() default {};
}
