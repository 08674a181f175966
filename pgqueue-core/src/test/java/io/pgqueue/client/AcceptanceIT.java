// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.pgqueue.CancelResult;
import io.pgqueue.ConflictException;
import io.pgqueue.DeadLetter;
import io.pgqueue.Delivery;
import io.pgqueue.Failure;
import io.pgqueue.NackResult;
import io.pgqueue.Outcome;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.PublishResult;
import io.pgqueue.QueueSpec;
import io.pgqueue.SchemaName;
import io.pgqueue.StaleDeliveryException;
import io.pgqueue.SubscriptionSettings;
import io.pgqueue.SubscriptionSpec;
import io.pgqueue.SubscriptionStats;
import io.pgqueue.TopicSpec;
import io.pgqueue.jdbc.DataSourceConnectionSource;
import io.pgqueue.schema.SchemaMigrator;
import io.pgqueue.sql.Sql;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The acceptance stories D.2 and D.3 through the Java API; D.1 is a sample, most of D.4 in {@link CompletionIT}. */
@PostgresTest(template = MigratedSchema.class)
class AcceptanceIT {

    private static final SubscriptionStats NOTHING = new SubscriptionStats(0, 0, 0, 0, 0);
    private static final Failure FAILED = Failure.of(new IllegalStateException("on purpose"));

    private DataSource dataSource;
    private PgQueue queue;
    private PgQueueAdmin admin;
    private Sql sql;

    @BeforeEach
    void open(DataSource database) throws Exception {
        dataSource = database;
        // Nothing of the stories needs a worker that tidies up.
        queue = PgQueue.builder(database).maintenance(false).build();
        admin = queue.admin();
        sql = new Sql(database);
    }

    @AfterEach
    void close() throws Exception {
        queue.close();
        sql.close();
    }

    @Test
    @DisplayName("D.2: topic, subscription, publish, receive, nack, stale, ack")
    void quickstart() throws Exception {
        assertThat(new SchemaMigrator(new DataSourceConnectionSource(dataSource), SchemaName.DEFAULT).migrate())
                .isEmpty();
        admin.createTopic(TopicSpec.of("quick"));
        assertThatThrownBy(() -> admin.createTopic(TopicSpec.of("quick"))).isInstanceOf(ConflictException.class);
        assertThat(admin.destinations("")).contains("quick");
        admin.createSubscription(SubscriptionSpec.of("quick", "all-events")
                .withSettings(SubscriptionSettings.DEFAULT
                        .withLease(Duration.ofSeconds(30))
                        .withRetention(Duration.ofDays(14))));
        SubscriptionSpec created = admin.subscription("quick", "all-events");
        assertThat(created.settings().redelivery().maxAttempts()).isEqualTo(5);
        assertThat(created.settings().retention()).isEqualTo(Duration.ofDays(14));
        assertThat(created.selector()).isNull();
        assertThat(created.attributeFilter()).isNull();
        assertThat(created.bodyFilter()).isNull();

        String body = "{\"event_name\":\"event1\",\"success\":true}";
        PublishResult sent = queue.publish(
                "quick",
                OutgoingMessage.json(body).property("event_name", "event1").build());
        assertThat(sent.matched()).isEqualTo(1);
        assertThat(stats("quick", "all-events")).isEqualTo(new SubscriptionStats(1, 0, 0, 0, 0));

        Delivery first = only(receive("quick", "all-events", "w"));
        assertThat(first.messageId()).isEqualTo(sent.messageId());
        assertThat(first.text()).isEqualTo(body);
        assertThat(first.properties()).isEqualTo(Map.of("event_name", "event1"));
        assertThat(first.attempts()).isEqualTo(1);
        assertThat(sql.value(
                        "select ?::timestamptz - clock_timestamp() between interval '20 s' and interval '30 s'",
                        first.lease().until().toString()))
                .isEqualTo(true);
        assertThat(receive("quick", "all-events", "w")).isEmpty();
        assertThat(stats("quick", "all-events").leased()).isEqualTo(1);

        assertThat(queue.nack(first, Duration.ZERO, FAILED).outcome()).isEqualTo(NackResult.Outcome.RETRY);
        assertThat(queue.nack(first, Duration.ZERO, FAILED).outcome()).isEqualTo(NackResult.Outcome.STALE);

        Delivery second = only(receive("quick", "all-events", "w"));
        assertThat(second.messageId()).isEqualTo(sent.messageId());
        assertThat(second.attempts()).isEqualTo(2);
        assertThatThrownBy(() -> queue.ack(first)).isInstanceOf(StaleDeliveryException.class);
        queue.ack(second);
        assertThat(receive("quick", "all-events", "w")).isEmpty();
        assertThat(stats("quick", "all-events")).isEqualTo(NOTHING);
    }

    @Test
    @DisplayName("D.2, variant: the fifth lease that nobody answers ends in the dead letters within a pass")
    void unanswered() throws Exception {
        admin.createTopic(TopicSpec.of("silent"));
        admin.createSubscription(SubscriptionSpec.of("silent", "nobody"));
        queue.publish("silent", OutgoingMessage.text("anyone?").build());
        for (int attempt = 1; attempt <= 5; attempt++) {
            assertThat(only(receive("silent", "nobody", "w")).attempts()).isEqualTo(attempt);
            sql.endLeases(sql.subscription("nobody"));
        }
        admin.maintain();
        assertThat(admin.deadLetters("silent", "nobody").list(10))
                .extracting(DeadLetter::reason, DeadLetter::attempts)
                .containsExactly(tuple("LEASE_EXPIRED", 5));
        assertThat(stats("silent", "nobody")).isEqualTo(new SubscriptionStats(0, 0, 0, 0, 1));
    }

    @Test
    @DisplayName("D.3, basic and clean-up: two orders in order, acked once, and nothing is left")
    void basic() {
        admin.createTopic(TopicSpec.of("orders"));
        admin.createSubscription(SubscriptionSpec.of("orders", "order-processor"));
        List<PublishResult> sent = queue.publish(
                "orders",
                List.of(
                        OutgoingMessage.json("{\"order_id\":\"1001\",\"amount\":99.99}")
                                .build(),
                        OutgoingMessage.json("{\"order_id\":\"1002\",\"amount\":149.99}")
                                .build()));
        assertThat(sent).extracting(PublishResult::matched).containsExactly(1, 1);
        List<Delivery> received = receive("orders", "order-processor", "worker-1");
        assertThat(received)
                .extracting(Delivery::messageId)
                .containsExactly(sent.get(0).messageId(), sent.get(1).messageId());
        assertThat(received).extracting(Delivery::attempts).containsOnly(1);
        queue.ack(received);
        assertThatThrownBy(() -> queue.ack(received)).isInstanceOf(StaleDeliveryException.class);
        assertThat(stats("orders", "order-processor")).isEqualTo(NOTHING);
        admin.maintain();
        assertThat(stats("orders", "order-processor")).isEqualTo(NOTHING);
    }

    @Test
    @DisplayName("D.3, filtered: absent and null match nothing, and & is a letter like others")
    void filtered() {
        admin.createTopic(TopicSpec.of("events"));
        admin.createSubscription(SubscriptionSpec.of("events", "payment-events")
                .withAttributeFilter("{\"event_type\":[\"payment.succeeded\",\"payment.failed\"]}"));
        admin.createSubscription(
                SubscriptionSpec.of("events", "ampersand").withAttributeFilter("{\"event_type\":[\"a&b\"]}"));
        assertThat(List.of(event("payment.succeeded"), event("user.created"), event("payment.failed")))
                .containsExactly(1, 0, 1);
        assertThat(receive("events", "payment-events", "w"))
                .extracting(delivery -> delivery.properties().get("event_type"))
                .containsExactly("payment.succeeded", "payment.failed");
        OutgoingMessage without = OutgoingMessage.text("").property("amount", 1).build();
        assertThat(queue.publish("events", without).matched()).isZero();
        // Java has no property that is null, and SQL refuses one: nobody gets it either.
        assertThatThrownBy(() -> sql.number("select matched from pgqueue.publish('events', '{}'::jsonb,"
                        + " properties => '{\"event_type\": null}')"))
                .hasMessageContaining("'event_type' of type null is not allowed");
        assertThat(event("a&b")).isEqualTo(1);
        assertThat(receive("events", "ampersand", "w")).hasSize(1);
    }

    @Test
    @DisplayName("D.3, dead letters: four retries, then dead with all it had; brought back it starts again")
    void deadLetters() {
        admin.createTopic(TopicSpec.of("failing"));
        admin.createSubscription(SubscriptionSpec.of("failing", "failing-processor"));
        String body = "{\"order_id\":\"1003\"}";
        UUID id = queue.publish(
                        "failing",
                        OutgoingMessage.json(body).property("kind", "order").build())
                .messageId();
        for (int attempt = 1; attempt <= 5; attempt++) {
            Delivery delivery = only(receive("failing", "failing-processor", "w"));
            assertThat(queue.nack(delivery, Duration.ZERO, FAILED).outcome())
                    .isEqualTo(attempt < 5 ? NackResult.Outcome.RETRY : NackResult.Outcome.DEAD);
        }
        DeadLetters dead = admin.deadLetters("failing", "failing-processor");
        DeadLetter letter = dead.get(id).orElseThrow();
        assertThat(letter.attempts()).isEqualTo(5);
        assertThat(letter.reason()).isEqualTo("MAX_ATTEMPTS");
        assertThat(new String(letter.body(), StandardCharsets.UTF_8)).isEqualTo(body);
        assertThat(letter.properties()).isEqualTo(Map.of("kind", "order"));

        assertThat(dead.redrive(List.of(id, UUID.randomUUID()))).containsExactly(id);
        assertThat(stats("failing", "failing-processor")).isEqualTo(new SubscriptionStats(1, 0, 0, 0, 0));
        Delivery again = only(receive("failing", "failing-processor", "w"));
        assertThat(again.messageId()).isEqualTo(id);
        assertThat(again.attempts()).isEqualTo(1);
        queue.ack(again);
    }

    @Test
    @DisplayName("D.3, dead letters: without a delay the waits are about 1, 2, 4 and 8 s")
    void backoff() throws Exception {
        admin.createTopic(TopicSpec.of("waits"));
        admin.createSubscription(SubscriptionSpec.of("waits", "waiting"));
        queue.publish("waits", OutgoingMessage.text("later").build());
        for (int seconds = 1; seconds <= 8; seconds *= 2) {
            Delivery delivery = only(receive("waits", "waiting", "w"));
            String at = String.valueOf(queue.nack(delivery, FAILED).availableAt());
            assertThat((Boolean) sql.value(
                            "select extract(epoch from ?::timestamptz - clock_timestamp()) between ? and ?",
                            at,
                            seconds * 0.5,
                            seconds * 1.11))
                    .as("%s is about %s s ahead", at, seconds)
                    .isTrue();
            sql.makeDue(sql.subscription("waiting"));
        }
    }

    @Test
    @DisplayName("D.3, stuck: what a dead worker held comes back by itself, or now by hand")
    void stuck() throws Exception {
        admin.createTopic(TopicSpec.of("stuck"));
        admin.createSubscription(SubscriptionSpec.of("stuck", "stuck-processor"));
        queue.publish("stuck", OutgoingMessage.text("held").build());
        assertThat(receive("stuck", "stuck-processor", "worker-1")).hasSize(1);
        assertThat(receive("stuck", "stuck-processor", "worker-2")).isEmpty();
        sql.endLeases(sql.subscription("stuck-processor"));
        assertThat(only(receive("stuck", "stuck-processor", "worker-2")).attempts())
                .isEqualTo(2);

        assertThat(admin.release("worker-1")).isZero();
        assertThat(admin.release("worker-2")).isEqualTo(1);
        Delivery third = only(receive("stuck", "stuck-processor", "worker-3"));
        assertThat(third.attempts()).isEqualTo(3);
        queue.ack(third);
    }

    @Test
    @DisplayName("D.4, variant: a worker is killed, the other one gets it after the lease, and it is ACKED")
    void killedWorker() throws Exception {
        admin.createQueue(QueueSpec.of("killed"));
        Completion completion =
                queue.publishTracked("killed", OutgoingMessage.text("x").build());
        assertThat(queue.receiver("killed").receive(1)).hasSize(1);
        sql.endLeases(sql.subscription("killed"));
        try (PgQueue other = PgQueue.builder(dataSource).maintenance(false).build()) {
            Delivery again = only(other.receiver("killed").receive(1));
            assertThat(again.attempts()).isEqualTo(2);
            other.ack(again);
        }
        assertThat(completion.await(Duration.ofSeconds(20)))
                .extracting(Outcome::end)
                .containsExactly(Outcome.End.ACKED);
    }

    @Test
    @DisplayName("D.4, variant: cancelled while it runs, the ack is stale and the work of its transaction is gone")
    void cancelledWhileRunning() throws Exception {
        sql.run("create table work (done text)");
        admin.createQueue(QueueSpec.of("cancelled"));
        Completion completion =
                queue.publishTracked("cancelled", OutgoingMessage.text("x").build());
        List<Delivery> held = queue.receiver("cancelled").receive(1);
        try (Connection connection = dataSource.getConnection();
                PreparedStatement work = connection.prepareStatement("insert into work values ('done')")) {
            connection.setAutoCommit(false);
            work.executeUpdate();
            assertThat(queue.scheduling().cancel(completion.messageId()))
                    .extracting(CancelResult::outcome)
                    .containsExactly(CancelResult.Outcome.WAS_LEASED);
            assertThatThrownBy(() -> queue.ack(connection, held)).isInstanceOf(StaleDeliveryException.class);
            connection.rollback();
        }
        assertThat(completion.await(Duration.ofSeconds(20)))
                .extracting(Outcome::end)
                .containsExactly(Outcome.End.CANCELLED);
        assertThat(sql.number("select count(*) from work")).isZero();
    }

    /** Published with this property; returns how many subscriptions get it. */
    private int event(String type) {
        return queue.publish(
                        "events",
                        OutgoingMessage.json("{}").property("event_type", type).build())
                .matched();
    }

    private List<Delivery> receive(String topic, String subscription, String consumer) {
        return queue.receiver(topic, subscription, ReceiverOptions.DEFAULT.withConsumer(consumer))
                .receive(10);
    }

    private static Delivery only(List<Delivery> deliveries) {
        assertThat(deliveries).hasSize(1);
        return deliveries.get(0);
    }

    private SubscriptionStats stats(String topic, String subscription) {
        return admin.stats(topic, subscription);
    }
}
