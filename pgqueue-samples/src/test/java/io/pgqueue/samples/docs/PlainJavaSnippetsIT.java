// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.samples.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueue.Delivery;
import io.pgqueue.Failure;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.PublishResult;
import io.pgqueue.QueueSpec;
import io.pgqueue.SchemaName;
import io.pgqueue.SubscriptionSpec;
import io.pgqueue.SubscriptionStats;
import io.pgqueue.TopicSpec;
import io.pgqueue.client.PgQueue;
import io.pgqueue.client.Receiver;
import io.pgqueue.jdbc.DataSourceConnectionSource;
import io.pgqueue.schema.SchemaMigrator;
import io.pgqueue.testing.PostgresTest;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

/** The examples without Spring that the documents show. */
@PostgresTest
class PlainJavaSnippetsIT {

    private final List<String> handled = new ArrayList<>();

    @Test
    void queue(DataSource dataSource) throws Exception {
        // snippet: java-queue
        new SchemaMigrator(new DataSourceConnectionSource(dataSource), SchemaName.DEFAULT).migrate();

        try (PgQueue queue = PgQueue.builder(dataSource).build()) {
            queue.admin().declareQueue(QueueSpec.of("emails"));
            queue.publish("emails", OutgoingMessage.text("hello").build());

            Receiver receiver = queue.receiver("emails");
            for (Delivery delivery : receiver.receive(10, Duration.ofSeconds(5))) {
                try {
                    handle(delivery.text());
                    queue.ack(delivery);
                } catch (RuntimeException e) {
                    // Comes back after the backoff; to the dead letters after the last attempt.
                    queue.nack(delivery, Failure.of(e));
                }
            }
        }
        // end snippet
        assertThat(handled).containsExactly("hello");
        try (PgQueue queue = PgQueue.builder(dataSource).build()) {
            assertThat(queue.admin().stats("emails")).isEqualTo(new SubscriptionStats(0, 0, 0, 0, 0));
            publishInTransactionOfCaller(queue, dataSource);
            assertThat(queue.admin().stats("emails").ready()).isEqualTo(1);
        }
    }

    private void publishInTransactionOfCaller(PgQueue queue, DataSource dataSource) throws SQLException {
        try (Connection connection = dataSource.getConnection();
                PreparedStatement table = connection.prepareStatement("create table users (name text)")) {
            table.execute();
        }
        // snippet: java-transaction
        try (Connection connection = dataSource.getConnection()) {
            connection.setAutoCommit(false);
            try (PreparedStatement insert = connection.prepareStatement("insert into users (name) values (?)")) {
                insert.setString(1, "new user");
                insert.executeUpdate();
            }
            queue.publish(connection, "emails", OutgoingMessage.text("welcome").build());
            connection.commit();
        }
        // end snippet
    }

    @Test
    void topic(DataSource dataSource) throws Exception {
        new SchemaMigrator(new DataSourceConnectionSource(dataSource), SchemaName.DEFAULT).migrate();
        try (PgQueue queue = PgQueue.builder(dataSource).build()) {
            // snippet: java-topic
            queue.admin().declareTopic(TopicSpec.of("payments"));
            queue.admin().declareSubscription(SubscriptionSpec.of("payments", "ledger"));
            queue.admin()
                    .declareSubscription(
                            SubscriptionSpec.of("payments", "fraud-check").withSelector("amount > 1000"));

            PublishResult small = queue.publish(
                    "payments",
                    OutgoingMessage.text("small").property("amount", 20).build());
            PublishResult large = queue.publish(
                    "payments",
                    OutgoingMessage.text("large").property("amount", 5000).build());

            List<Delivery> all = queue.receiver("payments", "ledger").receive(10);
            List<Delivery> suspicious =
                    queue.receiver("payments", "fraud-check").receive(10);
            // end snippet

            // snippet: java-selector
            queue.admin()
                    .declareSubscription(SubscriptionSpec.of("payments", "large-card-payments")
                            .withSelector("method = 'card' AND amount > 1000"));
            // end snippet
            PublishResult card = queue.publish(
                    "payments",
                    OutgoingMessage.text("card")
                            .property("method", "card")
                            .property("amount", 2000)
                            .build());
            assertThat(card.matched()).isEqualTo(3);
            assertThat(small.matched()).isEqualTo(1);
            assertThat(large.matched()).isEqualTo(2);
            assertThat(all).extracting(Delivery::text).containsExactly("small", "large");
            assertThat(suspicious).extracting(Delivery::text).containsExactly("large");
        }
    }

    private void handle(String text) {
        handled.add(text);
    }
}
