// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgqueue.BrowsedMessage;
import io.pgqueue.Delivery;
import io.pgqueue.spring.testing.ListenerTest;
import io.pgqueue.spring.testing.QueueApplication;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/** SPR-13. */
@PostgresTest(template = MigratedSchema.class)
class PgQueueTesterIT {

    @Test
    void looksAtWhatWasSentAndTakesItAway(PGSimpleDataSource database) {
        QueueApplication.on(database).run(context -> {
            ListenerTest test = ListenerTest.of(context, "tester.sent", UnaryOperator.identity());
            PgQueueTester tester = new PgQueueTester(test.queue());
            tester.assertNothingSent("tester.sent");
            assertThatThrownBy(() -> tester.assertSent("tester.sent"))
                    .isInstanceOf(AssertionError.class)
                    .hasMessageContaining("there are 0");

            test.send("hello");
            byte[] body =
                    Objects.requireNonNull(tester.assertSent("tester.sent").body());
            assertThat(new String(body, StandardCharsets.UTF_8)).contains("hello");
            assertThatThrownBy(() -> tester.assertNothingSent("tester.sent"))
                    .isInstanceOf(AssertionError.class)
                    .hasMessageNotContaining("hello");

            test.sendAll(IntStream.range(0, 1500).boxed().toList());
            assertThat(tester.drain("tester.sent")).hasSize(1501);
            tester.assertNothingSent("tester.sent");
        });
    }

    @Test
    void waitsUntilEverythingIsHandled(PGSimpleDataSource database) {
        QueueApplication.on(database).run(context -> {
            ListenerTest test = ListenerTest.of(context, "tester.idle", UnaryOperator.identity());
            test.sendAll(IntStream.range(0, 100).boxed().toList());
            assertThatThrownBy(() -> new PgQueueTester(test.queue(), Duration.ofMillis(50)).awaitIdle("tester.idle"))
                    .isInstanceOf(AssertionError.class)
                    .hasMessageContaining("ready=100");
            test.listen(delivery -> test.done("x"), UnaryOperator.identity());
            new PgQueueTester(test.queue()).awaitIdle("tester.idle");
            assertThat(test.done()).hasSize(100);
        });
    }

    @Test
    void theGuideLooksAndTakes(PGSimpleDataSource database) {
        QueueApplication.on(database).run(context -> {
            ListenerTest test = ListenerTest.of(context, "orders", UnaryOperator.identity());
            test.send("first");
            PgQueueTester tester = new PgQueueTester(test.queue());
            // snippet: spring-tester
            BrowsedMessage sent = tester.assertSent("orders");
            assertThat(sent.headers().priority()).isEqualTo(4);

            List<Delivery> taken = tester.drain("orders");
            assertThat(taken).hasSize(1);

            tester.assertNothingSent("orders");
            tester.awaitIdle("orders");
            // end snippet
        });
    }
}
