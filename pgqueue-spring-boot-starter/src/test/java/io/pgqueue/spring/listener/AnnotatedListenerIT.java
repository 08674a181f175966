// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.pgqueue.Delivery;
import io.pgqueue.QueueSpec;
import io.pgqueue.SubscriptionSpec;
import io.pgqueue.TopicSpec;
import io.pgqueue.spring.PgHeaders;
import io.pgqueue.spring.PgOperations;
import io.pgqueue.spring.annotation.PgListener;
import io.pgqueue.spring.testing.ListenerTest;
import io.pgqueue.spring.testing.QueueApplication;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.messaging.Message;
import org.springframework.messaging.handler.annotation.Header;
import org.springframework.transaction.annotation.EnableTransactionManagement;
import org.springframework.transaction.annotation.Transactional;

/** Annotated methods in an application: topics, arguments, proxies, sending on, virtual threads. */
@PostgresTest(template = MigratedSchema.class)
class AnnotatedListenerIT {

    record Order(int number) {}

    @Test
    void aFilteredTopicReachesItsSubscriptionAndWhatItSendsOn(PGSimpleDataSource database) {
        QueueApplication.on(database).withUserConfiguration(Shop.class).run(context -> {
            PgOperations template = context.getBean(PgOperations.class);
            Shop shop = context.getBean(Shop.class);
            template.convertAndSend("orders", new Order(1), Map.of("color", "blue"));
            template.convertAndSend("orders", new Order(2), Map.of("color", "red", PgHeaders.CORRELATION_ID, "c2"));
            await().atMost(ListenerTest.LONG).until(() -> shop.seen.size() == 2);
            assertThat(shop.seen).containsExactly("order Order[number=2] red c2 attempt 1", "invoice \"2\" orders.red");
            assertThat(shop.threads).allSatisfy(thread -> assertThat(thread).startsWith("pgqueue-"));
        });
    }

    @Test
    @EnabledForJreRange(min = JRE.JAVA_21)
    void handlersRunInVirtualThreadsIfBootSaysSo(PGSimpleDataSource database) {
        QueueApplication.on(database)
                .withPropertyValues("spring.threads.virtual.enabled=true")
                .run(context -> {
                    ListenerTest test = ListenerTest.of(context, "virtual", settings -> settings);
                    List<String> threads = new CopyOnWriteArrayList<>();
                    test.listen(
                            delivery -> {
                                threads.add(Thread.currentThread().toString());
                                test.done(delivery.text());
                            },
                            options -> options.concurrency(20));
                    test.sendAll(List.of("a", "b", "c"));
                    test.awaitNothingLeft();
                    assertThat(test.done()).containsExactly("a", "b", "c");
                    assertThat(threads).isNotEmpty().allMatch(thread -> thread.startsWith("VirtualThread"));
                });
    }

    @Configuration(proxyBeanMethods = false)
    @EnableTransactionManagement
    static class Shop {

        final List<String> seen = new CopyOnWriteArrayList<>();
        final List<String> threads = new CopyOnWriteArrayList<>();

        @Bean
        static TopicSpec orders() {
            return TopicSpec.of("orders");
        }

        @Bean
        static SubscriptionSpec red() {
            return SubscriptionSpec.of("orders", "orders.red").withSelector("color = 'red'");
        }

        @Bean
        static QueueSpec invoices() {
            return QueueSpec.of("invoices");
        }

        @Bean
        Listeners listeners(PgOperations template) {
            return new Listeners(this, template);
        }
    }

    /** A transactional bean, so that the listener methods are called through a proxy. */
    @Transactional
    static class Listeners {

        private final Shop shop;
        private final PgOperations template;

        Listeners(Shop shop, PgOperations template) {
            this.shop = shop;
            this.template = template;
        }

        @PgListener(topic = "orders", subscription = "orders.red")
        public void order(Order order, Message<?> message, Delivery delivery) {
            shop.threads.add(Thread.currentThread().getName());
            shop.seen.add("order " + order + " " + message.getHeaders().get("color") + " "
                    + delivery.headers().correlationId() + " attempt " + delivery.attempts());
            template.convertAndSend(
                    "invoices", Integer.toString(order.number()), Map.of("from", delivery.subscription()));
        }

        @PgListener("invoices")
        public void invoice(String number, @Header("from") String from) {
            shop.seen.add("invoice \"" + number + "\" " + from);
        }
    }
}
