// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.pgqueue.NotFoundException;
import io.pgqueue.RedeliveryPolicy;
import io.pgqueue.spring.testing.Blocker;
import io.pgqueue.spring.testing.ListenerTest;
import io.pgqueue.spring.testing.QueueApplication;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.event.EventListener;

/** SPR-4, SPR-7, TX-6: pause, resume, events, workers that come and go. */
@PostgresTest(template = MigratedSchema.class)
class LifecycleIT {

    private static ApplicationContextRunner application(PGSimpleDataSource database) {
        return QueueApplication.on(database).withUserConfiguration(Events.class);
    }

    @Test
    void aPausedContainerGivesBackWhatItHasNotStartedAndLeasesNothing(PGSimpleDataSource database) {
        application(database).run(context -> {
            ListenerTest test = ListenerTest.of(context, "paused", settings -> settings);
            Blocker blocker = new Blocker();
            PgListenerContainer container = test.listen(
                    delivery -> {
                        if (delivery.text().equals("slow")) {
                            blocker.block();
                        }
                        assertThat(delivery.attempts()).isEqualTo(1);
                        test.done(delivery.text());
                    },
                    options -> options);
            // Handlers known to be fast make the container lease ahead of its one worker.
            test.sendAll(IntStream.range(0, 20).mapToObj(i -> "fast").toList());
            test.awaitNothingLeft();
            test.sendAll(List.of("slow", "a", "b", "c"));
            blocker.awaitEntered();
            test.awaitStats(stats -> stats.leased() == 4);
            container.pause();
            assertThat(container.isPaused()).isTrue();
            test.awaitStats(stats -> stats.leased() == 1 && stats.ready() == 3);
            blocker.release();
            test.awaitStats(stats -> stats.leased() == 0);
            test.send("d");
            test.awaitStats(stats -> stats.ready() == 4);
            assertThat(container.isRunning()).isTrue();
            context.getBean(PgListenerEndpointRegistry.class).resume();
            test.awaitNothingLeft();
            assertThat(test.done()).contains("slow", "a", "b", "c", "d");
        });
    }

    @Test
    void listenersComeAndGoWhileTheApplicationRuns(PGSimpleDataSource database) {
        application(database).run(context -> {
            PgListenerEndpointRegistry registry = context.getBean(PgListenerEndpointRegistry.class);
            PgListenerContainerFactory factory = context.getBean(PgListenerContainerFactory.class);
            List<String> seen = new CopyOnWriteArrayList<>();
            PgListenerEndpoint endpoint = PgListenerEndpoint.ofQueue(
                    "coming", "coming", (delivery, acknowledgement) -> seen.add(delivery.text()));
            assertThatThrownBy(() -> registry.registerListenerContainer(endpoint, factory))
                    .isInstanceOf(NotFoundException.class)
                    .hasMessageContaining("The listener 'coming' of queue 'coming' cannot start");
            assertThat(registry.getListenerContainer("coming")).isNull();

            ListenerTest test = ListenerTest.of(context, "coming", settings -> settings);
            registry.registerListenerContainer(endpoint, factory);
            test.send("x");
            test.awaitNothingLeft();
            assertThat(seen).containsExactly("x");

            PgListenerContainer gone = Objects.requireNonNull(registry.unregisterListenerContainer("coming"));
            gone.stop();
            assertThat(registry.unregisterListenerContainer("coming")).isNull();
            assertThat(registry.registerListenerContainer(endpoint, factory).isRunning())
                    .isTrue();
        });
    }

    @Test
    void pauseHoldsOverStopAndStart(PGSimpleDataSource database) {
        application(database).run(context -> {
            ListenerTest test = ListenerTest.of(context, "restarted", settings -> settings);
            PgListenerContainer container = test.listen(delivery -> test.done(delivery.text()), options -> options);
            container.pause();
            container.stop();
            test.send("x");
            container.start();
            assertThat(container.isRunning()).isTrue();
            assertThat(test.stats().ready()).isEqualTo(1);
            container.resume();
            test.awaitNothingLeft();
            container.stop();
            container.start();
            test.send("y");
            test.awaitNothingLeft();
            assertThat(test.done()).containsExactly("x", "y");
        });
    }

    @Test
    void eventsTellWhatAContainerDoes(PGSimpleDataSource database) {
        application(database).run(context -> {
            ListenerTest test = ListenerTest.of(context, "events", settings -> settings);
            Events events = context.getBean(Events.class);
            PgListenerContainer container = test.listen(
                    delivery -> test.done(delivery.text()),
                    options -> options.idleEventInterval(Duration.ofSeconds(1)));
            await().atMost(ListenerTest.LONG).until(() -> events.seen.contains("Idle"));
            container.pause();
            container.resume();
            container.stop();
            assertThat(events.seen).startsWith("Started").endsWith("Paused", "Resumed", "Stopped");
        });
    }

    @Test
    void workersComeWithTheLoad(PGSimpleDataSource database) {
        application(database).run(context -> {
            ListenerTest test = ListenerTest.of(context, "scaled", settings -> settings);
            AtomicInteger running = new AtomicInteger();
            AtomicInteger most = new AtomicInteger();
            List<String> threads = new CopyOnWriteArrayList<>();
            Blocker blocker = new Blocker();
            test.listen(
                    delivery -> {
                        most.accumulateAndGet(running.incrementAndGet(), Math::max);
                        threads.add(Thread.currentThread().getName());
                        blocker.block();
                        running.decrementAndGet();
                    },
                    options -> options.concurrency(1, 4));
            test.sendAll(IntStream.range(0, 10).mapToObj(Integer::toString).toList());
            for (int i = 0; i < 4; i++) {
                blocker.awaitEntered();
            }
            assertThat(test.stats().leased()).as("no more than there are hands").isEqualTo(4);
            blocker.release();
            test.awaitNothingLeft();
            assertThat(most).hasValue(4);
        });
    }

    /** TX-6: a transaction may not last longer than the lease is renewed. */
    @Test
    void aTransactionTimeoutAboveTheProcessingTimeStopsTheStart(PGSimpleDataSource database) {
        application(database).run(context -> {
            ListenerTest test = ListenerTest.of(context, "timeout", settings -> settings);
            assertThatThrownBy(() -> test.listen(
                            delivery -> {},
                            options -> options.maxProcessingTime(Duration.ofSeconds(10))
                                    .transactionTimeout(Duration.ofSeconds(11))))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("transactionTimeout is PT11S");
        });
    }

    /** The work is done; an ack that fails while the database is away must not let it be done again. */
    @Test
    void anAckThatFailsIsTriedAgainUntilItIsCommitted(PGSimpleDataSource database) {
        application(database)
                .withPropertyValues("spring.datasource.hikari.connection-timeout=500")
                .run(context -> {
                    ListenerTest test = ListenerTest.of(
                            context,
                            "flush",
                            settings -> settings.withLease(Duration.ofMinutes(10))
                                    .withRedelivery(RedeliveryPolicy.DEFAULT.withFixedBackoff(Duration.ZERO)));
                    Events events = context.getBean(Events.class);
                    AtomicInteger handled = new AtomicInteger();
                    Blocker blocker = new Blocker();
                    test.listen(
                            delivery -> {
                                blocker.block();
                                handled.incrementAndGet();
                            },
                            options -> options.ackMode(AckMode.AUTO).concurrency(2));
                    test.sendAll(List.of("x", "y"));
                    blocker.awaitEntered();
                    blocker.awaitEntered();
                    OutageIT.allowConnections(database, false);
                    OutageIT.killAll(database);
                    blocker.release();
                    await().atMost(ListenerTest.LONG).until(() -> handled.get() == 2);
                    await().atMost(ListenerTest.LONG).until(() -> events.seen.contains("Unavailable"));
                    OutageIT.allowConnections(database, true);
                    test.awaitNothingLeft();
                    assertThat(handled).hasValue(2);
                    await().atMost(ListenerTest.LONG).until(() -> events.seen.contains("Recovered"));
                });
    }

    @Configuration(proxyBeanMethods = false)
    static class Events {

        final List<String> seen = new CopyOnWriteArrayList<>();

        @EventListener
        void on(PgListenerEvent event) {
            seen.add(event.getClass().getSimpleName());
            throw new IllegalStateException("must not matter");
        }
    }
}
