// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import io.pgqueue.Delivery;
import io.pgqueue.spring.testing.Blocker;
import io.pgqueue.spring.testing.ListenerTest;
import io.pgqueue.spring.testing.QueueApplication;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/** Stopping gives back what nobody started, and does not wait for ever. */
@PostgresTest(template = MigratedSchema.class)
class StopIT {

    @Test
    void whatNobodyStartedIsGivenBackWithoutAnAttempt(PGSimpleDataSource database) {
        QueueApplication.on(database).run(context -> {
            ListenerTest test = ListenerTest.of(context, "graceful", settings -> settings);
            Blocker blocker = new Blocker();
            PgListenerContainer container = test.listen(
                    delivery -> {
                        if (delivery.text().equals("slow")) {
                            blocker.block();
                        }
                        test.done(delivery.text());
                    },
                    options -> options);
            // Handlers known to be fast make the container lease ahead of its one worker.
            test.sendAll(IntStream.range(0, 20).mapToObj(i -> "fast").toList());
            test.awaitNothingLeft();
            test.sendAll(IntStream.range(0, 6)
                    .mapToObj(i -> i == 0 ? "slow" : "rest")
                    .toList());
            blocker.awaitEntered();
            test.awaitStats(stats -> stats.leased() == 6);

            CountDownLatch stopped = new CountDownLatch(1);
            container.stop(stopped::countDown);
            assertThat(container.isRunning()).isFalse();
            test.awaitStats(stats -> stats.leased() == 1 && stats.ready() == 5);
            assertThat(stopped.getCount()).as("waits for the running one").isEqualTo(1);
            blocker.release();
            assertThat(stopped.await(30, TimeUnit.SECONDS)).isTrue();

            assertThat(test.done()).filteredOn("slow"::equals).hasSize(1);
            List<Delivery> rest = test.queue().receiver("graceful").receive(10);
            assertThat(rest)
                    .hasSize(5)
                    .allSatisfy(delivery -> assertThat(delivery.attempts()).isEqualTo(1));
        });
    }

    @Test
    void aHandlerThatDoesNotEndIsInterrupted(PGSimpleDataSource database) {
        QueueApplication.on(database).run(context -> {
            ListenerTest test = ListenerTest.of(context, "interrupted", settings -> settings);
            Blocker blocker = new Blocker();
            PgListenerContainer container = test.listen(
                    delivery -> {
                        test.done("begun");
                        blocker.block();
                    },
                    options -> options.shutdownTimeout(Duration.ofSeconds(2)));
            test.send("x");
            blocker.awaitEntered();
            container.stop();
            test.awaitStats(stats -> stats.retrying() == 1);
            assertThat(test.done()).isEmpty();
        });
    }

    @Test
    void aHandlerThatIgnoresTheInterruptDoesNotHoldUpTheShutdown(PGSimpleDataSource database) {
        CountDownLatch end = new CountDownLatch(1);
        CountDownLatch entered = new CountDownLatch(1);
        long start = System.nanoTime();
        QueueApplication.on(database)
                .withPropertyValues("spring.lifecycle.timeout-per-shutdown-phase=2s")
                .run(context -> {
                    ListenerTest test = ListenerTest.of(context, "hung", settings -> settings);
                    test.listen(delivery -> ignoreInterrupts(entered, end), options -> options);
                    test.send("x");
                    assertThat(entered.await(30, TimeUnit.SECONDS)).isTrue();
                });
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(25));
        end.countDown();
    }

    @Test
    void aStoppedContainerCanBeStartedAgain(PGSimpleDataSource database) {
        QueueApplication.on(database).run(context -> {
            ListenerTest test = ListenerTest.of(context, "again", settings -> settings);
            PgListenerContainer container = test.listen(delivery -> test.done(delivery.text()), options -> options);
            PgListenerEndpointRegistry registry = context.getBean(PgListenerEndpointRegistry.class);
            test.send("one");
            test.awaitNothingLeft();
            registry.stop();
            test.send("two");
            assertThat(container.isRunning()).isFalse();
            registry.start();
            test.awaitNothingLeft();
            assertThat(test.done()).containsExactly("one", "two");
        });
    }

    /** As at the shutdown of an application that has just stopped a listener by hand: its handler still needs the pool. */
    @Test
    void whoStopsAStoppingContainerWaitsForItsHandlers(PGSimpleDataSource database) {
        QueueApplication.on(database).run(context -> {
            ListenerTest test = ListenerTest.of(context, "twice", settings -> settings);
            Blocker blocker = new Blocker();
            PgListenerContainer container = test.listen(
                    delivery -> {
                        blocker.block();
                        test.done(delivery.text());
                    },
                    options -> options);
            test.send("x");
            blocker.awaitEntered();
            CountDownLatch first = new CountDownLatch(1);
            container.stop(first::countDown);
            CountDownLatch second = new CountDownLatch(1);
            context.getBean(PgListenerEndpointRegistry.class).stop(second::countDown);
            FutureTask<Void> third = new FutureTask<>(() -> {
                container.stop();
                return null;
            });
            new Thread(third).start();
            assertThat(second.getCount()).isEqualTo(1);
            assertThat(third.isDone()).isFalse();
            blocker.release();
            assertThat(second.await(30, TimeUnit.SECONDS)).isTrue();
            assertThat(first.getCount()).isZero();
            third.get(30, TimeUnit.SECONDS);
            assertThat(test.done()).containsExactly("x");
        });
    }

    @Test
    void aContainerStartsAgainOnlyWhenItsHandlersHaveEnded(PGSimpleDataSource database) {
        QueueApplication.on(database).run(context -> {
            ListenerTest test = ListenerTest.of(context, "restarted", settings -> settings);
            Blocker blocker = new Blocker();
            AtomicInteger running = new AtomicInteger();
            AtomicInteger most = new AtomicInteger();
            PgListenerContainer container = test.listen(
                    delivery -> {
                        most.accumulateAndGet(running.incrementAndGet(), Math::max);
                        blocker.block();
                        running.decrementAndGet();
                    },
                    options -> options);
            test.sendAll(List.of("one", "two"));
            blocker.awaitEntered();
            container.stop(() -> {});
            Thread starter = new Thread(container::start);
            starter.start();
            await().atMost(ListenerTest.LONG).until(() -> starter.getState() == Thread.State.WAITING);
            assertThat(container.isRunning()).isFalse();
            blocker.release();
            starter.join(30_000);
            assertThat(container.isRunning()).isTrue();
            test.awaitNothingLeft();
            assertThat(most).hasValue(1);
        });
    }

    /** Nothing is open while there is nothing to do: no connection, so no transaction either. */
    @Test
    void anIdleContainerHoldsNoConnection(PGSimpleDataSource database) {
        QueueApplication.on(database).run(context -> {
            ListenerTest test = ListenerTest.of(context, "idle", settings -> settings);
            test.listen(delivery -> test.done(delivery.text()), options -> options.concurrency(5));
            test.send("x");
            test.awaitNothingLeft();
            HikariDataSource pool = context.getBean(HikariDataSource.class);
            await().atMost(ListenerTest.LONG)
                    .until(() -> pool.getHikariPoolMXBean().getActiveConnections() == 0);
        });
    }

    private static void ignoreInterrupts(CountDownLatch entered, CountDownLatch end) {
        entered.countDown();
        while (end.getCount() > 0) {
            try {
                end.await();
            } catch (InterruptedException ignored) {
                Thread.onSpinWait();
            }
        }
    }
}
