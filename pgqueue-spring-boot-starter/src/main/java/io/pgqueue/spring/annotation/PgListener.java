// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.annotation;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Repeatable;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.springframework.aot.hint.annotation.Reflective;
import org.springframework.core.annotation.AliasFor;
import org.springframework.messaging.handler.annotation.MessageMapping;
import org.springframework.messaging.handler.annotation.MessageMappingReflectiveProcessor;

/**
 * The method handles deliveries of queues, or of a subscription of a topic. Parameters, in any order: the payload, which
 * is converted to the parameter's type and validated if it is {@code @Valid}; {@code @Payload}; {@code @Header} with the
 * name of a property or one of {@link io.pgqueue.spring.PgHeaders}; {@code @Headers}; {@code Message<?>};
 * {@link io.pgqueue.Delivery}; {@link io.pgqueue.spring.listener.Acknowledgement}. An exception is a failed attempt; a
 * delivery that cannot be converted to the parameters goes to the dead letters at once. A return value is sent to the
 * reply address of the message, else to where {@code @SendTo} says, else ignored.
 *
 * <p>On a class, its methods with {@link PgHandler} share one listener; each handles the messages of one type.
 *
 * <p>Texts take placeholders ({@code ${orders.queue}}) and SpEL ({@code #{@names.orders}}). Attributes left empty are those
 * of {@code pgqueue.listener} in the configuration.
 */
@Reflective(MessageMappingReflectiveProcessor.class)
@Target({ElementType.TYPE, ElementType.METHOD, ElementType.ANNOTATION_TYPE})
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
     * Condition over properties and headers in the language of Jakarta Messaging, for example {@code "color = 'red'"}. Of a
     * queue only messages that fulfil it are leased, the others stay for other listeners. A topic's subscription is declared
     * with it when the listener starts: it is created with default settings if it does not exist, and one with another
     * filter is an error.
     */
    String selector() default "";

    /** Of a topic: values of properties, as JSON, for example <code>{"color": ["red", "blue"]}</code>. As the selector. */
    String attributeFilter() default "";

    /** Of a topic: values in a JSON body, for example <code>{"type": ["created"]}</code>. As the selector. */
    String bodyFilter() default "";

    /**
     * Id in the registry and part of thread names, unique; of several queues in one annotation, the second gets
     * {@code -2} at its end. Default: name of the queue or subscription, numbered if there are several.
     */
    String id() default "";

    /**
     * How many deliveries are handled at the same time, for example {@code "4"}, or {@code "1-8"} for workers that come and
     * go with the load. A listener uses at most this many connections of the pool plus two, and more only if its handler
     * asks for more than one at a time.
     */
    String concurrency() default "";

    /** When deliveries are acknowledged: one of {@link io.pgqueue.spring.listener.AckMode}, for example {@code "AUTO"}. */
    String ackMode() default "";

    /**
     * Whether the method takes several deliveries at once, as a {@code List} of payloads, of {@code Message<?>} or of
     * {@link io.pgqueue.Delivery}. It gets what is there, up to {@link #batchSize}, and never waits for more.
     */
    boolean batch() default false;

    /** Most deliveries that are leased at a time, and that a batch method gets, for example {@code "30"}. */
    String batchSize() default "";

    /**
     * In ack mode TRANSACTION, most deliveries that share one commit, for example {@code "20"}. When one fails, all are
     * rolled back and handled again one by one, so that only the failing one is retried.
     */
    String messagesPerTransaction() default "";

    /** How long a delivery is held without a renewal, for example {@code "10s"} or {@code "PT10S"}. */
    String lease() default "";

    /** The attempt after which a failure makes a dead letter, if the subscription allows so many, for example {@code "3"}. */
    String maxAttempts() default "";

    /** Wait after the first failure instead of that of the subscription, for example {@code "500ms"}. */
    String backoff() default "";

    /** With {@link #backoff}: by how much the wait grows with each failure, 1 to 10; default 1. */
    String backoffMultiplier() default "";

    /** With {@link #backoff}: the longest wait; default 5 minutes, or the first wait if that is longer. */
    String backoffMax() default "";

    /**
     * Name of a queue that dead letters go to, also those of consumers that died. The queue or subscription is declared with
     * it when the listener starts: it is created with default settings if it does not exist, and one whose dead letters go
     * elsewhere, or stay with it, is an error. The queue named here must exist.
     */
    String deadLetterQueue() default "";

    /**
     * Name of a bean of type {@link io.pgqueue.spring.listener.ListenerErrorHandler}, which decides what becomes of a
     * delivery that failed. Default: the bean of that type, else what {@code pgqueue.listener.failures} says.
     */
    String errorHandler() default "";

    /** Whether the container starts with the application: {@code "true"} or {@code "false"}. */
    String autoStartup() default "";

    /** Name of a bean of type {@link io.pgqueue.spring.listener.PgListenerContainerFactory}. */
    String containerFactory() default "";

    /**
     * Other options as in the configuration below {@code pgqueue.listener}, each as {@code "name=value"}:
     * {@code max-processing-time}, {@code transaction-timeout}, {@code shutdown-timeout}, {@code idle-event-interval}.
     */
    String[] properties() default {};
}
