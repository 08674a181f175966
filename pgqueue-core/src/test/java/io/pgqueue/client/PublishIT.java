// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgqueue.Delivery;
import io.pgqueue.DepthLimit;
import io.pgqueue.InvalidArgumentException;
import io.pgqueue.MessageTooLargeException;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.PublishResult;
import io.pgqueue.QueueFullException;
import io.pgqueue.QueueSpec;
import io.pgqueue.SubscriptionSettings;
import io.pgqueue.SubscriptionSpec;
import io.pgqueue.TopicSpec;
import io.pgqueue.WhenFull;
import io.pgqueue.jdbc.DatabaseCall;
import io.pgqueue.jdbc.StatementListener;
import io.pgqueue.sql.Sql;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.postgresql.ds.PGSimpleDataSource;

/** PUB-1, PUB-3, PUB-4, PUB-5. */
@PostgresTest(template = MigratedSchema.class)
class PublishIT {

    private static final int TWO_STATEMENTS = 1500;
    private static int names;

    private PGSimpleDataSource dataSource;
    private JoiningSource source;
    private PgQueue queue;
    private Sql sql;
    private final String name = "publish" + names++;

    /** Whose transaction a list is published in. */
    enum Caller {
        NO_TRANSACTION,
        TRANSACTION_OF_A_FRAMEWORK,
        GIVEN_CONNECTION
    }

    @BeforeEach
    void open(PGSimpleDataSource dataSource) throws SQLException {
        this.dataSource = dataSource;
        source = new JoiningSource(dataSource);
        queue = PgQueue.builder(source).maintenance(false).build();
        sql = new Sql(dataSource);
    }

    @AfterEach
    void close() throws SQLException {
        queue.close();
        sql.close();
    }

    @Test
    void aMessageIsStoredOnceHoweverManySubscriptionsGetIt() throws SQLException {
        queue.admin().createTopic(TopicSpec.of(name));
        for (String each : List.of("a", "b", "c")) {
            queue.admin().createSubscription(SubscriptionSpec.of(name, name + each));
        }
        queue.admin().createSubscription(SubscriptionSpec.of(name, name + "d").withSelector("x = 1"));
        assertThat(queue.publish(name, message("one")).matched()).isEqualTo(3);
        assertThat(queue.publish(name, List.of(message("two"), message("three"))))
                .extracting(PublishResult::matched)
                .containsExactly(3, 3);
        assertThat(sql.number("select matched from pgqueue.publish(?, 'four')", name))
                .isEqualTo(3);
        assertThat(messages()).isEqualTo(4);
        assertThat(deliveries()).isEqualTo(12);
    }

    @Test
    void whatNobodyMatchesIsASuccessAndNotStored() throws SQLException {
        queue.admin().createTopic(TopicSpec.of(name));
        queue.admin().createSubscription(SubscriptionSpec.of(name, name).withSelector("x = 1"));
        assertThat(queue.publish(name, message("one")).matched()).isZero();
        assertThat(queue.publish(name, List.of(message("two"), matching("three"))))
                .extracting(PublishResult::matched)
                .containsExactly(0, 1);
        assertThat(sql.number("select matched from pgqueue.publish(?, 'four')", name))
                .isZero();
        assertThat(messages()).as("only the one that somebody gets").isEqualTo(1);
    }

    @Test
    void aListKeepsItsOrderAndTheHeadersOfEach() {
        queue.admin().createQueue(QueueSpec.of(name));
        List<UUID> ids = Stream.generate(UUID::randomUUID).limit(5).toList();
        List<PublishResult> results = queue.publish(
                name,
                List.of(
                        OutgoingMessage.text("0").messageId(ids.get(0)).build(),
                        OutgoingMessage.text("1")
                                .messageId(ids.get(1))
                                .priority(9)
                                .correlationId("c")
                                .build(),
                        OutgoingMessage.text("2")
                                .messageId(ids.get(2))
                                .delay(Duration.ofHours(1))
                                .build(),
                        OutgoingMessage.text("3")
                                .messageId(ids.get(3))
                                .timeToLive(Duration.ofHours(1))
                                .build(),
                        OutgoingMessage.text("4")
                                .messageId(ids.get(4))
                                .property("p", 4)
                                .build()));
        assertThat(results).extracting(PublishResult::messageId).containsExactlyElementsOf(ids);
        List<Delivery> received = queue.receiver(name).receive(10);
        assertThat(received).extracting(Delivery::text).containsExactly("1", "0", "3", "4");
        assertThat(received)
                .extracting(delivery -> delivery.headers().priority())
                .containsExactly(9, 4, 4, 4);
        assertThat(received)
                .extracting(delivery -> delivery.headers().correlationId())
                .containsExactly("c", null, null, null);
        assertThat(received)
                .extracting(delivery -> delivery.headers().expiresAt() != null)
                .containsExactly(false, false, true, false);
        assertThat(received).extracting(Delivery::properties).endsWith(Map.of(), Map.of("p", 4));
        assertThat(queue.admin().stats(name).delayed()).isEqualTo(1);
    }

    /** Checked before anything is written, whatever statement it would have been in; the caller goes on and commits. */
    @ParameterizedTest
    @EnumSource
    void aBadMessageRejectsItsListAndIsNamedByItsPlace(Caller caller) throws SQLException {
        queue.admin().createQueue(QueueSpec.of(name).withMaxBodyBytes(2000));
        for (OutgoingMessage bad : List.of(
                OutgoingMessage.bytes(new byte[2001]).build(),
                OutgoingMessage.text("x").property("p", "x".repeat(40_000)).build())) {
            List<OutgoingMessage> list = list(TWO_STATEMENTS);
            list.set(1200, bad);
            list.set(1300, bad);
            commitAfter(caller, list, MessageTooLargeException.class, "essage 1200");
        }
        Instant soon = Instant.now().plusSeconds(3600);
        for (OutgoingMessage.Builder bad : List.of(
                OutgoingMessage.text("too far").deliverAt(soon.plus(Duration.ofDays(366))),
                OutgoingMessage.text("dead before").deliverAt(soon).timeToLive(Duration.ofMinutes(1)))) {
            for (int place : new int[] {7, 1200}) {
                List<OutgoingMessage> list = list(TWO_STATEMENTS);
                list.set(place, bad.build());
                list.set(1300, bad.build());
                commitAfter(caller, list, InvalidArgumentException.class, "of message " + place + " is");
                list.set(0, OutgoingMessage.text("a key").dedupKey("k").build());
                list.set(1000, OutgoingMessage.text("a key").dedupKey("l").build());
                commitAfter(caller, list, InvalidArgumentException.class, "of message " + place + " is");
            }
        }
        List<OutgoingMessage> list = list(TWO_STATEMENTS);
        list.set(1100, null);
        commitAfter(caller, list, InvalidArgumentException.class, "messages[1100] is null");
        assertThat(messages()).isZero();
        publish(caller, list(TWO_STATEMENTS));
        assertThat(messages()).isEqualTo(TWO_STATEMENTS);
    }

    /** What only the database can tell when the first statement has been written. */
    @ParameterizedTest
    @EnumSource
    void aListThatDoesNotFitAsAWholeIsNotPublishedInPart(Caller caller) throws SQLException {
        queue.admin()
                .createQueue(QueueSpec.of(name)
                        .withSettings(
                                SubscriptionSettings.DEFAULT.withDepthLimit(new DepthLimit(1000, WhenFull.FAIL))));
        commitAfter(caller, list(TWO_STATEMENTS), QueueFullException.class, name);
        assertThat(messages()).isZero();
    }

    @Test
    void severalStatementsOnAGivenConnectionNeedATransaction() throws SQLException {
        queue.admin().createQueue(QueueSpec.of(name));
        try (Connection connection = dataSource.getConnection()) {
            assertThatThrownBy(() -> queue.publish(connection, name, list(TWO_STATEMENTS)))
                    .isInstanceOf(InvalidArgumentException.class)
                    .hasMessageContaining("auto-commit");
            assertThat(messages()).isZero();
            queue.publish(connection, name, list(10));
        }
        assertThat(messages()).isEqualTo(10);
    }

    @Test
    void aListOfMoreThan64MiBIsCutIntoStatementsOfOneTransaction() throws SQLException {
        queue.admin().createQueue(QueueSpec.of(name).withMaxBodyBytes(32 * 1024 * 1024));
        AtomicInteger statements = new AtomicInteger();
        StatementListener counter = new StatementListener() {
            @Override
            public void after(DatabaseCall call, Duration took, @Nullable SQLException failure) {
                statements.addAndGet(call.function().equals("publish_messages") ? 1 : 0);
            }
        };
        byte[] body = new byte[22 * 1024 * 1024];
        try (PgQueue watched = PgQueue.builder(dataSource)
                .maintenance(false)
                .statementListener(counter)
                .build()) {
            watched.publish(
                    name,
                    Stream.generate(() -> OutgoingMessage.bytes(body).build())
                            .limit(3)
                            .toList());
        }
        assertThat(statements).hasValue(2);
        assertThat(messages()).isEqualTo(3);
        assertThat(sql.number(
                        "select count(distinct xmin::text) from pgqueue.message where destination_id = ?",
                        sql.destination(name)))
                .isEqualTo(1);
    }

    @Test
    void anEmptyListDoesNothing() {
        assertThat(queue.publish("no-such-destination", List.of())).isEmpty();
    }

    @Test
    void anIdIsMadeBeforeThePublishAndInTheOrderOfTime() throws SQLException {
        queue.admin().createQueue(QueueSpec.of(name));
        List<UUID> ids = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            ids.add(
                    i % 2 == 0
                            ? queue.publish(name, message("x")).messageId()
                            : (UUID) sql.value("select published_id from pgqueue.publish(?, 'x')", name));
        }
        assertThat(ids).extracting(UUID::version).containsOnly(7);
        assertThat(ids).extracting(UUID::variant).containsOnly(2);
        assertThat(ids).doesNotHaveDuplicates();
        long now = System.currentTimeMillis();
        assertThat(ids.stream().map(MessageIds::millis))
                .allSatisfy(millis -> assertThat(millis).isBetween(now - 60_000, now + 1000));
    }

    /** That is the purpose of a deduplication key. */
    @Test
    void anIdGivenTwiceIsNoDuplicate() throws SQLException {
        queue.admin().createQueue(QueueSpec.of(name));
        UUID id = UUID.randomUUID();
        OutgoingMessage message = OutgoingMessage.text("x").messageId(id).build();
        assertThat(queue.publish(name, message).messageId()).isEqualTo(id);
        assertThat(queue.publish(name, message).duplicate()).isFalse();
        assertThat(sql.value("select published_id from pgqueue.publish(?, 'x', message_id => ?)", name, id))
                .isEqualTo(id);
        assertThat(queue.receiver(name).receive(10))
                .extracting(Delivery::messageId)
                .containsExactly(id, id, id);
    }

    private void commitAfter(
            Caller caller, List<OutgoingMessage> list, Class<? extends Throwable> error, String message)
            throws SQLException {
        switch (caller) {
            case NO_TRANSACTION ->
                assertThatThrownBy(() -> queue.publish(name, list))
                        .isInstanceOf(error)
                        .hasMessageContaining(message);
            case TRANSACTION_OF_A_FRAMEWORK -> {
                source.begin();
                assertThatThrownBy(() -> queue.publish(name, list))
                        .isInstanceOf(error)
                        .hasMessageContaining(message);
                source.commit();
            }
            case GIVEN_CONNECTION -> {
                try (Connection connection = dataSource.getConnection()) {
                    connection.setAutoCommit(false);
                    assertThatThrownBy(() -> queue.publish(connection, name, list))
                            .isInstanceOf(error)
                            .hasMessageContaining(message);
                    connection.commit();
                }
            }
        }
    }

    private void publish(Caller caller, List<OutgoingMessage> list) throws SQLException {
        switch (caller) {
            case NO_TRANSACTION -> queue.publish(name, list);
            case TRANSACTION_OF_A_FRAMEWORK -> {
                source.begin();
                queue.publish(name, list);
                source.commit();
            }
            case GIVEN_CONNECTION -> {
                try (Connection connection = dataSource.getConnection()) {
                    connection.setAutoCommit(false);
                    queue.publish(connection, name, list);
                    connection.commit();
                }
            }
        }
    }

    private static List<OutgoingMessage> list(int size) {
        return Arrays.asList(
                IntStream.range(0, size).mapToObj(i -> message("m" + i)).toArray(OutgoingMessage[]::new));
    }

    private static OutgoingMessage message(String text) {
        return OutgoingMessage.text(text).build();
    }

    private static OutgoingMessage matching(String text) {
        return OutgoingMessage.text(text).property("x", 1).build();
    }

    private long messages() throws SQLException {
        return sql.number("select count(*) from pgqueue.message where destination_id = ?", sql.destination(name));
    }

    private long deliveries() throws SQLException {
        return sql.number(
                "select count(*) from pgqueue.delivery d join pgqueue.subscription s on s.id = d.subscription_id "
                        + "where s.destination_id = ?",
                sql.destination(name));
    }
}
