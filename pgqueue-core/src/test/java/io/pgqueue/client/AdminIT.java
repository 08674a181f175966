// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgqueue.ConflictException;
import io.pgqueue.Delivery;
import io.pgqueue.Dropped;
import io.pgqueue.Failure;
import io.pgqueue.FoundMessage;
import io.pgqueue.Moved;
import io.pgqueue.NotFoundException;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.Purge;
import io.pgqueue.QueueSpec;
import io.pgqueue.RedeliveryPolicy;
import io.pgqueue.SubscriptionSettings;
import io.pgqueue.SubscriptionSpec;
import io.pgqueue.TopicSpec;
import io.pgqueue.jdbc.ConnectionSource;
import io.pgqueue.sql.Sql;
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
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
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

    /** TOP-1: queues and topics share their names. */
    @Test
    void creatingWhatExistsIsAnErrorOfWhateverKindItIs(DataSource dataSource) {
        try (PgQueue queue = PgQueue.builder(dataSource).maintenance(false).build()) {
            PgQueueAdmin admin = queue.admin();
            admin.createQueue(QueueSpec.of("taken.q"));
            admin.createTopic(TopicSpec.of("taken.t"));
            admin.createSubscription(SubscriptionSpec.of("taken.t", "s"));
            for (ThrowingCallable call : List.<ThrowingCallable>of(
                    () -> admin.createQueue(QueueSpec.of("taken.q")),
                    () -> admin.createTopic(TopicSpec.of("taken.q")),
                    () -> admin.createQueue(QueueSpec.of("taken.t")),
                    () -> admin.createTopic(TopicSpec.of("taken.t")),
                    () -> admin.createSubscription(SubscriptionSpec.of("taken.t", "s")),
                    () -> admin.declareQueue(QueueSpec.of("taken.t")),
                    () -> admin.declareTopic(TopicSpec.of("taken.q")))) {
                assertThatThrownBy(call).isInstanceOf(ConflictException.class);
            }
            assertThatThrownBy(() -> admin.createSubscription(SubscriptionSpec.of("taken.q", "s")))
                    .hasMessageContaining("a topic; it is a queue");
            assertThat(admin.destinations("taken.")).startsWith("taken.q", "taken.t");
        }
    }

    /** TOP-1: a page goes on behind the last name of the one before. */
    @Test
    void destinationsAndSubscriptionsAreListedInPagesByName(DataSource dataSource) throws Exception {
        try (PgQueue queue = PgQueue.builder(dataSource).maintenance(false).build();
                Sql sql = new Sql(dataSource)) {
            PgQueueAdmin admin = queue.admin();
            admin.createTopic(TopicSpec.of("pages"));
            // Neither the order of creation nor that of a language.
            for (String name : List.of("pages.b", "pages.a", "pages.C", "pages.d")) {
                admin.createQueue(QueueSpec.of(name));
                admin.createSubscription(SubscriptionSpec.of("pages", name));
            }
            assertThat(admin.destinations("pages"))
                    .startsWith("pages.C", "pages.a", "pages.b", "pages.d")
                    .doesNotContain("pages");
            assertThat(admin.destinations("pages.a")).startsWith("pages.b", "pages.d");
            assertThat(admin.subscriptions("pages", ""))
                    .extracting(SubscriptionSpec::name)
                    .containsExactly("pages.C", "pages.a", "pages.b", "pages.d");
            assertThat(admin.subscriptions("pages", "pages.b"))
                    .extracting(SubscriptionSpec::name)
                    .containsExactly("pages.d");
            assertThat(sql.column("select name from pgqueue.list_destinations('pages', 2)"))
                    .containsExactly("pages.C", "pages.a");
            assertThat(sql.column("select name from pgqueue.list_subscriptions('pages', 'pages.a', 2)"))
                    .containsExactly("pages.b", "pages.d");
        }
    }

    /** TOP-5. */
    @Test
    void changedSettingsCountFromTheNextLeaseOrFailureAndWhatWaitsStays(DataSource dataSource) throws Exception {
        try (PgQueue queue = PgQueue.builder(dataSource).maintenance(false).build();
                Sql sql = new Sql(dataSource)) {
            queue.admin().createQueue(QueueSpec.of("live"));
            for (int i = 0; i < 3; i++) {
                queue.publish("live", OutgoingMessage.text("x").build());
            }
            Receiver receiver = queue.receiver("live");
            Delivery before = receiver.receive(1).get(0);
            queue.admin()
                    .alterQueue(
                            "live",
                            SubscriptionSettings.DEFAULT
                                    .withLease(Duration.ofHours(2))
                                    .withRedelivery(RedeliveryPolicy.DEFAULT.withFixedBackoff(Duration.ofMinutes(50))));
            assertThat(queue.admin().stats("live").unfinished()).isEqualTo(3);
            String left =
                    "select extract(epoch from max(lease_until) - clock_timestamp())::integer from pgqueue.delivery "
                            + "where subscription_id = ?";
            assertThat(sql.number(left, sql.subscription("live")))
                    .as("the lease that was taken before")
                    .isBetween(1L, 30L);
            Delivery after = receiver.receive(1).get(0);
            assertThat(sql.number(left, sql.subscription("live"))).isBetween(7_100L, 7_200L);
            for (Delivery delivery : List.of(before, after)) {
                queue.nack(delivery, Failure.NONE);
            }
            assertThat(sql.number(
                            "select min(extract(epoch from due_at - clock_timestamp()))::integer from pgqueue.scheduled "
                                    + "where subscription_id = ?",
                            sql.subscription("live")))
                    .as("the backoff of whichever lease")
                    .isBetween(2_900L, 3_000L);
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
