// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueue.CancelResult;
import io.pgqueue.DepthLimit;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.PublishResult;
import io.pgqueue.QueueSpec;
import io.pgqueue.ReplaceMode;
import io.pgqueue.SubscriptionSettings;
import io.pgqueue.WhenFull;
import io.pgqueue.sql.Sql;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

/** The examples of docs/semantics.md, sections Publish and Scheduling. */
@PostgresTest(template = MigratedSchema.class)
class SendingExamplesIT {

    @Test
    void publish(DataSource dataSource) throws SQLException {
        try (PgQueue queue = PgQueue.builder(dataSource).build();
                Sql sql = new Sql(dataSource)) {
            queue.admin().declareQueue(QueueSpec.of("mails"));
            Queue<String> log = new ConcurrentLinkedQueue<>();
            // snippet: publish
            PublishResult sent = queue.publish(
                    "mails",
                    OutgoingMessage.json("{\"to\":\"ada@example.org\"}")
                            .property("kind", "welcome")
                            .priority(6)
                            .delay(Duration.ofMinutes(10))
                            .timeToLive(Duration.ofHours(2))
                            .build());
            // end snippet
            assertThat(sent.matched()).isEqualTo(1);
            // snippet: publish-async
            CompletableFuture<Void> told = queue.publishAsync(
                            "mails", OutgoingMessage.text("good morning").build())
                    .thenAccept(result -> log.add("stored " + result.messageId()))
                    .exceptionally(failure -> {
                        log.add("not stored: " + failure.getMessage());
                        return null;
                    });
            // end snippet
            assertThat(told).succeedsWithin(Duration.ofSeconds(30));
            assertThat(log).singleElement().asString().startsWith("stored ");
            // snippet: publish-dedup
            queue.admin().declareQueue(QueueSpec.of("payments").withDedupWindow(Duration.ofHours(1)));
            OutgoingMessage payment = OutgoingMessage.json("{\"amount\":20}")
                    .dedupKey("payment-4711")
                    .build();
            PublishResult first = queue.publish("payments", payment);
            PublishResult again = queue.publish("payments", payment);
            // again.duplicate() is true, again.messageId() is first.messageId()
            // end snippet
            assertThat(again.duplicate()).isTrue();
            assertThat(again.messageId()).isEqualTo(first.messageId());
            // snippet: publish-replace
            queue.publish(
                    "mails",
                    OutgoingMessage.text("cart changed")
                            .replaceKey("reminder-ada")
                            .delay(Duration.ofHours(1))
                            .build());
            queue.publish(
                    "mails",
                    OutgoingMessage.text("cart changed again")
                            .replaceKey("reminder-ada", ReplaceMode.KEEP_TIME)
                            .build());
            // end snippet
            assertThat(queue.admin().stats("mails").delayed()).isEqualTo(2);
            // snippet: publish-limit
            queue.admin()
                    .declareQueue(QueueSpec.of("thumbnails")
                            .withSettings(
                                    SubscriptionSettings.DEFAULT.withDepthLimit(new DepthLimit(5000, WhenFull.BLOCK))));
            // end snippet
            sql.run("""
                    -- snippet: publish-sql
                    select published_id, matched, duplicate
                      from pgqueue.publish('payments', jsonb_build_object('amount', 20),
                                           properties => '{"currency": "CHF"}',
                                           dedup_key => 'payment-4712', wake => true);
                    -- end snippet
                    """);
            assertThat(queue.admin().stats("payments").ready()).isEqualTo(2);
        }
    }

    @Test
    void scheduling(DataSource dataSource) throws SQLException {
        try (PgQueue queue = PgQueue.builder(dataSource).build();
                Sql sql = new Sql(dataSource)) {
            sql.run("create table orders (id bigint primary key, state text not null)");
            sql.run("insert into orders values (1, 'open')");
            queue.admin().declareQueue(QueueSpec.of("reminders"));
            UUID reminder = queue.publish("reminders", reminder()).messageId();
            // snippet: schedule-reschedule
            queue.scheduling().reschedule(reminder, Instant.now().plus(Duration.ofDays(3)));
            // end snippet
            assertThat(queue.admin().stats("reminders").delayed()).isEqualTo(1);
            // snippet: schedule-cancel
            try (Connection connection = dataSource.getConnection();
                    PreparedStatement pay =
                            connection.prepareStatement("update orders set state = 'paid' where id = 1")) {
                connection.setAutoCommit(false);
                pay.executeUpdate();
                List<CancelResult> results = queue.scheduling(connection).cancel(reminder);
                connection.commit();
                assertThat(results).containsExactly(new CancelResult("reminders", CancelResult.Outcome.CANCELLED));
            }
            // end snippet
            queue.publish("reminders", List.of(reminder(), reminder(), reminder()));
            // snippet: schedule-cancel-matching
            int ofOrder = queue.scheduling().cancelByCorrelationId("reminders", "order-1", 2);
            int small = queue.scheduling().cancelBySelector("reminders", "amount < 100", 1000);
            // end snippet
            assertThat(ofOrder).isEqualTo(2);
            assertThat(small).isEqualTo(1);
        }
    }

    private static OutgoingMessage reminder() {
        return OutgoingMessage.text("pay")
                .correlationId("order-1")
                .property("amount", 20)
                .delay(Duration.ofDays(1))
                .build();
    }
}
