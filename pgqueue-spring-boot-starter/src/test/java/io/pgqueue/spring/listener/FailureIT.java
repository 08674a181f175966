// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgqueue.DeadLetter;
import io.pgqueue.RedeliveryPolicy;
import io.pgqueue.SubscriptionSettings;
import io.pgqueue.spring.PgHeaders;
import io.pgqueue.spring.annotation.PgListener;
import io.pgqueue.spring.autoconfigure.PgQueueCustomizer;
import io.pgqueue.spring.testing.ListenerTest;
import io.pgqueue.spring.testing.QueueApplication;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Configuration;
import org.springframework.dao.DataAccessException;
import org.springframework.messaging.handler.annotation.Header;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** What becomes of a delivery whose handler fails. */
@PostgresTest(template = MigratedSchema.class)
class FailureIT {

    @ParameterizedTest
    @EnumSource(names = {"TRANSACTION", "AUTO", "MANUAL"})
    void poisonIsDeadAfterItsLastAttempt(AckMode mode, PGSimpleDataSource database) {
        QueueApplication.on(database).run(context -> {
            ListenerTest test = ListenerTest.of(context, "poison-" + mode, settings -> atOnce(settings, 3));
            List<Integer> attempts = new CopyOnWriteArrayList<>();
            test.listen(
                    delivery -> {
                        attempts.add(delivery.attempts());
                        test.done("attempt " + delivery.attempts());
                        throw new IllegalStateException("poison");
                    },
                    options -> options.ackMode(mode));
            test.send("x");
            DeadLetter dead = test.awaitDeadLetter();
            assertThat(dead.reason()).isEqualTo("MAX_ATTEMPTS");
            assertThat(dead.attempts()).isEqualTo(3);
            assertThat(dead.failure().errorClass()).isEqualTo(IllegalStateException.class.getName());
            assertThat(dead.failure().message()).isEqualTo("poison");
            assertThat(attempts).containsExactly(1, 2, 3);
            assertThat(test.done()).as("work of failed attempts").hasSize(mode == AckMode.TRANSACTION ? 0 : 3);
        });
    }

    /** CON-4. */
    @Test
    @ExtendWith(OutputCaptureExtension.class)
    void whatIsLoggedOfAFailureNamesTheConsumer(PGSimpleDataSource database, CapturedOutput log) {
        PgQueueCustomizer named = builder -> builder.consumer("billing-1");
        QueueApplication.on(database)
                .withBean(PgQueueCustomizer.class, () -> named)
                .run(context -> {
                    ListenerTest test = ListenerTest.of(context, "named", settings -> atOnce(settings, 1));
                    test.listen(
                            delivery -> {
                                throw new IllegalStateException("poison");
                            },
                            UnaryOperator.identity());
                    test.send("x");
                    assertThat(test.awaitDeadLetter().consumer()).isEqualTo("billing-1");
                    assertThat(log).containsPattern("\\(consumer billing-1\\) failed to handle Delivery\\[");
                });
    }

    /** SPR-6: a mistake in the error handler loses nothing. */
    @Test
    void whatAnErrorHandlerFailsOnIsRetried(PGSimpleDataSource database) {
        QueueApplication.on(database).run(context -> {
            ListenerTest test = ListenerTest.of(context, "undecided", settings -> atOnce(settings, 2));
            test.listen(
                    delivery -> {
                        throw new IllegalStateException("poison");
                    },
                    options -> options.errorHandler((delivery, error) -> {
                        if (delivery.attempts() == 2) {
                            throw new AssertionError("an Error is no better");
                        }
                        throw new IllegalArgumentException("cannot decide");
                    }));
            test.send("x");
            assertThat(test.awaitDeadLetter().attempts()).isEqualTo(2);
        });
    }

    /** SPR-6, CON-14: an error handler may put it off, which is no attempt. */
    @Test
    void anErrorHandlerMayPutADeliveryOff(PGSimpleDataSource database) {
        QueueApplication.on(database).run(context -> {
            ListenerTest test = ListenerTest.of(context, "put-off", settings -> atOnce(settings, 1));
            test.listen(
                    delivery -> {
                        throw new IllegalStateException("not now");
                    },
                    options ->
                            options.errorHandler((delivery, error) -> FailureDecision.retryLater(Duration.ofHours(1))));
            test.send("x");
            test.awaitStats(stats -> stats.leased() == 0 && stats.ready() == 0);
            assertThat(test.stats().delayed()).isEqualTo(1);
            assertThat(test.stats().dead()).isZero();
        });
    }

    /** DLQ-12: what it throws is logged and changes nothing. */
    @Test
    void aDeadLetterHandlerThatFailsHoldsUpNobody(PGSimpleDataSource database) {
        QueueApplication.on(database).run(context -> {
            ListenerTest test = ListenerTest.of(
                    context, "told", settings -> atOnce(settings, 1).withLease(Duration.ofHours(1)));
            test.sendAll(List.of("x", "y"));
            List<Object> told = new CopyOnWriteArrayList<>();
            test.listenInBatches(
                    (deliveries, acknowledgement) -> {
                        throw new IllegalStateException("poison");
                    },
                    options -> options.deadLetterHandler((delivery, error) -> {
                        told.add(delivery.messageId());
                        if (told.size() == 1) {
                            throw new AssertionError("an Error is no better");
                        }
                        throw new IllegalStateException("fails as well");
                    }));
            test.awaitStats(stats -> stats.dead() == 2);
            assertThat(told).hasSize(2);
        });
    }

    @Test
    void theBackoffOfTheQueueIsWaitedFor(PGSimpleDataSource database) {
        QueueApplication.on(database).run(context -> {
            ListenerTest test = ListenerTest.of(
                    context,
                    "backoff",
                    settings ->
                            settings.withRedelivery(RedeliveryPolicy.DEFAULT.withFixedBackoff(Duration.ofHours(1))));
            test.listen(
                    delivery -> {
                        throw new IllegalStateException("later");
                    },
                    options -> options);
            test.send("x");
            test.awaitStats(stats -> stats.retrying() == 1);
        });
    }

    /** Whoever fails to read it quotes it: that is for the dead letter, not for the log. */
    @Test
    @ExtendWith(OutputCaptureExtension.class)
    void whatCannotBeReadIsDeadAtOnce(PGSimpleDataSource database, CapturedOutput log) {
        QueueApplication.on(database).withUserConfiguration(Orders.class).run(context -> {
            ListenerTest test = ListenerTest.of(context, "orders", settings -> settings);
            Orders orders = context.getBean(Orders.class);
            registry(context.getBean(PgListenerEndpointRegistry.class)).start();
            test.send("canary, no order");
            DeadLetter dead = test.awaitDeadLetter();
            assertThat(dead.reason()).isEqualTo("UNREADABLE");
            assertThat(dead.attempts()).isEqualTo(1);
            assertThat(dead.failure().errorClass()).isEqualTo(UnreadableDeliveryException.class.getName());
            assertThat(dead.failure().message()).contains("canary");
            assertThat(orders.calls).hasValue(0);
            assertThat(log.getAll().lines().filter(line -> line.contains("a dead letter")))
                    .as("one line, and it says where the reason is")
                    .singleElement()
                    .asString()
                    .contains(dead.messageId().toString(), "the failure of the dead letter has the reason");
            assertThat(log).doesNotContain("canary");
        });
    }

    /** With the connection the rollback fails as well, which says nothing of why. */
    @Test
    void whyAHandlerFailedIsKnownAlsoWhenItsConnectionIsLost(PGSimpleDataSource database) {
        QueueApplication.on(database).run(context -> {
            ListenerTest test = ListenerTest.of(context, "cut-off", settings -> settings);
            test.listen(
                    delivery -> {
                        assertThatThrownBy(() -> test.jdbc().execute("select pg_terminate_backend(pg_backend_pid())"))
                                .isInstanceOf(DataAccessException.class);
                        throw new IllegalArgumentException("not worth a retry");
                    },
                    options -> options.errorHandler(FailureClassifier.DEFAULT.with(
                            IllegalArgumentException.class, FailureDecision.DEAD_LETTER)));
            test.send("x");
            DeadLetter dead = test.awaitDeadLetter();
            assertThat(dead.reason()).isEqualTo("REJECTED");
            assertThat(dead.failure().message()).isEqualTo("not worth a retry");
        });
    }

    @Test
    void aTransactionMarkedRollbackOnlyIsAFailure(PGSimpleDataSource database) {
        QueueApplication.on(database).run(context -> {
            ListenerTest test = ListenerTest.of(context, "rollback-only", settings -> atOnce(settings, 2));
            TransactionTemplate inner = new TransactionTemplate(context.getBean(PlatformTransactionManager.class));
            test.listen(
                    delivery -> {
                        test.done("x");
                        inner.executeWithoutResult(status -> status.setRollbackOnly());
                    },
                    options -> options);
            test.send("x");
            assertThat(test.awaitDeadLetter().failure().message()).contains("rollback-only");
            assertThat(test.done()).isEmpty();
        });
    }

    @Test
    void aStatementThatFailedFailsTheAttemptEvenWhenTheHandlerHidesIt(PGSimpleDataSource database) {
        QueueApplication.on(database).run(context -> {
            ListenerTest test = ListenerTest.of(context, "hidden", settings -> atOnce(settings, 1));
            test.listen(
                    delivery -> {
                        test.done("x");
                        try {
                            test.jdbc().execute("select 1/0");
                        } catch (RuntimeException hidden) {
                            test.queue();
                        }
                    },
                    options -> options);
            test.send("x");
            assertThat(test.awaitDeadLetter().attempts()).isEqualTo(1);
            assertThat(test.done()).isEmpty();
        });
    }

    @Test
    void aStaleAckRollsTheWorkBack(PGSimpleDataSource database) {
        QueueApplication.on(database).run(context -> {
            ListenerTest test = ListenerTest.of(context, "stale", settings -> atOnce(settings, 3));
            test.listen(
                    delivery -> {
                        test.done(delivery.text());
                        if (delivery.text().equals("stolen")) {
                            // In another thread, so in another transaction.
                            CompletableFuture.runAsync(() -> test.admin().purge(null, "stale", true))
                                    .join();
                            test.send("next");
                        } else {
                            test.done("after");
                        }
                    },
                    options -> options);
            test.send("stolen");
            test.awaitNothingLeft();
            test.send("last");
            test.awaitNothingLeft();
            assertThat(test.done()).as("nothing of the stolen one").containsExactly("after", "last");
        });
    }

    private static PgListenerContainer registry(PgListenerEndpointRegistry registry) {
        PgListenerContainer container = registry.getListenerContainer("orders");
        assertThat(container).isNotNull();
        return container;
    }

    private static SubscriptionSettings atOnce(SubscriptionSettings settings, int maxAttempts) {
        return settings.withRedelivery(
                RedeliveryPolicy.DEFAULT.withFixedBackoff(Duration.ZERO).withMaxAttempts(maxAttempts));
    }

    record Order(int number) {}

    @Configuration(proxyBeanMethods = false)
    static class Orders {

        final AtomicInteger calls = new AtomicInteger();

        @PgListener(queues = "orders", autoStartup = "false")
        void handle(Order order, @Header(PgHeaders.ATTEMPTS) int attempts) {
            calls.incrementAndGet();
        }
    }
}
