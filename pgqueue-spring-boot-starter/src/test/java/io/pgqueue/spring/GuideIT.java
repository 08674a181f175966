// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.pgqueue.DeadLetterPolicy;
import io.pgqueue.Delivery;
import io.pgqueue.HorizonHolder;
import io.pgqueue.Outcome;
import io.pgqueue.PublishResult;
import io.pgqueue.QueueSpec;
import io.pgqueue.RedeliveryPolicy;
import io.pgqueue.SubscriptionSettings;
import io.pgqueue.TopicSpec;
import io.pgqueue.client.Completion;
import io.pgqueue.client.PgQueue;
import io.pgqueue.spring.annotation.PgDeadLetterHandler;
import io.pgqueue.spring.annotation.PgHandler;
import io.pgqueue.spring.annotation.PgListener;
import io.pgqueue.spring.autoconfigure.PgListenerContainerFactoryCustomizer;
import io.pgqueue.spring.autoconfigure.PgTemplateCustomizer;
import io.pgqueue.spring.listener.Acknowledgement;
import io.pgqueue.spring.listener.BatchFailedException;
import io.pgqueue.spring.listener.FailureClassifier;
import io.pgqueue.spring.listener.FailureDecision;
import io.pgqueue.spring.listener.ListenerErrorHandler;
import io.pgqueue.spring.listener.PgListenerContainer;
import io.pgqueue.spring.listener.PgListenerEndpointRegistry;
import io.pgqueue.spring.listener.PgListenerEvent;
import io.pgqueue.spring.testing.ListenerTest;
import io.pgqueue.spring.testing.QueueApplication;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.event.EventListener;
import org.springframework.messaging.handler.annotation.Header;
import org.springframework.messaging.handler.annotation.SendTo;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.EnableTransactionManagement;
import org.springframework.transaction.event.TransactionPhase;
import org.springframework.transaction.event.TransactionalEventListener;
import org.springframework.transaction.support.TransactionTemplate;

/** What docs/spring.md shows does what it says. */
@PostgresTest(template = MigratedSchema.class)
class GuideIT {

    record Order(int number) {}

    record Refund(int number) {}

    private static final List<String> DONE = new CopyOnWriteArrayList<>();

    @Test
    void theGuideWorks(PGSimpleDataSource database) {
        QueueApplication.on(database)
                .withUserConfiguration(Queues.class, Listeners.class, Typed.class, Watch.class, Exports.class)
                .run(context -> {
                    assertThat(context).hasNotFailed();
                    PgTemplate template = context.getBean(PgTemplate.class);
                    sends(template);
                    assertThat(asks(template)).isEqualTo("order 7 of a known customer");
                    template.destination("batch").sendAll(List.of(new Order(1), new Order(2), new Order(-1)));
                    template.destination("careful").send(new Order(0));
                    template.destination("changes").type("Order").send(new Order(1));
                    template.destination("changes").type("refund").send(new Refund(1));
                    template.destination("imports").send("x");
                    template.destination("exports").send("y");
                    looksAfter(template);
                    context.getBean(TransactionTemplate.class)
                            .executeWithoutResult(status -> context.publishEvent(new Order(5)));
                    await().atMost(ListenerTest.LONG)
                            .untilAsserted(() -> assertThat(DONE)
                                    .contains(
                                            "urgent 1",
                                            "batch 1",
                                            "batch 2",
                                            "not a customer's order",
                                            "order 1",
                                            "refund 1",
                                            "dead import",
                                            "dead export, REJECTED",
                                            "sent",
                                            "urgent 5",
                                            "event imports"));
                    PgListenerEndpointRegistry registry = context.getBean(PgListenerEndpointRegistry.class);
                    pauses(registry);
                });
    }

    private static void sends(PgTemplate template) {
        // snippet: spring-fluent
        PublishResult result = template.destination("orders")
                .priority(7)
                .timeToLive(Duration.ofHours(1))
                .group("customer-42")
                .property("color", "red")
                .send(new Order(1));

        List<PublishResult> later = template.destination("orders")
                .delay(Duration.ofMinutes(5))
                .sendAll(List.of(new Order(2), new Order(3)));
        // end snippet
        assertThat(result.matched()).isEqualTo(1);
        assertThat(later).hasSize(2);
    }

    private static void looksAfter(PgTemplate template) throws InterruptedException {
        // snippet: spring-async
        template.destination("later")
                .sendAsync(new Order(4))
                .thenAccept(result -> DONE.add("sent"))
                .exceptionally(failure -> null);
        // end snippet

        // snippet: spring-tracked
        Completion completion = template.convertAndSendTracked("questions", new Order(5));
        List<Outcome> outcomes = completion.await(Duration.ofSeconds(10));
        // end snippet
        assertThat(outcomes).extracting(Outcome::end).containsExactly(Outcome.End.ACKED);

        // snippet: spring-cancel
        UUID reminder = template.destination("later")
                .delay(Duration.ofDays(7))
                .group("customer-42")
                .send(new Order(6))
                .messageId();

        template.reschedule(reminder, Instant.now().plus(Duration.ofDays(14)));
        template.cancel(reminder);
        int others = template.destination("later").group("customer-42").cancel(1000);
        // end snippet
        assertThat(others).isZero();
    }

    private static String asks(PgTemplate template) {
        // snippet: spring-ask
        Optional<String> answer = template.destination("questions")
                .timeout(Duration.ofSeconds(10))
                .sendAndReceive(new Order(7), String.class);
        // end snippet
        return answer.orElse("none");
    }

    private static void pauses(PgListenerEndpointRegistry registry) {
        // snippet: spring-pause
        PgListenerContainer orders = Objects.requireNonNull(registry.getListenerContainer("orders"));
        orders.pause();
        // ... while a system that the handler needs is down
        orders.resume();
        // end snippet
        assertThat(orders.isPaused()).isFalse();
    }

    @Configuration(proxyBeanMethods = false)
    @EnableTransactionManagement
    static class Queues {

        @Bean
        static SmartInitializingSingleton queues(PgQueue queue) {
            SubscriptionSettings atOnce = SubscriptionSettings.DEFAULT.withRedelivery(
                    RedeliveryPolicy.DEFAULT.withFixedBackoff(Duration.ZERO).withMaxAttempts(2));
            return () -> {
                for (String name :
                        List.of("orders", "questions", "answers", "batch", "careful", "changes", "imports", "later")) {
                    queue.admin().declareQueue(QueueSpec.of(name).withSettings(atOnce));
                }
                queue.admin().declareTopic(TopicSpec.of("events"));
            };
        }

        // snippet: spring-customize
        @Bean
        static PgTemplateCustomizer tenants() {
            return template -> template.postProcessor((destination, message) ->
                    message.toBuilder().property("tenant", "t1").build());
        }

        @Bean
        static PgListenerContainerFactoryCustomizer idleEvents() {
            return factory -> factory.options(options -> options.idleEventInterval(Duration.ofMinutes(1)));
        }
        // end snippet

        // snippet: spring-error-handler
        @Bean
        static ListenerErrorHandler failures() {
            return FailureClassifier.DEFAULT
                    .with(IllegalArgumentException.class, FailureDecision.DEAD_LETTER)
                    .with(InterruptedException.class, FailureDecision.retryLater(Duration.ofSeconds(5)));
        }
        // end snippet
    }

    @Component
    static class Listeners {

        private final PgTemplate template;

        Listeners(PgTemplate template) {
            this.template = template;
        }

        // snippet: spring-arguments
        @PgListener(queues = "${orders.queue:orders}", id = "orders", concurrency = "1-4")
        void order(Order order, @Header(required = false) String color, Delivery delivery) {
            DONE.add("urgent " + order.number());
        }
        // end snippet

        // snippet: spring-answer
        @PgListener("questions")
        @SendTo("answers")
        String lookUp(Order order) {
            return "order " + order.number() + " of a known customer";
        }
        // end snippet

        // snippet: spring-batch
        @PgListener(queues = "batch", batch = true, batchSize = "100")
        void all(List<Order> orders) {
            for (int i = 0; i < orders.size(); i++) {
                if (orders.get(i).number() < 0) {
                    throw new BatchFailedException(i, new IllegalArgumentException("no such order"));
                }
                DONE.add("batch " + orders.get(i).number());
            }
        }
        // end snippet

        // snippet: spring-settle
        @PgListener(queues = "careful")
        void careful(Order order, Acknowledgement acknowledgement) {
            if (order.number() == 0) {
                acknowledgement.deadLetter("not a customer's order");
                DONE.add("not a customer's order");
            } else if (order.number() > 1000) {
                acknowledgement.retryLater(Duration.ofHours(1));
            }
        }
        // end snippet

        // snippet: spring-dead-letter-handler
        @PgListener(queues = "imports", id = "imports", maxAttempts = "2", backoff = "10ms")
        void load(String file) {
            throw new IllegalStateException("cannot be loaded");
        }

        @PgDeadLetterHandler("imports")
        void given(String file, Exception error) {
            DONE.add("dead import");
        }
        // end snippet

        // snippet: spring-event
        @TransactionalEventListener(phase = TransactionPhase.BEFORE_COMMIT)
        void send(Order order) {
            template.convertAndSend("orders", order);
        }
        // end snippet
    }

    @Configuration(proxyBeanMethods = false)
    static class Exports {

        // snippet: spring-dead-letter-queue
        @Bean
        static QueueSpec deadExports() {
            return QueueSpec.of("exports.dead");
        }

        @Bean
        static QueueSpec exports() {
            return QueueSpec.of("exports")
                    .withSettings(SubscriptionSettings.DEFAULT.withDeadLetters(
                            DeadLetterPolicy.DEFAULT.withQueue("exports.dead")));
        }

        @PgListener("exports.dead")
        void tell(String file, @Header("JMS_PGQ_DeadReason") String reason) {
            DONE.add("dead export, " + reason);
        }
        // end snippet

        @PgListener("exports")
        void write(String file, Acknowledgement acknowledgement) {
            acknowledgement.deadLetter("disk full");
        }
    }

    // snippet: spring-by-type
    @Component
    @PgListener("changes")
    static class Typed {

        @PgHandler
        void order(Order order) {
            DONE.add("order " + order.number());
        }

        @PgHandler("refund")
        void refund(Refund refund) {
            DONE.add("refund " + refund.number());
        }

        @PgHandler(isDefault = true)
        void other(Map<String, Object> payload) {
            DONE.add("other");
        }
    }
    // end snippet

    @Component
    static class Watch {

        // snippet: spring-events
        @EventListener
        void on(PgListenerEvent.DeadLettered event) {
            DONE.add("event " + event.container().id());
        }
        // end snippet

        // snippet: spring-old-rows
        @EventListener
        void on(OldRowsEvent.Held event) {
            HorizonHolder holder = event.holder();
            DONE.add(holder.kind() + " " + holder.name() + " of " + holder.application() + " since " + holder.since());
        }
        // end snippet
    }
}
