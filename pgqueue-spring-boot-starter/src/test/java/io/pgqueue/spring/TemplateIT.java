// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgqueue.Delivery;
import io.pgqueue.MessageTooLargeException;
import io.pgqueue.PublishResult;
import io.pgqueue.QueueSpec;
import io.pgqueue.ReplaceMode;
import io.pgqueue.SubscriptionSpec;
import io.pgqueue.TopicSpec;
import io.pgqueue.client.PgQueue;
import io.pgqueue.spring.annotation.PgListener;
import io.pgqueue.spring.testing.ListenerTest;
import io.pgqueue.spring.testing.QueueApplication;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.context.ApplicationContext;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.messaging.Message;
import org.springframework.messaging.converter.MessageConversionException;
import org.springframework.messaging.support.MessageBuilder;
import org.springframework.transaction.annotation.EnableTransactionManagement;
import org.springframework.transaction.event.TransactionPhase;
import org.springframework.transaction.event.TransactionalEventListener;
import org.springframework.transaction.support.TransactionTemplate;

/** SPR-1: the fluent form, receiving, asking, and what handlers pass on. */
@PostgresTest(template = MigratedSchema.class)
class TemplateIT {

    record Order(int number) {}

    @Test
    void theFluentFormSetsEveryHeader(PGSimpleDataSource database) {
        QueueApplication.on(database).run(context -> {
            ListenerTest test = ListenerTest.of(context, "fluent", settings -> settings);
            UUID id = UUID.randomUUID();
            PublishResult result = template(context)
                    .destination("fluent")
                    .messageId(id)
                    .priority(7)
                    .group("g")
                    .correlationId("c")
                    .replyTo("answers")
                    .type("Order")
                    .timeToLive(Duration.ofMinutes(1))
                    .property("color", "red")
                    .headers(Map.of("weight", 3))
                    .send(new Order(1));
            assertThat(result.messageId()).isEqualTo(id);
            assertThat(result.matched()).isEqualTo(1);
            assertThat(test.queue().receiver("fluent").receive(1))
                    .singleElement()
                    .satisfies(delivery -> {
                        assertThat(delivery.messageId()).isEqualTo(id);
                        assertThat(delivery.text()).isEqualTo("{\"number\":1}");
                        assertThat(delivery.properties()).isEqualTo(Map.of("color", "red", "weight", 3));
                        Delivery.Headers headers = delivery.headers();
                        assertThat(headers.priority()).isEqualTo(7);
                        assertThat(headers.group()).isEqualTo("g");
                        assertThat(headers.correlationId()).isEqualTo("c");
                        assertThat(headers.replyTo()).isEqualTo("answers");
                        assertThat(headers.type()).isEqualTo("Order");
                        assertThat(headers.expiresAt())
                                .isEqualTo(headers.sentAt().plusSeconds(60));
                    });
        });
    }

    @Test
    void manyShareTheirHeadersAndDelays(PGSimpleDataSource database) {
        QueueApplication.on(database).run(context -> {
            ListenerTest test = ListenerTest.of(context, "many", settings -> settings);
            List<PublishResult> results = template(context)
                    .destination("many")
                    .delay(Duration.ofHours(1))
                    .sendAll(List.of("a", "b"));
            assertThat(results).hasSize(2);
            assertThat(test.stats().delayed()).isEqualTo(2);
        });
    }

    /** LIM-5: what a converter makes of an object is JSON, whose levels count. */
    @Test
    void anObjectThatNestsDeeperThan64LevelsIsRefused(PGSimpleDataSource database) {
        QueueApplication.on(database).run(context -> {
            ListenerTest test = ListenerTest.of(context, "deep", settings -> settings);
            Object levels = List.of();
            for (int i = 1; i < 64; i++) {
                levels = List.of(levels);
            }
            template(context).convertAndSend("deep", levels);
            Object tooMany = List.of(levels);
            assertThatThrownBy(() -> template(context).convertAndSend("deep", tooMany))
                    .isInstanceOf(MessageTooLargeException.class);
            assertThat(test.stats().unfinished()).isEqualTo(1);
        });
    }

    /** PUB-14, PUB-15. */
    @Test
    void keysKeepOutDuplicatesAndReplaceWhatWaits(PGSimpleDataSource database) {
        QueueApplication.on(database).run(context -> {
            ListenerTest test = ListenerTest.of(context, "keys", settings -> settings);
            PgOperations template = template(context);
            PublishResult first =
                    template.destination("keys").dedupKey("order-1").send("a");
            PublishResult second =
                    template.destination("keys").dedupKey("order-1").send("b");
            assertThat(second.duplicate()).isTrue();
            assertThat(second.messageId()).isEqualTo(first.messageId());
            template.destination("keys")
                    .replaceKey("price", ReplaceMode.REPLACE)
                    .send("old");
            template.destination("keys")
                    .replaceKey("price", ReplaceMode.REPLACE)
                    .send("new");
            assertThat(test.queue().receiver("keys").receive(10))
                    .extracting(Delivery::text)
                    .containsExactly("a", "new");
        });
    }

    @Test
    void aSpringMessageIsSentByItsPayloadAndHeaders(PGSimpleDataSource database) {
        QueueApplication.on(database).run(context -> {
            ListenerTest.of(context, "message", settings -> settings);
            Message<Order> message = MessageBuilder.withPayload(new Order(2))
                    .setHeader("color", "red")
                    .build();
            template(context).convertAndSend("message", message);
            Message<Order> received = template(context)
                    .destination("message")
                    .receiveMessage(Order.class)
                    .orElseThrow();
            assertThat(received.getPayload()).isEqualTo(new Order(2));
            assertThat(received.getHeaders()).containsEntry("color", "red");
        });
    }

    @Test
    void receivingAcknowledgesInTheCallersTransaction(PGSimpleDataSource database) {
        QueueApplication.on(database).run(context -> {
            ListenerTest test = ListenerTest.of(context, "receive", settings -> settings);
            PgOperations template = template(context);
            assertThat(template.destination("receive").receive(String.class)).isEmpty();
            test.send("x");
            context.getBean(TransactionTemplate.class).executeWithoutResult(status -> {
                assertThat(template.destination("receive").receive(String.class))
                        .contains("x");
                status.setRollbackOnly();
            });
            // Back at once, not when its lease ends.
            assertThat(template.destination("receive")
                            .timeout(ListenerTest.LONG)
                            .receive(String.class))
                    .contains("x");
            assertThat(test.stats().unfinished()).isZero();
        });
    }

    @Test
    void whatCannotBeReadIsADeadLetter(PGSimpleDataSource database) {
        QueueApplication.on(database).run(context -> {
            ListenerTest test = ListenerTest.of(context, "unreadable", settings -> settings);
            test.send("no json");
            assertThatThrownBy(() -> template(context).destination("unreadable").receive(Order.class))
                    .isInstanceOf(MessageConversionException.class);
            assertThat(test.awaitDeadLetter().reason()).isEqualTo("UNREADABLE");
        });
    }

    @Test
    void aSubscriptionIsReceivedFromByItsSelector(PGSimpleDataSource database) {
        QueueApplication.on(database).run(context -> {
            PgQueue queue = context.getBean(PgQueue.class);
            queue.admin().declareTopic(TopicSpec.of("news"));
            queue.admin().declareSubscription(SubscriptionSpec.of("news", "news.all"));
            PgOperations template = template(context);
            template.destination("news").property("color", "blue").send("1");
            template.destination("news").property("color", "red").send("2");
            assertThat(template.destination("news")
                            .subscription("news.all")
                            .selector("color = 'red'")
                            .receive(String.class))
                    .contains("2");
        });
    }

    /** CMP-5, also from inside a transaction: the question is committed by itself. */
    @Test
    void aQuestionIsAnswered(PGSimpleDataSource database) {
        QueueApplication.on(database).withUserConfiguration(Shop.class).run(context -> {
            PgOperations template = template(context);
            Optional<Integer> answer = template.destination("questions")
                    .timeout(ListenerTest.LONG)
                    .sendAndReceive(new Order(20), Integer.class);
            assertThat(answer).contains(21);
            Optional<Integer> inside = context.getBean(TransactionTemplate.class)
                    .execute(status -> template.destination("questions")
                            .timeout(ListenerTest.LONG)
                            .sendAndReceive(new Order(30), Integer.class));
            assertThat(inside).contains(31);
            context.getBean(PgQueue.class).admin().declareQueue(QueueSpec.of("nobody"));
            assertThat(template.destination("nobody")
                            .timeout(Duration.ofMillis(50))
                            .sendAndReceive(new Order(1), Integer.class))
                    .isEmpty();
        });
    }

    /** PUB-13. */
    @Test
    void whatAHandlerSendsBelongsToTheConversation(PGSimpleDataSource database) {
        QueueApplication.on(database).withUserConfiguration(Shop.class).run(context -> {
            PublishResult sent = template(context)
                    .destination("first")
                    .correlationId("conversation")
                    .send(new Order(1));
            Delivery second = context.getBean(Shop.class).second.poll(30, TimeUnit.SECONDS);
            assertThat(second).isNotNull();
            assertThat(second.headers().correlationId()).isEqualTo("conversation");
            assertThat(second.properties())
                    .containsEntry("JMS_PGQ_CausationId", sent.messageId().toString());
        });
    }

    @Test
    void theConversationCanBeSwitchedOffAndMessagesChanged(PGSimpleDataSource database) {
        QueueApplication.on(database)
                .withUserConfiguration(Shop.class)
                .withPropertyValues("pgqueue.template.inherit-conversation=false")
                .withBean(
                        OutgoingMessagePostProcessor.class,
                        () -> (destination, message) -> message.toBuilder()
                                .property("tenant", destination + "-tenant")
                                .build())
                .run(context -> {
                    template(context).destination("first").correlationId("c").send(new Order(1));
                    Delivery second = context.getBean(Shop.class).second.poll(30, TimeUnit.SECONDS);
                    assertThat(second).isNotNull();
                    assertThat(second.headers().correlationId()).isNull();
                    assertThat(second.properties()).isEqualTo(Map.of("tenant", "second-tenant"));
                });
    }

    /** The recipe of the guide: events become messages in the transaction that published them, or none. */
    @Test
    void anApplicationEventIsSentInItsTransaction(PGSimpleDataSource database) {
        QueueApplication.on(database).withUserConfiguration(Shop.class).run(context -> {
            TransactionTemplate transactions = context.getBean(TransactionTemplate.class);
            ApplicationEventPublisher events = context;
            PgQueue queue = context.getBean(PgQueue.class);
            transactions.executeWithoutResult(status -> {
                events.publishEvent(new Order(1));
                status.setRollbackOnly();
            });
            assertThat(queue.receiver("events").receive(10)).isEmpty();
            transactions.executeWithoutResult(status -> events.publishEvent(new Order(2)));
            assertThat(queue.receiver("events").receive(10))
                    .extracting(Delivery::text)
                    .containsExactlyInAnyOrder("before {\"number\":2}", "after {\"number\":2}");
        });
    }

    private static PgOperations template(ApplicationContext context) {
        return context.getBean(PgOperations.class);
    }

    @Configuration(proxyBeanMethods = false)
    @EnableTransactionManagement
    static class Shop {

        final BlockingQueue<Delivery> second = new LinkedBlockingQueue<>();

        @Bean
        static QueueSpec questions() {
            return QueueSpec.of("questions");
        }

        @Bean
        static QueueSpec first() {
            return QueueSpec.of("first");
        }

        @Bean
        static QueueSpec secondQueue() {
            return QueueSpec.of("second");
        }

        @Bean
        static QueueSpec events() {
            return QueueSpec.of("events");
        }

        @Bean
        Handlers handlers(PgOperations template) {
            return new Handlers(template, this);
        }
    }

    static class Handlers {

        private final PgOperations template;
        private final Shop shop;

        Handlers(PgOperations template, Shop shop) {
            this.template = template;
            this.shop = shop;
        }

        @PgListener("questions")
        public int answer(Order order) {
            return order.number() + 1;
        }

        @PgListener("first")
        public void first(Order order) {
            template.convertAndSend("second", order);
        }

        @PgListener("second")
        public void second(Delivery delivery) {
            shop.second.add(delivery);
        }

        @TransactionalEventListener(phase = TransactionPhase.BEFORE_COMMIT)
        public void before(Order order) {
            template.convertAndSend("events", "before {\"number\":" + order.number() + "}");
        }

        /** After the commit there is nothing to join; a transaction of its own is asked for. */
        @TransactionalEventListener
        public void after(Order order) {
            template.destination("events")
                    .transaction(TemplateTransaction.REQUIRES_NEW)
                    .send("after {\"number\":" + order.number() + "}");
        }
    }
}
