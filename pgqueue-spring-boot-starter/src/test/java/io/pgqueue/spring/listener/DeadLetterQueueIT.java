// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.pgqueue.DeadLetterPolicy;
import io.pgqueue.Delivery;
import io.pgqueue.QueueSpec;
import io.pgqueue.RedeliveryPolicy;
import io.pgqueue.client.Receiver;
import io.pgqueue.client.ReceiverOptions;
import io.pgqueue.spring.testing.ListenerTest;
import io.pgqueue.spring.testing.QueueApplication;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.time.Duration;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/** The way to be told of every dead letter: a listener on the queue that they are moved to. */
@PostgresTest(template = MigratedSchema.class)
class DeadLetterQueueIT {

    @Test
    void whoDiedWithItsWorkerIsTold(PGSimpleDataSource database) {
        QueueApplication.on(database).run(context -> {
            ListenerTest dead = ListenerTest.of(context, "crash.dead", UnaryOperator.identity());
            dead.listen(
                    delivery -> dead.done(
                            delivery.text() + " " + delivery.properties().get("JMS_PGQ_DeadReason")),
                    UnaryOperator.identity());
            dead.admin()
                    .declareQueue(QueueSpec.of("crash")
                            .withSettings(io.pgqueue.SubscriptionSettings.DEFAULT
                                    .withRedelivery(RedeliveryPolicy.DEFAULT.withMaxAttempts(1))
                                    .withDeadLetters(DeadLetterPolicy.DEFAULT.withQueue("crash.dead"))));
            context.getBean(io.pgqueue.spring.PgOperations.class).convertAndSend("crash", "x");
            // As a worker whose JVM is killed: it never settles.
            try (Receiver receiver =
                    dead.queue().receiver(null, "crash", ReceiverOptions.DEFAULT.withLease(Duration.ofSeconds(1)))) {
                List<Delivery> held = receiver.receive(1);
                assertThat(held).hasSize(1);
            }
            await().atMost(ListenerTest.LONG).untilAsserted(() -> {
                dead.admin().maintain();
                assertThat(dead.done()).containsExactly("x LEASE_EXPIRED");
            });
        });
    }
}
