// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.pgqueue.Delivery;
import io.pgqueue.RedeliveryPolicy;
import io.pgqueue.SubscriptionSettings;
import io.pgqueue.spring.testing.ListenerTest;
import io.pgqueue.spring.testing.QueueApplication;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ApplicationContext;

/** SPR-3, and several messages in one transaction. */
@PostgresTest(template = MigratedSchema.class)
class BatchIT {

    /**
     * Of five, the third fails twice: those before are done once, those after have used no attempt, and nothing the failed
     * one has written stays.
     */
    @ParameterizedTest
    @EnumSource(names = {"TRANSACTION", "AUTO"})
    void aFailedEntryKeepsThoseBeforeAndReleasesThoseAfter(AckMode mode, PGSimpleDataSource database) {
        QueueApplication.on(database).run(context -> {
            ListenerTest test = atOnce(context, "partial-" + mode);
            List<Integer> attempts = new CopyOnWriteArrayList<>();
            List<String> batches = new CopyOnWriteArrayList<>();
            test.sendAll(List.of("0", "1", "2", "3", "4"));
            test.listenInBatches(
                    (deliveries, ack) -> {
                        batches.add(texts(deliveries));
                        for (int i = 0; i < deliveries.size(); i++) {
                            Delivery delivery = deliveries.get(i);
                            if (mode == AckMode.TRANSACTION) {
                                test.done(delivery.text());
                            }
                            if (delivery.text().equals("2")) {
                                attempts.add(delivery.attempts());
                                if (delivery.attempts() < 3) {
                                    throw new BatchFailedException(i, new IllegalStateException("on purpose"));
                                }
                            } else {
                                assertThat(delivery.attempts()).isEqualTo(1);
                            }
                            if (mode == AckMode.AUTO) {
                                test.done(delivery.text());
                            }
                        }
                    },
                    options -> options.ackMode(mode));
            test.awaitNothingLeft();
            assertThat(test.done()).containsExactly("0", "1", "2", "3", "4");
            assertThat(attempts).containsExactly(1, 2, 3);
            assertThat(batches.get(0)).isEqualTo("01234");
            if (mode == AckMode.TRANSACTION) {
                assertThat(batches.get(1)).as("those before, again, alone").isEqualTo("01");
            }
        });
    }

    @Test
    @ExtendWith(OutputCaptureExtension.class)
    void theStackOfABatchThatFailsAsAWholeIsLoggedOnce(PGSimpleDataSource database, CapturedOutput log) {
        QueueApplication.on(database).run(context -> {
            ListenerTest test = ListenerTest.of(
                    context,
                    "stacks",
                    settings -> settings.withRedelivery(RedeliveryPolicy.DEFAULT.withMaxAttempts(1)));
            test.sendAll(List.of("0", "1", "2"));
            test.listenInBatches(
                    (deliveries, ack) -> {
                        throw new IllegalStateException("the whole batch");
                    },
                    options -> options);
            test.awaitStats(stats -> stats.dead() == 3);
            assertThat(log.getAll().lines().filter(line -> line.contains("failed to handle Delivery[")))
                    .hasSize(3);
            assertThat(log.getAll().lines().filter(line -> line.contains("IllegalStateException: the whole batch")))
                    .hasSize(1);
        });
    }

    @Test
    void aBatchThatFailsAsAWholeIsRetriedAsAWhole(PGSimpleDataSource database) {
        QueueApplication.on(database).run(context -> {
            ListenerTest test = atOnce(context, "whole");
            test.sendAll(List.of("0", "1", "2"));
            test.listenInBatches(
                    (deliveries, ack) -> {
                        deliveries.forEach(delivery -> test.done(delivery.text() + delivery.attempts()));
                        if (deliveries.get(0).attempts() == 1) {
                            throw new IllegalStateException("all of them");
                        }
                    },
                    options -> options);
            test.awaitNothingLeft();
            assertThat(test.done()).containsExactly("02", "12", "22");
        });
    }

    @Test
    void oneOfABatchMayBeSettledOtherwise(PGSimpleDataSource database) {
        QueueApplication.on(database).run(context -> {
            ListenerTest test = atOnce(context, "otherwise");
            test.sendAll(List.of("0", "1", "2"));
            test.listenInBatches(
                    (deliveries, ack) -> {
                        for (Delivery delivery : deliveries) {
                            if (delivery.text().equals("1")) {
                                ack.of(delivery).deadLetter("not this one");
                            }
                            test.done(delivery.text());
                        }
                    },
                    options -> options);
            test.awaitNothingLeft();
            assertThat(test.awaitDeadLetter().failure().message()).isEqualTo("not this one");
            assertThat(test.done()).containsExactly("0", "1", "2");
        });
    }

    /** Many messages, few commits, each exactly once; the failing ones are retried alone. */
    @Test
    void messagesOfOneTransactionAreRedoneOneByOneWhenOneFails(PGSimpleDataSource database) {
        QueueApplication.on(database).run(context -> {
            ListenerTest test = atOnce(context, "shared");
            int count = 300;
            List<String> attemptsOfOthers = Collections.synchronizedList(new ArrayList<>());
            test.sendAll(IntStream.range(0, count).mapToObj(Integer::toString).toList());
            test.listen(
                    delivery -> {
                        test.done(delivery.text());
                        // Two of them, each failing twice, so at most 80 are committed one by one.
                        boolean failing = Integer.parseInt(delivery.text()) % 150 == 7;
                        if (failing && delivery.attempts() < 3) {
                            throw new IllegalStateException("on purpose");
                        }
                        if (!failing && delivery.attempts() > 1) {
                            attemptsOfOthers.add(delivery.toString());
                        }
                    },
                    options -> options.messagesPerTransaction(20).batchSize(100).concurrency(4));
            test.awaitNothingLeft();
            assertThat(test.done()).hasSize(count).doesNotHaveDuplicates();
            assertThat(attemptsOfOthers)
                    .as("those that did not fail used one attempt")
                    .isEmpty();
            Integer commits =
                    test.jdbc().queryForObject("select count(distinct xmin::text)::int from done", Integer.class);
            assertThat(commits).isLessThan(count / 2);
        });
    }

    /** One whose lease was lost rolls the shared transaction back, and the rest is done. */
    @Test
    void aLostLeaseCostsOnlyItsOwnMessage(PGSimpleDataSource database) {
        QueueApplication.on(database).run(context -> {
            ListenerTest test = atOnce(context, "lost");
            test.sendAll(List.of("0", "1", "2"));
            List<String> seen = new CopyOnWriteArrayList<>();
            test.listen(
                    delivery -> {
                        seen.add(delivery.text());
                        test.done(delivery.text());
                        if (seen.size() == 3) {
                            // Somebody else ends the lease, in a transaction of its own.
                            Thread other = new Thread(() -> test.queue().release(List.of(delivery)));
                            other.start();
                            other.join();
                        }
                    },
                    options -> options.messagesPerTransaction(10));
            test.awaitNothingLeft();
            assertThat(test.done()).containsExactly("0", "1", "2");
        });
    }

    @Test
    void batchesAreFullWhenThereIsABacklog(PGSimpleDataSource database) {
        QueueApplication.on(database).run(context -> {
            ListenerTest test = atOnce(context, "full");
            test.sendAll(IntStream.range(0, 90).mapToObj(Integer::toString).toList());
            List<Integer> sizes = new CopyOnWriteArrayList<>();
            test.listenInBatches((deliveries, ack) -> sizes.add(deliveries.size()), options -> options.batchSize(30));
            test.awaitNothingLeft();
            await().until(() -> sizes.stream().mapToInt(Integer::intValue).sum() == 90);
            assertThat(sizes).allSatisfy(size -> assertThat(size).isBetween(1, 30));
            assertThat(sizes).contains(30);
        });
    }

    private static String texts(List<Delivery> deliveries) {
        return String.join("", deliveries.stream().map(Delivery::text).toList());
    }

    private static ListenerTest atOnce(ApplicationContext context, String queue) {
        return ListenerTest.of(context, queue, BatchIT::atOnce);
    }

    private static SubscriptionSettings atOnce(SubscriptionSettings settings) {
        return settings.withRedelivery(RedeliveryPolicy.DEFAULT.withFixedBackoff(Duration.ZERO));
    }
}
