// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgqueue.ConflictException;
import io.pgqueue.Dropped;
import io.pgqueue.FoundMessage;
import io.pgqueue.Moved;
import io.pgqueue.NotFoundException;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.Purge;
import io.pgqueue.QueueSpec;
import io.pgqueue.SubscriptionSettings;
import io.pgqueue.SubscriptionSpec;
import io.pgqueue.TopicSpec;
import io.pgqueue.jdbc.ConnectionSource;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

@PostgresTest(template = MigratedSchema.class)
class AdminIT {

    /** Declaring what exists, and asking for what does not, leaves the caller's transaction in order. */
    @Test
    void declaringInATransactionDoesNotAbortIt(DataSource dataSource) throws Exception {
        try (Connection connection = dataSource.getConnection();
                PgQueue queue = PgQueue.builder(new Joined(dataSource, connection))
                        .maintenance(false)
                        .build()) {
            connection.setAutoCommit(false);
            PgQueueAdmin admin = queue.admin();
            admin.declareQueue(QueueSpec.of("again"));
            admin.declareTopic(TopicSpec.of("topic"));
            admin.declareSubscription(SubscriptionSpec.of("topic", "sub").withSelector("a = 1"));
            admin.declareQueue(QueueSpec.of("again"));
            admin.declareTopic(TopicSpec.of("topic"));
            admin.declareSubscription(SubscriptionSpec.of("topic", "sub").withSelector("a = 1"));
            QueueSpec other =
                    QueueSpec.of("again").withSettings(SubscriptionSettings.DEFAULT.withLease(Duration.ofSeconds(5)));
            assertThatThrownBy(() -> admin.declareQueue(other))
                    .isInstanceOf(ConflictException.class)
                    .hasMessageContaining("exists with lease PT30S, declared with PT5S");
            assertThat(admin.queue("again")).isEqualTo(QueueSpec.of("again"));
            assertThatThrownBy(() -> admin.queue("topic")).isInstanceOf(NotFoundException.class);
            assertThatThrownBy(() -> admin.declareTopic(TopicSpec.of("again"))).isInstanceOf(ConflictException.class);
            assertThatThrownBy(() -> admin.alterTopic(TopicSpec.of("again").withMaxBodyBytes(5000)))
                    .as("a queue is no topic")
                    .isInstanceOf(NotFoundException.class)
                    .hasMessageContaining("There is no topic 'again'");
            // Not committed, so only the same connection can see it.
            assertThat(admin.stats(null, "again").unfinished()).isZero();
            queue.publish("again", OutgoingMessage.text("x").build());
            assertThat(admin.stats(null, "again").ready()).isEqualTo(1);
            connection.rollback();
        }
        try (PgQueue queue = PgQueue.builder(dataSource).maintenance(false).build()) {
            assertThatThrownBy(() -> queue.admin().stats(null, "again"))
                    .isInstanceOf(NotFoundException.class)
                    .hasMessageContaining("There is no queue 'again'");
            assertThatThrownBy(() -> queue.admin().pause("topic", "sub"))
                    .isInstanceOf(NotFoundException.class)
                    .hasMessageContaining("There is no subscription of topic 'topic' named 'sub'");
        }
    }

    @Test
    void aBacklogIsPurgedMovedAndCountedWhenDropped(DataSource dataSource) {
        try (PgQueue queue = PgQueue.builder(dataSource).maintenance(false).build()) {
            PgQueueAdmin admin = queue.admin();
            admin.declareQueue(QueueSpec.of("from"));
            admin.declareQueue(QueueSpec.of("to"));
            List<OutgoingMessage> messages = new ArrayList<>();
            for (int i = 0; i < 2500; i++) {
                messages.add(OutgoingMessage.text("x").property("n", i).build());
            }
            queue.publish("from", messages);
            assertThat(admin.purge(null, "from", Purge.WAITING.withSelector("n < 100")))
                    .isEqualTo(100);
            assertThat(admin.purge(null, "from", Purge.WAITING.withOlderThan(Duration.ofHours(1))))
                    .isZero();
            assertThat(admin.move(null, "from", "to", 10)).isEqualTo(new Moved(10, 0));
            queue.receiver("from").receive(2);
            queue.publish(
                    "from", OutgoingMessage.text("x").delay(Duration.ofHours(1)).build());
            assertThat(admin.move(null, "from", "to", 10)).isEqualTo(new Moved(10, 3));
            assertThat(admin.move(null, "from", "to", Long.MAX_VALUE)).isEqualTo(new Moved(2378, 3));
            assertThat(admin.stats(null, "to").ready()).isEqualTo(2398);
            assertThatThrownBy(() -> admin.dropDestination("to", false))
                    .isInstanceOf(ConflictException.class)
                    .hasMessageContaining("more than 1000 unfinished deliveries");
            assertThat(admin.dropDestination("to", true)).isEqualTo(new Dropped(1, 2398, 0));
        }
    }

    /** ADM-4. */
    @Test
    void oneMessageIsFoundAndEdited(DataSource dataSource) {
        try (PgQueue queue = PgQueue.builder(dataSource).maintenance(false).build()) {
            queue.admin().declareQueue(QueueSpec.of("one"));
            UUID id = queue.publish(
                            "one", OutgoingMessage.text("body").property("n", 1).build())
                    .messageId();
            assertThat(queue.admin().editProperties(id, Map.of("n", (byte) 2), "Ada"))
                    .isEqualTo(1);
            FoundMessage found = queue.admin().find(id, true).get(0);
            assertThat(found.state()).isEqualTo(FoundMessage.State.READY);
            assertThat(found.properties()).isEqualTo(Map.of("n", (byte) 2));
            assertThat(found.body()).isEqualTo("body".getBytes());
            assertThat(found.topic()).isNull();
            assertThat(queue.admin().maintain().leader()).isTrue();
        }
    }

    /** A caller's transaction on a given connection. */
    private record Joined(DataSource dataSource, Connection connection) implements ConnectionSource {

        @Override
        public Connection open() throws SQLException {
            return dataSource.getConnection();
        }

        @Override
        public Connection current() {
            return connection;
        }

        @Override
        public void release(Connection current) {}

        @Override
        public void afterCommit(Runnable action) {}
    }
}
