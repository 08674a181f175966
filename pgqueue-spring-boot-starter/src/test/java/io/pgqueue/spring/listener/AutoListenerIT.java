// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueue.RedeliveryPolicy;
import io.pgqueue.spring.testing.Blocker;
import io.pgqueue.spring.testing.ListenerTest;
import io.pgqueue.spring.testing.QueueApplication;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/** Mode AUTO: the ack comes after the handler, merged with others. */
@PostgresTest(template = MigratedSchema.class)
class AutoListenerIT {

    @Test
    void everythingIsHandledAndAcknowledged(PGSimpleDataSource database) {
        QueueApplication.on(database).run(context -> {
            ListenerTest test = ListenerTest.of(
                    context,
                    "auto",
                    settings -> settings.withRedelivery(RedeliveryPolicy.DEFAULT.withFixedBackoff(Duration.ZERO)));
            Set<String> handled = ConcurrentHashMap.newKeySet();
            test.listen(
                    delivery -> {
                        assertThat(TransactionSynchronizationManager.isActualTransactionActive())
                                .isFalse();
                        if (delivery.text().endsWith("7") && delivery.attempts() < 3) {
                            throw new IllegalStateException("on purpose");
                        }
                        assertThat(handled.add(delivery.text()))
                                .as("first time")
                                .isTrue();
                    },
                    options -> options.ackMode(AckMode.AUTO).concurrency(4));
            test.sendAll(IntStream.range(0, 500).mapToObj(Integer::toString).toList());
            test.awaitNothingLeft();
            assertThat(handled).hasSize(500);
            assertThat(test.stats().dead()).isZero();
        });
    }

    @Test
    void stoppingFlushesWhatWasHandled(PGSimpleDataSource database) {
        QueueApplication.on(database).run(context -> {
            ListenerTest test = ListenerTest.of(context, "flush", settings -> settings);
            Blocker blocker = new Blocker();
            PgListenerContainer container =
                    test.listen(delivery -> blocker.block(), options -> options.ackMode(AckMode.AUTO));
            test.send("x");
            blocker.awaitEntered();
            blocker.release();
            container.stop();
            assertThat(test.stats().unfinished()).isZero();
        });
    }
}
