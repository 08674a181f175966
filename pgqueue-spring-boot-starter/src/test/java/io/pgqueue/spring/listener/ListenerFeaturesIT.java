// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.pgqueue.DeadLetter;
import io.pgqueue.Delivery;
import io.pgqueue.QueueSpec;
import io.pgqueue.RedeliveryPolicy;
import io.pgqueue.SubscriptionSettings;
import io.pgqueue.TopicSpec;
import io.pgqueue.client.PgQueue;
import io.pgqueue.spring.PgHeaders;
import io.pgqueue.spring.PgOperations;
import io.pgqueue.spring.annotation.PgDeadLetterHandler;
import io.pgqueue.spring.annotation.PgHandler;
import io.pgqueue.spring.annotation.PgListener;
import io.pgqueue.spring.testing.ListenerTest;
import io.pgqueue.spring.testing.QueueApplication;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.event.EventListener;
import org.springframework.messaging.Message;
import org.springframework.messaging.handler.annotation.Payload;
import org.springframework.messaging.handler.annotation.SendTo;
import org.springframework.stereotype.Component;
import org.springframework.validation.Errors;
import org.springframework.validation.Validator;
import org.springframework.validation.annotation.Validated;

/** SPR-2, SPR-6, CON-13, DLQ-12: what annotated methods may say, take and return. */
@PostgresTest(template = MigratedSchema.class)
class ListenerFeaturesIT {

    record Order(int number) {}

    record Refund(int number) {}

    static final class Hopeless extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Hopeless() {
            super("cannot be helped");
        }
    }

    static final class Boring extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    private static ApplicationContextRunner application(PGSimpleDataSource database) {
        return QueueApplication.on(database)
                .withUserConfiguration(Queues.class, Listeners.class, ByType.class)
                .withPropertyValues(
                        "pgqueue.listener.failures.dead-letter=" + Hopeless.class.getName(),
                        "pgqueue.listener.failures.drop=" + Boring.class.getName());
    }

    @Test
    void aReturnValueGoesToTheReplyAddressElseToSendTo(PGSimpleDataSource database) {
        application(database).run(context -> {
            PgOperations template = context.getBean(PgOperations.class);
            template.destination("shout").send("a");
            template.destination("shout")
                    .replyTo("elsewhere")
                    .correlationId("c1")
                    .send("b");
            Message<String> toSendTo = next(template, "answers");
            assertThat(toSendTo.getPayload()).isEqualTo("A");
            Message<String> toReplyTo = next(template, "elsewhere");
            assertThat(toReplyTo.getPayload()).isEqualTo("B");
            assertThat(toReplyTo.getHeaders()).containsEntry(PgHeaders.CORRELATION_ID, "c1");
        });
    }

    @Test
    void messagesOfOneQueueGoToTheMethodOfTheirType(PGSimpleDataSource database) {
        application(database).run(context -> {
            PgOperations template = context.getBean(PgOperations.class);
            template.destination("typed").type("Order").send(new Order(1));
            template.destination("typed").type("order.refunded").send(new Refund(2));
            template.destination("typed").type("unknown").send("3");
            await().atMost(ListenerTest.LONG)
                    .until(() -> context.getBean(ByType.class).seen.size() == 3);
            assertThat(context.getBean(ByType.class).seen).containsExactlyInAnyOrder("order 1", "refund 2", "other 3");
        });
    }

    @Test
    void anInvalidPayloadIsADeadLetterAtOnceAndItsHandlerIsTold(PGSimpleDataSource database) {
        application(database).withBean(Validator.class, Positive::new).run(context -> {
            PgOperations template = context.getBean(PgOperations.class);
            template.convertAndSend("valid", new Order(-1));
            template.convertAndSend("valid", new Order(1));
            Listeners listeners = context.getBean(Listeners.class);
            await().atMost(ListenerTest.LONG).until(() -> listeners.seen.size() == 2);
            assertThat(listeners.seen).containsExactlyInAnyOrder("valid 1", "dead -1 UnreadableDeliveryException");
            assertThat(deadLetters(context, "valid"))
                    .singleElement()
                    .satisfies(dead -> assertThat(dead.reason()).isEqualTo("UNREADABLE"));
        });
    }

    @Test
    void batchesAreConvertedAndTheUnreadableOneIsTakenOut(PGSimpleDataSource database) {
        QueueApplication.on(database).withUserConfiguration(Queues.class).run(first -> {
            PgOperations template = first.getBean(PgOperations.class);
            template.convertAndSend("batch", new Order(1));
            template.convertAndSend("batch", "no json");
            template.convertAndSend("batch", new Order(3));
        });
        application(database).run(context -> {
            Listeners listeners = context.getBean(Listeners.class);
            await().atMost(ListenerTest.LONG)
                    .untilAsserted(() -> assertThat(listeners.orders).containsExactlyInAnyOrder(1, 3));
            await().atMost(ListenerTest.LONG)
                    .untilAsserted(
                            () -> assertThat(deadLetters(context, "batch")).hasSize(1));
            assertThat(context.getBean(PgQueue.class)
                            .admin()
                            .stats(null, "batch")
                            .unfinished())
                    .isZero();
        });
    }

    /** CON-13: by properties; the cause counts. */
    @Test
    void failuresAreClassifiedByTheirType(PGSimpleDataSource database) {
        application(database).run(context -> {
            PgOperations template = context.getBean(PgOperations.class);
            template.convertAndSend("classified", "hopeless");
            template.convertAndSend("classified", "boring");
            await().atMost(ListenerTest.LONG)
                    .untilAsserted(() -> assertThat(deadLetters(context, "classified"))
                            .singleElement()
                            .satisfies(dead -> {
                                assertThat(dead.reason()).isEqualTo("REJECTED");
                                assertThat(dead.attempts()).isEqualTo(1);
                            }));
            await().atMost(ListenerTest.LONG)
                    .until(() -> context.getBean(PgQueue.class)
                                    .admin()
                                    .stats(null, "classified")
                                    .unfinished()
                            == 0);
        });
    }

    @Test
    void anErrorHandlerAndLimitsOfTheListenerDecide(PGSimpleDataSource database) {
        application(database).run(context -> {
            PgOperations template = context.getBean(PgOperations.class);
            Listeners listeners = context.getBean(Listeners.class);
            template.convertAndSend("limited", "x");
            await().atMost(ListenerTest.LONG)
                    .untilAsserted(() -> assertThat(deadLetters(context, "limited"))
                            .singleElement()
                            .satisfies(dead -> {
                                assertThat(dead.reason()).isEqualTo("MAX_ATTEMPTS");
                                assertThat(dead.attempts()).isEqualTo(2);
                            }));
            template.convertAndSend("handled", "x");
            await().atMost(ListenerTest.LONG).until(() -> listeners.seen.contains("handled 1"));
            await().atMost(ListenerTest.LONG)
                    .until(() -> context.getBean(PgQueue.class)
                                    .admin()
                                    .stats(null, "handled")
                                    .unfinished()
                            == 0);
            assertThat(deadLetters(context, "handled")).isEmpty();
        });
    }

    @Test
    void aSelectorLeavesTheOthersAndDeclaresASubscription(PGSimpleDataSource database) {
        application(database).run(context -> {
            PgOperations template = context.getBean(PgOperations.class);
            Listeners listeners = context.getBean(Listeners.class);
            template.destination("selected").property("color", "blue").send("1");
            template.destination("selected").property("color", "red").send("2");
            assertThat(template.destination("events")
                            .property("color", "blue")
                            .send("3")
                            .matched())
                    .isZero();
            assertThat(template.destination("events")
                            .property("color", "red")
                            .send("4")
                            .matched())
                    .isEqualTo(1);
            await().atMost(ListenerTest.LONG).until(() -> listeners.seen.containsAll(List.of("red 2", "event 4")));
            assertThat(context.getBean(PgQueue.class)
                            .admin()
                            .stats(null, "selected")
                            .ready())
                    .isEqualTo(1);
        });
    }

    @Test
    void eventsTellOfDeadLetters(PGSimpleDataSource database) {
        application(database).run(context -> {
            context.getBean(PgOperations.class).convertAndSend("classified", "hopeless");
            Listeners listeners = context.getBean(Listeners.class);
            await().atMost(ListenerTest.LONG).until(() -> listeners.events.contains("classified Hopeless"));
        });
    }

    private static Message<String> next(PgOperations template, String queue) {
        return template.destination(queue)
                .timeout(ListenerTest.LONG)
                .receiveMessage(String.class)
                .orElseThrow();
    }

    private static List<DeadLetter> deadLetters(ApplicationContext context, String queue) {
        return context.getBean(PgQueue.class).admin().deadLetters(null, queue).list(10);
    }

    @Configuration(proxyBeanMethods = false)
    static class Queues {

        @Bean
        static List<String> names() {
            return List.of(
                    "shout",
                    "answers",
                    "elsewhere",
                    "typed",
                    "valid",
                    "batch",
                    "classified",
                    "limited",
                    "handled",
                    "selected");
        }

        @Bean
        static org.springframework.beans.factory.SmartInitializingSingleton queues(PgQueue queue) {
            SubscriptionSettings atOnce = SubscriptionSettings.DEFAULT.withRedelivery(
                    RedeliveryPolicy.DEFAULT.withFixedBackoff(Duration.ZERO));
            return () -> {
                names().forEach(name ->
                        queue.admin().declareQueue(QueueSpec.of(name).withSettings(atOnce)));
                queue.admin().declareTopic(TopicSpec.of("events"));
            };
        }

        @Bean(defaultCandidate = false)
        static ListenerErrorHandler forgiving() {
            return (delivery, error) -> FailureClassifier.DEFAULT
                    .with(IllegalStateException.class, FailureDecision.DROP)
                    .classify(error);
        }
    }

    @Component
    @PgListener(queues = "typed", id = "byType")
    static class ByType {

        final List<String> seen = new CopyOnWriteArrayList<>();

        @PgHandler
        void order(Order order) {
            seen.add("order " + order.number());
        }

        @PgHandler("order.refunded")
        void refund(Refund refund) {
            seen.add("refund " + refund.number());
        }

        @PgHandler(isDefault = true)
        void other(Delivery delivery) {
            seen.add("other " + delivery.text());
        }
    }

    @Component
    static class Listeners {

        final List<String> seen = new CopyOnWriteArrayList<>();
        final List<Integer> orders = new CopyOnWriteArrayList<>();
        final List<String> events = new CopyOnWriteArrayList<>();

        @PgListener("shout")
        @SendTo("answers")
        String shout(String text) {
            return text.toUpperCase(java.util.Locale.ROOT);
        }

        @PgListener(queues = "valid", id = "valid")
        void valid(@Validated @Payload Order order) {
            seen.add("valid " + order.number());
        }

        @PgDeadLetterHandler("valid")
        void dead(Order order, Throwable error) {
            seen.add("dead " + order.number() + " " + error.getClass().getSimpleName());
        }

        @PgListener(queues = "batch", batch = true)
        void batch(List<Order> payloads, List<Message<Order>> messages, List<Delivery> deliveries) {
            assertThat(payloads).hasSameSizeAs(deliveries);
            assertThat(messages).extracting(Message::getPayload).isEqualTo(payloads);
            payloads.forEach(order -> orders.add(order.number()));
        }

        @PgListener(queues = "classified", id = "classified")
        void classified(String text) {
            throw text.equals("boring") ? new Boring() : new IllegalArgumentException(new Hopeless());
        }

        @PgListener(queues = "limited", maxAttempts = "2", backoff = "1ms", backoffMultiplier = "2")
        void limited(String text) {
            throw new IllegalArgumentException("each time");
        }

        @PgListener(queues = "handled", errorHandler = "forgiving")
        void handled(Delivery delivery) {
            seen.add("handled " + delivery.attempts());
            throw new IllegalStateException("dropped");
        }

        @PgListener(queues = "selected", selector = "color = 'red'")
        void selected(String text) {
            seen.add("red " + text);
        }

        @PgListener(topic = "events", subscription = "events.red", selector = "color = 'red'")
        void event(String text) {
            seen.add("event " + text);
        }

        @PgListener(
                topic = "events",
                subscription = "events.green",
                attributeFilter = "{\"color\": [\"green\"]}",
                bodyFilter = "{\"number\": [5]}")
        void green(Order order) {
            seen.add("green " + order.number());
        }

        @EventListener
        void on(PgListenerEvent.DeadLettered event) {
            Throwable error = event.error();
            Throwable cause = error == null || error.getCause() == null ? error : error.getCause();
            events.add(event.container().id() + " "
                    + (cause == null ? "none" : cause.getClass().getSimpleName()));
        }
    }

    static final class Positive implements Validator {

        @Override
        public boolean supports(Class<?> type) {
            return type == Order.class;
        }

        @Override
        public void validate(Object target, Errors errors) {
            if (((Order) target).number() < 0) {
                errors.reject("negative");
            }
        }
    }
}
