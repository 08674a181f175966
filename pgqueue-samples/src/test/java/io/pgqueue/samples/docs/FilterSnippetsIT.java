// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.samples.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueue.Backlog;
import io.pgqueue.BrowsePage;
import io.pgqueue.BrowsedMessage;
import io.pgqueue.Delivery;
import io.pgqueue.DeliveryState;
import io.pgqueue.FilterChange;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.QueueSpec;
import io.pgqueue.RoutingDecision;
import io.pgqueue.SubscriptionSpec;
import io.pgqueue.TopicSpec;
import io.pgqueue.client.BrowseOptions;
import io.pgqueue.client.PgQueue;
import io.pgqueue.client.Receiver;
import io.pgqueue.client.ReceiverOptions;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

/** The examples of docs/filters.md and docs/semantics.md. */
@PostgresTest(template = MigratedSchema.class)
class FilterSnippetsIT {

    @Test
    void subscriptionsWithFilters(DataSource dataSource) {
        try (PgQueue queue = PgQueue.builder(dataSource).build()) {
            queue.admin().declareTopic(TopicSpec.of("payments"));
            // snippet: java-filters
            queue.admin()
                    .declareSubscription(SubscriptionSpec.of("payments", "swiss-card-payments")
                            .withSelector("amount > 1000")
                            .withAttributeFilter("""
                                    {"method": ["card", "wallet"]}""")
                            .withBodyFilter("""
                                    {"type": ["payment.succeeded"], "/customer/country": ["CH"]}"""));
            // end snippet
            OutgoingMessage message = OutgoingMessage.json(
                            "{\"type\":\"payment.succeeded\",\"customer\":{\"country\":\"CH\"}}")
                    .property("method", "card")
                    .property("amount", 2000)
                    .build();
            assertThat(queue.publish("payments", message).matched()).isEqualTo(1);

            // snippet: java-refilter
            SubscriptionSpec narrower = queue.admin()
                    .subscription("payments", "swiss-card-payments")
                    .withSelector("amount > 5000");
            FilterChange preview = queue.admin().previewAlter(narrower, Backlog.REFILTER);
            if (preview.discarded() < 100) {
                queue.admin().alterSubscription(narrower, Backlog.REFILTER);
            }
            // end snippet
            assertThat(preview).isEqualTo(new FilterChange(0, 1, 0));

            List<String> reasons = new ArrayList<>();
            // snippet: java-explain
            for (RoutingDecision decision : queue.admin().explainRouting("payments", message)) {
                RoutingDecision.Reason reason = decision.reason();
                reasons.add(
                        reason == null
                                ? decision.subscription() + " gets it"
                                : decision.subscription() + " does not: " + reason.clause() + " with " + reason.seen());
            }
            // end snippet
            assertThat(reasons).containsExactly("swiss-card-payments does not: amount > 5000 with {amount=2000}");
        }
    }

    @Test
    void queuesWithSelectors(DataSource dataSource) throws InterruptedException {
        try (PgQueue queue = PgQueue.builder(dataSource).build()) {
            queue.admin().declareQueue(QueueSpec.of("jobs"));
            queue.publish(
                    "jobs",
                    OutgoingMessage.text("mail").property("kind", "mail").build());
            queue.publish(
                    "jobs",
                    OutgoingMessage.text("print").property("kind", "print").build());

            List<String> waiting = new ArrayList<>();
            // snippet: java-browse
            BrowseOptions options = BrowseOptions.DEFAULT
                    .withStates(DeliveryState.READY, DeliveryState.RETRYING)
                    .withSelector("kind LIKE 'p%'");
            BrowsePage.Cursor next = null;
            do {
                BrowsePage page = queue.browse("jobs", options, next);
                for (BrowsedMessage message : page.messages()) {
                    waiting.add(message.messageId() + " " + message.state() + ", attempts: " + message.attempts());
                }
                next = page.next();
            } while (next != null);
            // end snippet
            assertThat(waiting).hasSize(1);

            List<Delivery> handled = new ArrayList<>();
            // snippet: java-receive-selector
            try (Receiver printer = queue.receiver("jobs", ReceiverOptions.DEFAULT.withSelector("kind = 'print'"))) {
                for (Delivery delivery : printer.receive(10)) {
                    handled.add(delivery);
                    queue.ack(delivery);
                }
            }
            // end snippet
            assertThat(handled).extracting(Delivery::text).containsExactly("print");
            assertThat(queue.receiver("jobs").receive(10))
                    .extracting(Delivery::text)
                    .containsExactly("mail");
        }
    }
}
