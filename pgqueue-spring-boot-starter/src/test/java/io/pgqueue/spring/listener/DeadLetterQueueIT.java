// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.pgqueue.ConflictException;
import io.pgqueue.DeadLetterPolicy;
import io.pgqueue.Delivery;
import io.pgqueue.NotFoundException;
import io.pgqueue.QueueSpec;
import io.pgqueue.RedeliveryPolicy;
import io.pgqueue.SubscriptionSettings;
import io.pgqueue.SubscriptionSpec;
import io.pgqueue.TopicSpec;
import io.pgqueue.client.PgQueue;
import io.pgqueue.client.PgQueueAdmin;
import io.pgqueue.client.Receiver;
import io.pgqueue.client.ReceiverOptions;
import io.pgqueue.spring.PgOperations;
import io.pgqueue.spring.annotation.PgListener;
import io.pgqueue.spring.testing.ListenerTest;
import io.pgqueue.spring.testing.QueueApplication;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** DLQ-9, SPR-2. The way to be told of every dead letter: a listener on the queue that they are moved to. */
@PostgresTest(template = MigratedSchema.class)
class DeadLetterQueueIT {

    @Test
    void whoDiedWithItsWorkerIsTold(PGSimpleDataSource database) {
        QueueApplication.on(database).run(context -> {
            ListenerTest dead = ListenerTest.of(context, "crash.dead", UnaryOperator.identity());
            dead.listen(
                    delivery -> dead.done(
                            delivery.text() + " " + delivery.properties().get("JMS_PGQ_DeadReason")),
                    UnaryOperator.identity());
            dead.admin()
                    .declareQueue(QueueSpec.of("crash")
                            .withSettings(SubscriptionSettings.DEFAULT
                                    .withRedelivery(RedeliveryPolicy.DEFAULT.withMaxAttempts(1))
                                    .withDeadLetters(DeadLetterPolicy.DEFAULT.withQueue("crash.dead"))));
            context.getBean(PgOperations.class).convertAndSend("crash", "x");
            // As a worker whose JVM is killed: it never settles.
            try (Receiver receiver =
                    dead.queue().receiver(null, "crash", ReceiverOptions.DEFAULT.withLease(Duration.ofSeconds(1)))) {
                List<Delivery> held = receiver.receive(1);
                assertThat(held).hasSize(1);
            }
            await().atMost(ListenerTest.LONG).untilAsserted(() -> {
                dead.admin().maintain();
                assertThat(dead.done()).containsExactly("x LEASE_EXPIRED");
            });
        });
    }

    @Test
    void aListenerNamesTheQueueOfItsDeadLetters(PGSimpleDataSource database) {
        QueueApplication.on(database)
                .withUserConfiguration(Declared.class)
                .withPropertyValues("dead.queue=named.dead")
                .run(context -> {
                    assertThat(context).hasNotFailed();
                    PgQueueAdmin admin = context.getBean(PgQueue.class).admin();
                    assertThat(admin.queue("named").settings()).as("the bean's").isEqualTo(Declared.NAMED.settings());
                    assertThat(admin.queue("named.created").settings())
                            .as("made by the listener")
                            .isEqualTo(dying(DeadLetterPolicy.DEFAULT.withQueue("named.dead")));
                    assertThat(admin.subscription("named.topic", "named.red"))
                            .isEqualTo(SubscriptionSpec.of("named.topic", "named.red")
                                    .withSelector("color = 'red'")
                                    .withSettings(dying(DeadLetterPolicy.DEFAULT.withQueue("named.dead"))));

                    PgOperations template = context.getBean(PgOperations.class);
                    template.convertAndSend("named", "a");
                    template.convertAndSend("named.created", "b");
                    template.destination("named.topic").property("color", "red").send("c");
                    List<String> dead = context.getBean(Declared.class).dead;
                    await().atMost(ListenerTest.LONG).until(() -> dead.size() == 3);
                    assertThat(dead).containsExactlyInAnyOrder("a", "b", "c");
                });
    }

    @Test
    void aListenerWithAnotherQueueThanTheStoredOneDoesNotStart(PGSimpleDataSource database) {
        QueueApplication.on(database).run(context -> {
            ListenerTest test = ListenerTest.of(
                    context,
                    "elsewhere",
                    settings -> settings.withDeadLetters(DeadLetterPolicy.DEFAULT.withParkAfter(7)));
            test.admin().declareQueue(QueueSpec.of("elsewhere.dead"));
            assertThatThrownBy(() -> test.listen(delivery -> {}, options -> options.deadLetterQueue("elsewhere.dead")))
                    .isInstanceOf(ConflictException.class)
                    .hasMessageContaining("listener 'elsewhere-0' of queue 'elsewhere' cannot start")
                    .hasMessageContaining("exists with deadLetters")
                    .hasMessageContaining("queue=elsewhere.dead");
            test.admin()
                    .alterQueue(
                            "elsewhere",
                            SubscriptionSettings.DEFAULT.withDeadLetters(
                                    DeadLetterPolicy.DEFAULT.withParkAfter(7).withQueue("elsewhere.dead")));
            assertThat(test.listen(delivery -> {}, options -> options.deadLetterQueue("elsewhere.dead"))
                            .isRunning())
                    .isTrue();
        });
    }

    @Test
    void aQueueForDeadLettersThatDoesNotExistIsNamed(PGSimpleDataSource database) {
        QueueApplication.on(database)
                .run(context -> assertThatThrownBy(() -> context.getBean(PgListenerEndpointRegistry.class)
                                .registerListenerContainer(
                                        PgListenerEndpoint.ofQueue("lost", "lost", (delivery, acknowledgement) -> {})
                                                .withOptions(options -> options.deadLetterQueue("lost.dead")),
                                        context.getBean(PgListenerContainerFactory.class)))
                        .isInstanceOf(NotFoundException.class)
                        .hasMessageContaining("listener 'lost' of queue 'lost' cannot start")
                        .hasMessageContaining("lost.dead"));
    }

    private static SubscriptionSettings dying(DeadLetterPolicy policy) {
        return SubscriptionSettings.DEFAULT.withDeadLetters(policy);
    }

    @Configuration(proxyBeanMethods = false)
    static class Declared {

        static final QueueSpec NAMED = QueueSpec.of("named")
                .withSettings(
                        dying(DeadLetterPolicy.DEFAULT.withQueue("named.dead")).withLease(Duration.ofMinutes(5)));

        final List<String> dead = new CopyOnWriteArrayList<>();

        @Bean
        static QueueSpec namedDead() {
            return QueueSpec.of("named.dead");
        }

        @Bean
        static QueueSpec named() {
            return NAMED;
        }

        @Bean
        static TopicSpec namedTopic() {
            return TopicSpec.of("named.topic");
        }

        @PgListener(queues = "named", deadLetterQueue = "${dead.queue}", maxAttempts = "1")
        @PgListener(queues = "named.created", deadLetterQueue = "#{'named.' + 'dead'}", maxAttempts = "1")
        @PgListener(
                topic = "named.topic",
                subscription = "named.red",
                selector = "color = 'red'",
                deadLetterQueue = "named.dead",
                maxAttempts = "1")
        void fail(String text) {
            throw new IllegalStateException(text);
        }

        @PgListener("named.dead")
        void dead(String text) {
            dead.add(text);
        }
    }
}
