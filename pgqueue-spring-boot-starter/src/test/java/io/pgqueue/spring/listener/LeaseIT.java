// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.pgqueue.CancelResult;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.PublishResult;
import io.pgqueue.spring.SpringConnectionSource;
import io.pgqueue.spring.testing.Blocker;
import io.pgqueue.spring.testing.ListenerTest;
import io.pgqueue.spring.testing.QueueApplication;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.DefaultTransactionDefinition;

/** Leases are renewed while handlers run, but not for ever. */
@PostgresTest(template = MigratedSchema.class)
class LeaseIT {

    private static final Duration SECOND = Duration.ofSeconds(1);

    @ParameterizedTest
    @EnumSource(names = {"TRANSACTION", "AUTO"})
    void aSlowHandlerKeepsItsMessage(AckMode mode, PGSimpleDataSource database) {
        QueueApplication.on(database).run(context -> {
            ListenerTest test = ListenerTest.of(context, "slow-" + mode, settings -> settings.withLease(SECOND));
            Blocker blocker = new Blocker();
            AtomicInteger attempts = new AtomicInteger();
            test.listen(
                    delivery -> {
                        attempts.incrementAndGet();
                        blocker.block();
                        test.done(delivery.text());
                    },
                    options -> options.ackMode(mode).concurrency(3));
            test.send("x");
            blocker.awaitEntered();
            Integer end = leaseEnd(test);
            await().atMost(ListenerTest.LONG).until(() -> leaseEnd(test) >= end + 3);
            blocker.release();
            test.awaitNothingLeft();
            assertThat(attempts).hasValue(1);
            assertThat(test.done()).containsExactly("x");
        });
    }

    @Test
    @ExtendWith(OutputCaptureExtension.class)
    void afterTheLongestTimeSomebodyElseDoesItAndTheWorkCountsOnce(PGSimpleDataSource database, CapturedOutput log) {
        QueueApplication.on(database).run(context -> {
            ListenerTest test = ListenerTest.of(context, "longest", settings -> settings.withLease(SECOND));
            Blocker blocker = new Blocker();
            test.listen(
                    delivery -> {
                        test.done("attempt " + delivery.attempts());
                        if (delivery.attempts() == 1) {
                            blocker.block();
                        }
                    },
                    options -> options.maxProcessingTime(SECOND).concurrency(2));
            test.send("x");
            blocker.awaitEntered();
            test.awaitNothingLeft();
            blocker.release();
            await().atMost(ListenerTest.LONG)
                    .untilAsserted(() -> assertThat(test.done()).containsExactly("attempt 2"));
            assertThat(log).contains("is held for longer than the maximum processing time");
        });
    }

    /** SCH-5: told by the JVM itself, for the lease is not renewed in this time. */
    @ParameterizedTest
    @EnumSource(names = {"TRANSACTION", "AUTO", "MANUAL"})
    void aHandlerSeesThatItsMessageIsCancelled(AckMode mode, PGSimpleDataSource database) {
        QueueApplication.on(database).run(context -> {
            ListenerTest test = ListenerTest.of(context, "cancelled-" + mode, settings -> settings);
            CountDownLatch entered = new CountDownLatch(1);
            CountDownLatch seen = new CountDownLatch(1);
            DeliveryHandler handler = (delivery, acknowledgement) -> {
                entered.countDown();
                await().atMost(ListenerTest.LONG).until(delivery::isCancelled);
                assertThat(acknowledgement.isCancelled()).isTrue();
                seen.countDown();
            };
            test.listen(handler, options -> options.ackMode(mode));
            PublishResult sent = test.queue()
                    .publish("cancelled-" + mode, OutgoingMessage.text("x").build());
            assertThat(entered.await(30, TimeUnit.SECONDS)).isTrue();
            assertThat(test.queue().scheduling().cancel(sent.messageId()))
                    .extracting(CancelResult::outcome)
                    .containsExactly(CancelResult.Outcome.WAS_LEASED);
            assertThat(seen.await(30, TimeUnit.SECONDS)).isTrue();
        });
    }

    /** Renewing would make the ack fail, since it changes the row after the snapshot was taken. */
    @Test
    void aboveReadCommittedTheLeaseIsLeftAlone(PGSimpleDataSource database) {
        QueueApplication.on(database).run(context -> {
            ListenerTest test = ListenerTest.of(context, "isolated", settings -> settings);
            PgListenerContainerFactory factory = PgListenerContainerFactory.builder(
                            test.queue(),
                            context.getBean(SpringConnectionSource.class),
                            new RepeatableRead(context.getBean(DataSource.class)))
                    .options(options -> options.lease(Duration.ofSeconds(3)))
                    .build();
            Blocker blocker = new Blocker();
            DeliveryHandler handler = (delivery, acknowledgement) -> {
                test.done(delivery.text());
                blocker.block();
            };
            PgListenerContainer container =
                    factory.createContainer(PgListenerEndpoint.ofQueue("isolated", "isolated", handler));
            container.start();
            test.send("x");
            blocker.awaitEntered();
            // A renewal would have come after the first second.
            await().atMost(ListenerTest.LONG)
                    .until(() -> Boolean.TRUE.equals(test.jdbc()
                            .queryForObject(
                                    "select max(lease_until) < clock_timestamp() + interval '1 second' from pgqueue.delivery",
                                    Boolean.class)));
            blocker.release();
            test.awaitNothingLeft();
            assertThat(test.done()).containsExactly("x");
            container.stop();
            factory.destroy();
        });
    }

    private static final class RepeatableRead extends JdbcTransactionManager {

        private static final long serialVersionUID = 1L;

        RepeatableRead(DataSource dataSource) {
            super(dataSource);
        }

        @Override
        protected void doBegin(Object transaction, TransactionDefinition definition) {
            DefaultTransactionDefinition stricter = new DefaultTransactionDefinition(definition);
            stricter.setIsolationLevel(TransactionDefinition.ISOLATION_REPEATABLE_READ);
            super.doBegin(transaction, stricter);
        }
    }

    private static Integer leaseEnd(ListenerTest test) {
        Integer end = test.jdbc()
                .queryForObject(
                        "select extract(epoch from max(lease_until))::int from pgqueue.delivery where attempts > 0",
                        Integer.class);
        assertThat(end).isNotNull();
        return end;
    }
}
