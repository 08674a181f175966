// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import io.pgqueue.spring.testing.ListenerTest;
import io.pgqueue.spring.testing.QueueApplication;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.postgresql.ds.PGSimpleDataSource;

/** SPR-4: by what a pool is dimensioned. */
@PostgresTest(template = MigratedSchema.class)
class ConnectionsIT {

    private static final int WORKERS = 3;
    private static final int MESSAGES = 200;

    @ParameterizedTest
    @EnumSource(names = {"TRANSACTION", "AUTO"})
    void aListenerUsesTwoConnectionsMoreThanItHasWorkers(AckMode mode, PGSimpleDataSource database) {
        QueueApplication.on(database)
                .withPropertyValues(
                        "pgqueue.maintenance.enabled=false",
                        "spring.datasource.hikari.maximum-pool-size=20",
                        "spring.datasource.hikari.minimum-idle=20")
                .run(context -> {
                    ListenerTest test = ListenerTest.of(context, "connections-" + mode, settings -> settings);
                    test.sendAll(IntStream.range(0, MESSAGES).boxed().toList());
                    HikariDataSource pool = context.getBean(HikariDataSource.class);
                    AtomicInteger most = new AtomicInteger();
                    CountDownLatch handled = new CountDownLatch(MESSAGES);
                    test.listen(
                            delivery -> {
                                test.done(delivery.text());
                                most.accumulateAndGet(pool.getHikariPoolMXBean().getActiveConnections(), Math::max);
                                handled.countDown();
                            },
                            options -> options.ackMode(mode).concurrency(WORKERS));
                    assertThat(handled.await(60, TimeUnit.SECONDS)).isTrue();
                    assertThat(most.get()).isBetween(1, WORKERS + 2);
                });
    }
}
