// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueue.Delivery;
import io.pgqueue.client.Receiver;
import io.pgqueue.spring.testing.Blocker;
import io.pgqueue.spring.testing.ListenerTest;
import io.pgqueue.spring.testing.QueueApplication;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/** What was leased ahead for a handler that was quick and then hangs goes to others. */
@PostgresTest(template = MigratedSchema.class)
class HangingHandlerIT {

    private static final int QUICK = 100;
    private static final int BEHIND = 60;

    @Test
    void othersGetTheRestInOrderAndWithoutAnAttemptUsed(PGSimpleDataSource database) {
        QueueApplication.on(database).run(context -> {
            ListenerTest test = ListenerTest.of(context, "hangs", UnaryOperator.identity());
            Blocker blocker = new Blocker();
            test.listen(
                    delivery -> {
                        if (delivery.text().equals("hang")) {
                            blocker.block();
                        }
                    },
                    UnaryOperator.identity());
            test.sendAll(IntStream.range(0, QUICK).mapToObj(i -> "quick").toList());
            test.awaitNothingLeft();
            List<String> behind =
                    IntStream.range(0, BEHIND).mapToObj(i -> "behind " + i).toList();
            test.sendAll(Stream.concat(Stream.of("hang"), behind.stream()).toList());
            blocker.awaitEntered();
            test.awaitStats(stats -> stats.leased() == 1 && stats.ready() == BEHIND);
            try (Receiver other = test.queue().receiver("hangs")) {
                List<Delivery> rest = other.receive(BEHIND);
                assertThat(rest).extracting(Delivery::text).containsExactlyElementsOf(behind);
                assertThat(rest).extracting(Delivery::attempts).containsOnly(1);
                test.queue().ack(rest);
            }
            blocker.release();
            test.send("quick");
            test.awaitNothingLeft();
        });
    }
}
