// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.pgqueue.DeadLetter;
import io.pgqueue.Delivery;
import io.pgqueue.RedeliveryPolicy;
import io.pgqueue.StaleDeliveryException;
import io.pgqueue.SubscriptionSettings;
import io.pgqueue.spring.testing.Blocker;
import io.pgqueue.spring.testing.ListenerTest;
import io.pgqueue.spring.testing.QueueApplication;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.postgresql.ds.PGSimpleDataSource;

/** CON-18, SPR-5, TX-4: who settles, when, and what a handler may settle itself. */
@PostgresTest(template = MigratedSchema.class)
class AckModeIT {

    /** The handler settles and returns; what is left in the queue afterwards. */
    enum Settlement {
        ACK((ack, test) -> ack.ack()),
        NACK((ack, test) -> ack.nack(Duration.ofHours(1))),
        NACK_BACKOFF((ack, test) -> ack.nack()),
        RETRY_LATER((ack, test) -> ack.retryLater(Duration.ofHours(1))),
        DEAD_LETTER((ack, test) -> ack.deadLetter("no such customer"));

        private final BiConsumer<Acknowledgement, ListenerTest> settle;

        Settlement(BiConsumer<Acknowledgement, ListenerTest> settle) {
            this.settle = settle;
        }
    }

    @ParameterizedTest
    @EnumSource
    void manualSettlesAsTheHandlerSays(Settlement settlement, PGSimpleDataSource database) {
        settlesInMode(AckMode.MANUAL, settlement, database);
    }

    /** And the handler's work commits with it. */
    @ParameterizedTest
    @EnumSource
    void transactionSettlesAsTheHandlerSays(Settlement settlement, PGSimpleDataSource database) {
        settlesInMode(AckMode.TRANSACTION, settlement, database);
    }

    @ParameterizedTest
    @EnumSource
    void autoSettlesAsTheHandlerSays(Settlement settlement, PGSimpleDataSource database) {
        settlesInMode(AckMode.AUTO, settlement, database);
    }

    private static void settlesInMode(AckMode mode, Settlement settlement, PGSimpleDataSource database) {
        QueueApplication.on(database).run(context -> {
            ListenerTest test = ListenerTest.of(
                    context,
                    "settled-" + mode + settlement,
                    settings ->
                            settings.withRedelivery(RedeliveryPolicy.DEFAULT.withFixedBackoff(Duration.ofHours(1))));
            listen(test, mode, (delivery, ack) -> {
                test.done(delivery.text());
                settlement.settle.accept(ack, test);
            });
            test.send("x");
            await().atMost(ListenerTest.LONG).until(() -> test.done().equals(List.of("x")));
            switch (settlement) {
                case ACK -> test.awaitNothingLeft();
                case NACK, NACK_BACKOFF -> test.awaitStats(stats -> stats.retrying() == 1 && stats.leased() == 0);
                case RETRY_LATER -> test.awaitStats(stats -> stats.delayed() == 1 && stats.leased() == 0);
                case DEAD_LETTER ->
                    assertThat(test.awaitDeadLetter()).satisfies(dead -> {
                        assertThat(dead.reason()).isEqualTo("REJECTED");
                        assertThat(dead.failure().message()).isEqualTo("no such customer");
                    });
            }
        });
    }

    /** The settlement is part of the transaction: a handler that fails afterwards has settled nothing. */
    @Test
    void whatAFailingHandlerHasSettledInItsTransactionIsNotSettled(PGSimpleDataSource database) {
        QueueApplication.on(database).run(context -> {
            ListenerTest test = atOnce(context, "undone");
            listen(test, AckMode.TRANSACTION, (delivery, ack) -> {
                test.done("attempt " + delivery.attempts());
                ack.ack();
                if (delivery.attempts() == 1) {
                    throw new IllegalStateException("after the ack");
                }
            });
            test.send("x");
            test.awaitNothingLeft();
            assertThat(test.done()).containsExactly("attempt 2");
        });
    }

    /** CON-20. */
    @Test
    void aDeliveryIsSettledOnce(PGSimpleDataSource database) {
        QueueApplication.on(database).run(context -> {
            ListenerTest test = atOnce(context, "once");
            List<Throwable> thrown = new CopyOnWriteArrayList<>();
            listen(test, AckMode.MANUAL, (delivery, ack) -> {
                ack.ack();
                try {
                    ack.nack();
                } catch (IllegalStateException e) {
                    thrown.add(e);
                }
            });
            test.send("x");
            await().atMost(ListenerTest.LONG).until(() -> thrown.size() == 1);
            test.awaitNothingLeft();
        });
    }

    /** Nobody else has it, so nobody would do it before the lease ends; and the dead letter says what the mistake is. */
    @Test
    void whoSettlesTwiceInATransactionHasFailed(PGSimpleDataSource database) {
        QueueApplication.on(database).run(context -> {
            ListenerTest test = ListenerTest.of(
                    context, "again", settings -> atOnce(settings).withLease(Duration.ofHours(1)));
            listen(test, AckMode.TRANSACTION, (delivery, ack) -> {
                test.done("attempt " + delivery.attempts());
                ack.ack();
                ack.nack();
            });
            test.send("x");
            DeadLetter dead = test.awaitDeadLetter();
            assertThat(dead.reason()).isEqualTo("MAX_ATTEMPTS");
            assertThat(dead.failure().errorClass()).isEqualTo(IllegalStateException.class.getName());
            assertThat(dead.failure().message()).contains("can be settled once");
            assertThat(test.done()).isEmpty();
        });
    }

    /** SPR-5: who extends too late is told that somebody else may be at it. */
    @Test
    void whatIsLostCannotBeExtended(PGSimpleDataSource database) {
        QueueApplication.on(database).run(context -> {
            ListenerTest test = atOnce(context, "late");
            List<Throwable> thrown = new CopyOnWriteArrayList<>();
            listen(test, AckMode.MANUAL, (delivery, ack) -> {
                test.queue().scheduling().cancel(delivery.messageId());
                try {
                    ack.extend(Duration.ofHours(1));
                } catch (StaleDeliveryException e) {
                    thrown.add(e);
                }
                test.done("x");
            });
            test.send("x");
            await().atMost(ListenerTest.LONG).until(() -> test.done().equals(List.of("x")));
            assertThat(thrown).hasSize(1);
        });
    }

    @Test
    void manualMaySettleInAnotherThreadAfterReturning(PGSimpleDataSource database) throws Exception {
        BlockingQueue<Acknowledgement> later = new LinkedBlockingQueue<>();
        QueueApplication.on(database).run(context -> {
            ListenerTest test = atOnce(context, "later");
            listen(test, AckMode.MANUAL, (delivery, ack) -> later.add(ack));
            test.send("x");
            Acknowledgement ack = later.poll(30, TimeUnit.SECONDS);
            assertThat(ack).isNotNull();
            assertThat(test.stats().leased()).isEqualTo(1);
            ack.extend(Duration.ofHours(5));
            assertThat(test.jdbc()
                            .queryForObject(
                                    "select bool_and(lease_until > now() + interval '4 hours') from pgqueue.delivery",
                                    Boolean.class))
                    .as("extended")
                    .isTrue();
            ack.ack();
            test.awaitNothingLeft();
        });
    }

    @Test
    void manualWithoutSettlingComesBackWhenTheLeaseEnds(PGSimpleDataSource database) {
        QueueApplication.on(database).run(context -> {
            ListenerTest test =
                    ListenerTest.of(context, "forgotten", settings -> settings.withLease(Duration.ofSeconds(1)));
            listen(test, AckMode.MANUAL, (delivery, ack) -> {
                test.done("attempt " + delivery.attempts());
                if (delivery.attempts() == 2) {
                    ack.ack();
                }
            });
            test.send("x");
            test.awaitNothingLeft();
            assertThat(test.done()).containsExactly("attempt 1", "attempt 2");
        });
    }

    /** CON-17: acked before the handler runs, and lost when it fails. */
    @Test
    void noneAcksBeforeTheHandler(PGSimpleDataSource database) throws Exception {
        QueueApplication.on(database).run(context -> {
            ListenerTest test = atOnce(context, "none");
            Blocker blocker = new Blocker();
            List<Delivery> seen = new CopyOnWriteArrayList<>();
            listen(test, AckMode.NONE, (delivery, ack) -> {
                seen.add(delivery);
                blocker.block();
                throw new IllegalStateException("lost by choice");
            });
            test.send("x");
            blocker.awaitEntered();
            assertThat(test.stats().unfinished())
                    .as("acked while the handler runs")
                    .isZero();
            blocker.release();
            test.send("y");
            await().atMost(ListenerTest.LONG).until(() -> seen.size() == 2);
            assertThat(test.stats().dead()).isZero();
        });
    }

    private static ListenerTest atOnce(org.springframework.context.ApplicationContext context, String queue) {
        return ListenerTest.of(context, queue, AckModeIT::atOnce);
    }

    private static SubscriptionSettings atOnce(SubscriptionSettings settings) {
        return settings.withRedelivery(RedeliveryPolicy.DEFAULT.withFixedBackoff(Duration.ZERO));
    }

    private static void listen(ListenerTest test, AckMode mode, DeliveryHandler handler) {
        test.listen(handler, options -> options.ackMode(mode));
    }
}
