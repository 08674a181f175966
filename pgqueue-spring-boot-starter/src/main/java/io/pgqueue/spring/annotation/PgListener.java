// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.annotation;

import io.pgqueue.spring.listener.AckMode;
import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Repeatable;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.springframework.core.annotation.AliasFor;
import org.springframework.messaging.handler.annotation.MessageMapping;

/**
 * The method handles deliveries of queues, or of a subscription of a topic. Parameters, in any order: the payload, which
 * is converted to the parameter's type; {@code @Payload}; {@code @Header} with the name of a property or one of
 * {@link io.pgqueue.spring.PgHeaders}; {@code @Headers}; {@code Message<?>}; {@link io.pgqueue.Delivery}. An exception is a
 * failed attempt; a delivery that cannot be converted to the parameters goes to the dead letters at once.
 *
 * <p>Texts take placeholders ({@code ${orders.queue}}) and SpEL ({@code #{@names.orders}}). Attributes left empty are those
 * of {@code pgqueue.listener} in the configuration.
 */
@Target({ElementType.METHOD, ElementType.ANNOTATION_TYPE})
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Repeatable(PgListeners.class)
@MessageMapping
public @interface PgListener {

    /** Names of queues. */
    @AliasFor("queues")
    String[] value() default {};

    /** Names of queues; each is listened to by a container of its own. */
    @AliasFor("value")
    String[] queues() default {};

    /** Name of a topic; then the subscription is needed, and no queue. */
    String topic() default "";

    /** Name of a subscription of the topic. */
    String subscription() default "";

    /**
     * Id in the registry and part of thread names, unique; of several queues in one annotation, the second gets
     * {@code -2} at its end. Default: name of the queue or subscription, numbered if there are several.
     */
    String id() default "";

    /**
     * How many deliveries are handled at the same time, for example {@code "4"}. A listener uses at most this many
     * connections of the pool plus two, and more only if its handler asks for more than one at a time.
     */
    String concurrency() default "";

    /** At most one: when deliveries are acknowledged. */
    AckMode[] ackMode() default {};

    /** Most deliveries that are leased at a time, for example {@code "30"}. */
    String batchSize() default "";

    /** How long a delivery is held without a renewal, for example {@code "10s"} or {@code "PT10S"}. */
    String lease() default "";

    /** Whether the container starts with the application: {@code "true"} or {@code "false"}. */
    String autoStartup() default "";

    /** Name of a bean of type {@link io.pgqueue.spring.listener.PgListenerContainerFactory}. */
    String containerFactory() default "";
}
