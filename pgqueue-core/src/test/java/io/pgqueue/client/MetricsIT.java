// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import io.pgqueue.InvalidArgumentException;
import io.pgqueue.NotFoundException;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.QueueSpec;
import io.pgqueue.SubscriptionMetrics;
import io.pgqueue.SubscriptionSpec;
import io.pgqueue.TopicSpec;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

/** ADM-1, OBS-1 to OBS-3 through the Java client. */
@PostgresTest(template = MigratedSchema.class)
class MetricsIT {

    @Test
    void acksOfTwoJvmsAppearInTheSamples(DataSource dataSource) throws Exception {
        try (PgQueue one = sampling(dataSource);
                PgQueue two = sampling(dataSource)) {
            one.admin().declareQueue(QueueSpec.of("counted"));
            one.publish(
                    "counted",
                    Collections.nCopies(300, OutgoingMessage.text("x").build()));
            try (Receiver first = one.receiver("counted");
                    Receiver second = two.receiver("counted")) {
                for (int i = 0; i < 10; i++) {
                    one.ack(first.receive(10, Duration.ofSeconds(5)));
                    two.ack(second.receive(10, Duration.ofSeconds(5)));
                }
            }
            await().atMost(Duration.ofSeconds(30))
                    .until(() -> one.admin().metrics(null, "counted").acked() == 200);
            SubscriptionMetrics sample = one.admin().metrics(null, "counted");
            assertThat(sample.counts().ready()).isEqualTo(100);
            assertThat(sample.published()).isEqualTo(300);
            assertThat(sample.oldestReadyAge()).isPositive();
        }
    }

    /** What was not handed over when a client closes is handed over then. */
    @Test
    void closingHandsOverWhatWasAcked(DataSource dataSource) throws Exception {
        try (PgQueue queue = PgQueue.builder(dataSource).maintenance(false).build()) {
            queue.admin().declareQueue(QueueSpec.of("closing"));
            queue.publish("closing", OutgoingMessage.text("x").build());
            try (Receiver receiver = queue.receiver("closing")) {
                queue.ack(receiver.receive(1, Duration.ofSeconds(5)));
            }
        }
        try (PgQueue queue = PgQueue.builder(dataSource).maintenance(false).build()) {
            assertThat(queue.admin().metrics(null, "closing").acked()).isEqualTo(1);
        }
    }

    @Test
    void oneCallTellsAboutAllSubscriptions(DataSource dataSource) {
        try (PgQueue queue = PgQueue.builder(dataSource).maintenance(false).build()) {
            queue.admin().declareTopic(TopicSpec.of("all"));
            queue.admin().declareSubscription(SubscriptionSpec.of("all", "all-a"));
            queue.admin()
                    .declareSubscription(SubscriptionSpec.of("all", "all-b").withSelector("a = 1"));
            queue.publish("all", OutgoingMessage.text("x").build());
            queue.admin().pause("all", "all-b");
            List<SubscriptionMetrics> metrics = queue.admin().metrics();
            assertThat(metrics)
                    .filteredOn(m -> "all".equals(m.topic()))
                    .extracting(
                            SubscriptionMetrics::subscription, m -> m.counts().ready(), SubscriptionMetrics::paused)
                    .containsExactly(tuple("all-a", 1L, false), tuple("all-b", 0L, true));
            assertThatThrownBy(() -> queue.admin().metrics("all", "all-c")).isInstanceOf(NotFoundException.class);
            assertThat(queue.admin().horizon()).isNotNull();
        }
    }

    @Test
    void anIntervalOutOfRangeIsRefused(DataSource dataSource) {
        assertThatThrownBy(() -> PgQueue.builder(dataSource).sampleInterval(Duration.ofMillis(10)))
                .isInstanceOf(InvalidArgumentException.class);
    }

    private static PgQueue sampling(DataSource dataSource) {
        return PgQueue.builder(dataSource).sampleInterval(Duration.ofSeconds(1)).build();
    }
}
