// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.annotation;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueue.spring.listener.AckMode;
import io.pgqueue.spring.listener.Acknowledgement;
import io.pgqueue.spring.listener.ContainerOptions;
import io.pgqueue.spring.listener.PgListenerContainer;
import io.pgqueue.spring.listener.PgListenerEndpointRegistry;
import io.pgqueue.spring.listener.RetryBackoff;
import io.pgqueue.spring.testing.QueueApplication;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.AliasFor;

/** What the annotation says becomes endpoints; nothing is started, so there is no database. */
class PgListenerAnnotationTest {

    private final ApplicationContextRunner runner = QueueApplication.withoutDatabase()
            .withPropertyValues(
                    "spring.datasource.url=jdbc:postgresql://localhost:1/none",
                    "pgqueue.schema.initialize=never",
                    "pgqueue.wakeup.enabled=false",
                    "pgqueue.maintenance.enabled=false",
                    "pgqueue.listener.auto-startup=false",
                    "pgqueue.listener.concurrency=3",
                    "orders.queue=orders",
                    "orders.workers=2-7",
                    "orders.timeout=20s",
                    "orders.backoff-max=1m",
                    "orders.ack=auto");

    @Test
    void attributesTakePlaceholdersAndExpressions() {
        runner.withUserConfiguration(Everything.class).run(context -> {
            PgListenerEndpointRegistry registry = context.getBean(PgListenerEndpointRegistry.class);
            assertThat(registry.getListenerContainers())
                    .extracting(PgListenerContainer::id)
                    .containsExactlyInAnyOrder(
                            "orders", "many", "many-2", "audit", "first", "second", "composed", "orders-2", "slow");
            ContainerOptions options = options(registry, "orders");
            assertThat(options.concurrency()).isEqualTo(7);
            assertThat(options.minConcurrency()).isEqualTo(2);
            assertThat(options.batchSize()).isEqualTo(30);
            assertThat(options.lease()).isEqualTo(Duration.ofSeconds(10));
            assertThat(options.ackMode()).isEqualTo(AckMode.AUTO);
            assertThat(options.maxProcessingTime()).isEqualTo(Duration.ofMinutes(2));
            assertThat(options.transactionTimeout()).isEqualTo(Duration.ofSeconds(20));
            assertThat(options.shutdownTimeout()).isEqualTo(Duration.ofSeconds(5));
            assertThat(options.idleEventInterval()).isEqualTo(Duration.ofSeconds(30));
            assertThat(options.deadLetterQueue()).isEqualTo("orders.dead");
            assertThat(options.backoff()).isEqualTo(new RetryBackoff(Duration.ofSeconds(2), 3, Duration.ofMinutes(1)));
            assertThat(options(registry, "first").backoff())
                    .isEqualTo(new RetryBackoff(Duration.ofSeconds(1), 1, Duration.ofMinutes(5)));
            assertThat(options(registry, "many").backoff()).isNull();
            assertThat(options(registry, "many").concurrency()).isEqualTo(3);
            assertThat(options(registry, "many").ackMode()).isEqualTo(AckMode.TRANSACTION);
            assertThat(Objects.requireNonNull(registry.getListenerContainer("audit"))
                            .endpoint()
                            .topic())
                    .isEqualTo("events");
            assertThat(registry.getListenerContainers()).noneMatch(PgListenerContainer::isRunning);
        });
    }

    /** What an annotation of the application passes on, it passes on under its own names. */
    @Test
    void composedAnnotationsOverrideAttributes() {
        runner.withUserConfiguration(Everything.class).run(context -> {
            PgListenerEndpointRegistry registry = context.getBean(PgListenerEndpointRegistry.class);
            assertThat(Objects.requireNonNull(registry.getListenerContainer("slow"))
                            .endpoint()
                            .name())
                    .isEqualTo("slow.queue");
            ContainerOptions options = options(registry, "slow");
            assertThat(options.concurrency()).isEqualTo(2);
            assertThat(options.ackMode()).isEqualTo(AckMode.MANUAL);
            assertThat(options.maxAttempts()).isEqualTo(1);
        });
    }

    /** Not to find one would mean that nothing is handled, and nobody is told. */
    @Test
    void annotationsAreInheritedUnlessThereIsOneNearer() {
        runner.withUserConfiguration(Inheriting.class)
                .run(context -> assertThat(context.getBean(PgListenerEndpointRegistry.class)
                                .getListenerContainers())
                        .extracting(PgListenerContainer::id)
                        .containsExactlyInAnyOrder("of-interface", "of-superclass", "nearer", "of-class"));
    }

    @ParameterizedTest
    @ValueSource(classes = {UnknownId.class, NoListener.class})
    void aDeadLetterHandlerThatWouldNeverBeCalledIsRefused(Class<?> configuration) {
        runner.withUserConfiguration(configuration)
                .run(context -> assertThat(context)
                        .getFailure()
                        .rootCause()
                        .hasMessageContaining("@PgDeadLetterHandler on ")
                        .hasMessageContaining(configuration.getSimpleName()));
    }

    @ParameterizedTest
    @ValueSource(classes = {WrongProperty.class, WrongDuration.class})
    void aWrongPropertyIsNamed(Class<?> configuration) {
        runner.withUserConfiguration(configuration)
                .run(context -> assertThat(context)
                        .getFailure()
                        .hasMessageContaining("max-processing")
                        .hasMessageContaining(configuration.getSimpleName()));
    }

    @Test
    void twoListenersOfOneIdAreRefused() {
        runner.withUserConfiguration(SameId.class)
                .run(context -> assertThat(context).getFailure().hasMessageContaining("two listeners with id 'twice'"));
    }

    @Test
    void queueAndTopicTogetherAreRefused() {
        runner.withUserConfiguration(QueueAndTopic.class)
                .run(context -> assertThat(context)
                        .getFailure()
                        .hasMessageContaining("name either queues, or a topic and a subscription")
                        .hasMessageContaining("QueueAndTopic"));
    }

    @Test
    void aWrongNumberNamesAttributeAndMethod() {
        runner.withUserConfiguration(WrongNumber.class)
                .run(context -> assertThat(context)
                        .getFailure()
                        .hasMessageContaining("concurrency is 'some', must be a number or two, as 1-8")
                        .hasMessageContaining("WrongNumber"));
    }

    private static ContainerOptions options(PgListenerEndpointRegistry registry, String id) {
        return Objects.requireNonNull(registry.getListenerContainer(id)).options();
    }

    @Retention(RetentionPolicy.RUNTIME)
    @PgListener(queues = "composed")
    @interface Composed {}

    @Retention(RetentionPolicy.RUNTIME)
    @PgListener(ackMode = "MANUAL", concurrency = "9", maxAttempts = "1")
    @interface Slow {

        @AliasFor(annotation = PgListener.class, attribute = "queues")
        String[] value();

        @AliasFor(annotation = PgListener.class, attribute = "concurrency")
        String workers() default "1";

        @AliasFor(annotation = PgListener.class)
        String id() default "";
    }

    @Configuration(proxyBeanMethods = false)
    static class WrongProperty {

        @PgListener(queues = "a", properties = "max-processing-times=1s")
        void handle(String text) {}
    }

    @Configuration(proxyBeanMethods = false)
    static class WrongDuration {

        @PgListener(queues = "a", properties = "max-processing-time=long")
        void handle(String text) {}
    }

    @Configuration(proxyBeanMethods = false)
    static class Everything {

        @Bean
        List<String> names() {
            return List.of("a", "b");
        }

        @PgListener(
                queues = "${orders.queue}",
                concurrency = "${orders.workers}",
                batchSize = "#{10 * 3}",
                lease = "10s",
                ackMode = "${orders.ack}",
                deadLetterQueue = "${orders.queue}.dead",
                backoff = "2s",
                backoffMultiplier = "#{1 + 2}",
                backoffMax = "${orders.backoff-max}",
                properties = {
                    "max-processing-time=2m",
                    "transaction-timeout=${orders.timeout}",
                    "shutdown-timeout=PT5S",
                    "idle-event-interval=#{10 * 3}s"
                })
        void orders(String text) {}

        @PgListener(queues = "#{@names}", id = "many")
        void many(String text) {}

        @PgListener(topic = "events", subscription = "audit")
        void audit(String text) {}

        @PgListener(queues = "x", id = "first", backoff = "1s")
        @PgListener(queues = "y", id = "second")
        void repeated(String text) {}

        @Composed
        void composed(String text) {}

        @Slow(value = "slow.queue", workers = "2", id = "slow")
        void slow(String text, Acknowledgement acknowledgement) {}

        @PgListener("orders")
        void ordersToo(String text) {}
    }

    @Configuration(proxyBeanMethods = false)
    static class SameId {

        @PgListener(queues = "a", id = "twice")
        @PgListener(queues = "b", id = "twice")
        void handle(String text) {}
    }

    @Configuration(proxyBeanMethods = false)
    static class QueueAndTopic {

        @PgListener(queues = "a", topic = "b")
        void handle(String text) {}
    }

    @Configuration(proxyBeanMethods = false)
    static class WrongNumber {

        @PgListener(queues = "a", concurrency = "some")
        void handle(String text) {}
    }

    static class Inheriting {

        interface Handler<T> {

            @PgListener(queues = "orders", id = "of-interface")
            void on(T payload);
        }

        abstract static class Parent {

            @PgListener(queues = "orders", id = "of-superclass")
            void kept(String payload) {}

            @PgListener(queues = "orders", id = "farther")
            void changed(String payload) {}
        }

        @PgListener(queues = "orders", id = "of-class")
        interface ByType {

            @PgHandler("order")
            void order(String payload);
        }

        static class Child extends Parent implements Handler<Integer>, ByType {

            @Override
            public void on(Integer payload) {}

            @Override
            void kept(String payload) {}

            @Override
            @PgListener(queues = "orders", id = "nearer")
            void changed(String payload) {}

            @Override
            public void order(String payload) {}
        }

        @Bean
        Child child() {
            return new Child();
        }
    }

    static class UnknownId {

        @PgListener(queues = "orders", id = "orders")
        void order(String payload) {}

        @PgDeadLetterHandler("odrers")
        void dead(String payload) {}
    }

    static class NoListener {

        @PgDeadLetterHandler("orders")
        void dead(String payload) {}
    }
}
