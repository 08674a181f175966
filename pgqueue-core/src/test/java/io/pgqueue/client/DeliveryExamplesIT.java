// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueue.BlockedGroup;
import io.pgqueue.Delivery;
import io.pgqueue.Failure;
import io.pgqueue.GroupPolicy;
import io.pgqueue.NackResult;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.QueueSpec;
import io.pgqueue.RedeliveryPolicy;
import io.pgqueue.SubscriptionSettings;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

/** The examples of docs/semantics.md, sections Delivery and Groups. */
@PostgresTest(template = MigratedSchema.class)
class DeliveryExamplesIT {

    @Test
    void delivery(DataSource dataSource) throws InterruptedException {
        try (PgQueue queue = PgQueue.builder(dataSource).build()) {
            // snippet: delivery-settings
            queue.admin()
                    .declareQueue(QueueSpec.of("invoices")
                            .withSettings(SubscriptionSettings.DEFAULT
                                    .withLease(Duration.ofMinutes(2))
                                    .withRedelivery(RedeliveryPolicy.DEFAULT
                                            .withMaxAttempts(8)
                                            .withBackoff(Duration.ofSeconds(2), 3, Duration.ofMinutes(10))
                                            .withRetryTimeout(Duration.ofHours(1)))));
            // end snippet
            queue.publish("invoices", List.of(text("1"), text("2"), text("3"), text("4")));
            // snippet: delivery-receive
            Receiver receiver = queue.receiver("invoices", ReceiverOptions.DEFAULT.withConsumer("billing-1"));
            List<Delivery> deliveries = receiver.receive(10, Duration.ofSeconds(5));
            queue.extend(deliveries, Duration.ofMinutes(5));
            queue.ack(deliveries.get(0));
            NackResult result = queue.nack(deliveries.get(1), Failure.of(new IllegalStateException("no rate")));
            queue.retryLater(deliveries.get(2), Duration.ofMinutes(1));
            queue.release(deliveries.subList(3, 4));
            // end snippet
            assertThat(result.outcome()).isEqualTo(NackResult.Outcome.RETRY);
            // snippet: delivery-at-most-once
            Receiver careless = queue.receiver("invoices", ReceiverOptions.DEFAULT.withAtMostOnce(true));
            List<Delivery> acked = careless.receive(10);
            // end snippet
            assertThat(acked).extracting(Delivery::text).containsExactly("4");
            // snippet: delivery-release-by-hand
            long givenBack = queue.admin().release("billing-1");
            // end snippet
            assertThat(givenBack).isZero();
        }
    }

    @Test
    void turns(DataSource dataSource) throws InterruptedException {
        try (PgQueue queue = PgQueue.builder(dataSource).build()) {
            queue.admin().declareQueue(QueueSpec.of("readings"));
            queue.publish("readings", List.of(text("1"), text("2"), text("3")));
            Receiver receiver = queue.receiver("readings");
            List<String> handled = new ArrayList<>();
            BooleanSupplier running = () -> handled.size() < 3;
            // snippet: delivery-turns
            List<Delivery> batch = List.of();
            while (running.getAsBoolean()) {
                Receiver.Turn turn = receiver.ackAndReceive(batch, 2, Duration.ofSeconds(5));
                batch = turn.deliveries();
                batch.forEach(delivery -> handled.add(delivery.text()));
            }
            queue.ack(batch);
            // end snippet
            assertThat(handled).containsExactly("1", "2", "3");
            assertThat(queue.admin().stats(null, "readings").unfinished()).isZero();
        }
    }

    @Test
    void groups(DataSource dataSource) {
        try (PgQueue queue = PgQueue.builder(dataSource).build()) {
            queue.admin().declareQueue(QueueSpec.of("accounts"));
            // snippet: groups
            queue.publish(
                    "accounts", OutgoingMessage.text("open").group("account-1").build());
            queue.publish(
                    "accounts",
                    OutgoingMessage.text("credit").group("account-1").build());
            queue.publish(
                    "accounts", OutgoingMessage.text("open").group("account-2").build());
            List<Delivery> heads = queue.receiver("accounts").receive(10);
            // end snippet
            assertThat(heads).extracting(d -> d.headers().group()).containsExactly("account-1", "account-2");
            queue.nack(heads.get(0), Duration.ofMinutes(1), Failure.NONE);
            // snippet: groups-blocked
            List<BlockedGroup> blocked = queue.admin().blockedGroups(null, "accounts", 100, "");
            // end snippet
            assertThat(blocked).singleElement().satisfies(group -> {
                assertThat(group.group()).isEqualTo("account-1");
                assertThat(group.backlog()).isEqualTo(1);
            });
            // snippet: groups-skip
            queue.admin().alterQueue("accounts", SubscriptionSettings.DEFAULT.withGroups(GroupPolicy.SKIP));
            // end snippet
        }
    }

    private static OutgoingMessage text(String body) {
        return OutgoingMessage.text(body).build();
    }
}
