// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueue.HorizonHolder;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.QueueSpec;
import io.pgqueue.ReplayFrom;
import io.pgqueue.SubscriptionMetrics;
import io.pgqueue.SubscriptionSpec;
import io.pgqueue.TopicSpec;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.time.Duration;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

/** The examples of docs/semantics.md for history and samples. */
@PostgresTest(template = MigratedSchema.class)
class HistoryExamplesIT {

    @Test
    void history(DataSource dataSource) {
        try (PgQueue queue = PgQueue.builder(dataSource).maintenance(false).build()) {
            // snippet: history
            queue.admin().declareTopic(TopicSpec.of("trades").withRetain(Duration.ofDays(14)));
            queue.publish("trades", OutgoingMessage.text("sold").build());
            queue.admin().declareSubscription(SubscriptionSpec.of("trades", "audit"), ReplayFrom.earliest());
            long again = queue.admin().rewind("trades", "audit", ReplayFrom.earliest());
            // end snippet
            assertThat(again).isZero();
            assertThat(queue.admin().stats("trades", "audit").ready()).isEqualTo(1);
        }
    }

    @Test
    void metrics(DataSource dataSource) {
        try (PgQueue queue = PgQueue.builder(dataSource).maintenance(false).build()) {
            queue.admin().declareQueue(QueueSpec.of("jobs"));
            queue.publish("jobs", OutgoingMessage.text("x").build());
            StringBuilder log = new StringBuilder();
            // snippet: admin-metrics
            for (SubscriptionMetrics sample : queue.admin().metrics()) {
                log.append(sample.subscription())
                        .append(" at ")
                        .append(sample.sampledAt())
                        .append(": ")
                        .append(sample.counts().ready())
                        .append(" ready, oldest for ")
                        .append(sample.oldestReadyAge())
                        .append(", ")
                        .append(sample.acked())
                        .append(" acked\n");
            }
            for (HorizonHolder holder : queue.admin().horizon()) {
                log.append(
                        holder.kind() + " of " + holder.application() + " keeps " + holder.deadRows() + " dead rows\n");
            }
            // end snippet
            assertThat(log).contains("jobs at");
        }
    }
}
