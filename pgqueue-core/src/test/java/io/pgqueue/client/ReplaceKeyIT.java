// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgqueue.Delivery;
import io.pgqueue.Failure;
import io.pgqueue.InvalidArgumentException;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.PublishResult;
import io.pgqueue.ReplaceMode;
import io.pgqueue.SubscriptionSpec;
import io.pgqueue.SubscriptionStats;
import io.pgqueue.TopicSpec;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** PUB-15. */
class ReplaceKeyIT extends OneClient {

    private static final Duration HOUR = Duration.ofHours(1);

    @Test
    void theNewMessageReplacesTheOneThatWaits() {
        send("a", "k", null, ReplaceMode.REPLACE);
        send("b", "other", null, ReplaceMode.REPLACE);
        assertThat(send("c", "k", null, ReplaceMode.REPLACE).matched()).isEqualTo(1);
        assertThat(texts()).containsExactly("b", "c");
    }

    /** Waiting for it would be waiting for the handler's transaction, which may want to publish with the same key. */
    @Test
    void whatAnOpenTransactionAcksIsLeftAlone() throws Exception {
        send("a", "k", null, ReplaceMode.REPLACE);
        List<Delivery> taken = queue.receiver(name).receive(1);
        try (Connection handler = dataSource.getConnection()) {
            handler.setAutoCommit(false);
            queue.ack(handler, taken);
            assertThat(send("b", "k", null, ReplaceMode.REPLACE).matched()).isEqualTo(1);
            queue.publish(
                    handler,
                    name,
                    OutgoingMessage.text("c")
                            .replaceKey("k", ReplaceMode.REPLACE)
                            .build());
            handler.commit();
        }
        assertThat(texts()).containsExactly("c");
    }

    /** What others published since the snapshot could not be seen, so it would not be replaced. */
    @Test
    void anOldSnapshotIsRefused() throws Exception {
        try (Connection old = dataSource.getConnection()) {
            old.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
            old.setAutoCommit(false);
            OutgoingMessage message = OutgoingMessage.text("a")
                    .replaceKey("k", ReplaceMode.REPLACE)
                    .build();
            assertThatThrownBy(() -> queue.publish(old, name, message))
                    .isInstanceOf(InvalidArgumentException.class)
                    .hasMessageContaining("read committed");
            old.rollback();
        }
    }

    @Test
    void eachMessagePutsTheTimeOffUnlessItIsKept() throws SQLException {
        send("a", "k", HOUR, ReplaceMode.REPLACE);
        send("b", "k", HOUR.multipliedBy(3), ReplaceMode.REPLACE);
        assertThat(hoursLeft()).isEqualTo(3);
        send("c", "k", HOUR.multipliedBy(9), ReplaceMode.KEEP_TIME);
        assertThat(hoursLeft()).isEqualTo(3);
        send("d", "k", null, ReplaceMode.KEEP_TIME);
        assertThat(hoursLeft()).isEqualTo(3);
        assertThat(stats().unfinished()).isEqualTo(1);
        assertThat(sql.value(
                        "select convert_from(body, 'UTF8') from pgqueue.scheduled where replace_key = 'k' "
                                + "and destination_id = ?",
                        sql.destination(name)))
                .isEqualTo("d");
        send("e", "k", null, ReplaceMode.REPLACE);
        assertThat(stats().ready()).isEqualTo(1);
        send("f", "k", HOUR, ReplaceMode.KEEP_TIME);
        assertThat(stats().delayed()).as("the one replaced was ready").isEqualTo(0L);
        send("behind", "other", null, ReplaceMode.REPLACE);
        send("g", "k", HOUR, ReplaceMode.KEEP_TIME);
        assertThat(texts()).as("its time, not its place").containsExactly("behind", "g");
    }

    @Test
    void skipKeepsTheOneThatWaits() {
        send("a", "k", HOUR, ReplaceMode.SKIP);
        PublishResult skipped = send("b", "k", null, ReplaceMode.SKIP);
        assertThat(skipped.matched()).isZero();
        assertThat(skipped.duplicate()).isFalse();
        assertThat(stats().delayed()).isEqualTo(1);
        assertThat(stats().unfinished()).isEqualTo(1);
    }

    @Test
    void whatIsLeasedStaysAndTheNewOneIsAdded() {
        for (ReplaceMode mode : ReplaceMode.values()) {
            send("old" + mode, mode.name(), null, mode);
            Delivery held = queue.receiver(name).receive(1).get(0);
            assertThat(send("new" + mode, mode.name(), null, mode).matched()).isEqualTo(1);
            queue.ack(held);
            assertThat(texts()).containsExactly("new" + mode);
        }
    }

    /** What waits for its retry has no lease either. */
    @Test
    void whatWaitsForARetryIsReplacedToo() {
        for (ReplaceMode mode : ReplaceMode.values()) {
            send("old" + mode, mode.name(), null, mode);
            Delivery failed = queue.receiver(name).receive(1).get(0);
            queue.nack(failed, HOUR, Failure.of(new IllegalStateException("later")));
            send("new" + mode, mode.name(), null, mode);
            assertThat(stats().unfinished()).as("%s", mode).isEqualTo(1);
            assertThat(stats().ready()).as("%s", mode).isEqualTo(mode == ReplaceMode.REPLACE ? 1 : 0);
            queue.admin().purge(null, name, false);
        }
    }

    @Test
    void aTopicDecidesForEachSubscription() {
        queue.admin().declareTopic(TopicSpec.of(name + ".t"));
        queue.admin().declareSubscription(SubscriptionSpec.of(name + ".t", name + ".a"));
        queue.admin().declareSubscription(SubscriptionSpec.of(name + ".t", name + ".b"));
        queue.admin()
                .declareSubscription(
                        SubscriptionSpec.of(name + ".t", name + ".c").withSelector("kind = 'first'"));
        OutgoingMessage.Builder message = OutgoingMessage.text("old").replaceKey("k");
        queue.publish(name + ".t", message.property("kind", "first").build());
        queue.receiver(name + ".t", name + ".a").receive(1);
        PublishResult second = queue.publish(
                name + ".t", OutgoingMessage.text("new").replaceKey("k").build());
        assertThat(second.matched()).isEqualTo(2);
        assertThat(queue.admin().stats(name + ".t", name + ".a")).satisfies(stats -> {
            assertThat(stats.leased()).isEqualTo(1);
            assertThat(stats.ready()).isEqualTo(1);
        });
        assertThat(queue.receiver(name + ".t", name + ".b").receive(10))
                .extracting(Delivery::text)
                .containsExactly("new");
        assertThat(queue.receiver(name + ".t", name + ".c").receive(10))
                .as("the new one does not match")
                .extracting(Delivery::text)
                .containsExactly("old");
    }

    @Test
    void inAListTheLastOneWinsAndARollbackRestoresTheOld() throws SQLException {
        send("old", "k", null, ReplaceMode.REPLACE);
        try (Connection connection = dataSource.getConnection()) {
            connection.setAutoCommit(false);
            queue.publish(
                    connection,
                    name,
                    List.of(
                            OutgoingMessage.text("a").replaceKey("k").build(),
                            OutgoingMessage.text("plain").build(),
                            OutgoingMessage.text("b").replaceKey("k").build()));
            connection.rollback();
            assertThat(stats().ready()).isEqualTo(1);
            queue.publish(
                    connection,
                    name,
                    List.of(
                            OutgoingMessage.text("a").replaceKey("k").build(),
                            OutgoingMessage.text("plain").build(),
                            OutgoingMessage.text("b").replaceKey("k").build()));
            connection.commit();
        }
        assertThat(texts()).containsExactly("plain", "b");
    }

    @Test
    void aMessageOfAGroupIsReplacedToo() {
        queue.publish(name, OutgoingMessage.text("a").group("g").replaceKey("k").build());
        queue.publish(name, OutgoingMessage.text("b").group("g").replaceKey("k").build());
        assertThat(texts()).containsExactly("b");
    }

    /** What a skipped publish relies on is not handed out before it commits: its handler sees what the sender wrote. */
    @Test
    void aMessageKeptBySkipIsHeldBackUntilTheSenderCommits() throws Exception {
        send("old", "k", null, ReplaceMode.SKIP);
        try (Connection connection = dataSource.getConnection()) {
            connection.setAutoCommit(false);
            queue.publish(
                    connection,
                    name,
                    OutgoingMessage.text("new")
                            .replaceKey("k", ReplaceMode.SKIP)
                            .build());
            assertThat(queue.receiver(name).receive(10)).isEmpty();
            connection.commit();
        }
        assertThat(queue.receiver(name).receive(10, Duration.ofSeconds(20)))
                .extracting(Delivery::text)
                .containsExactly("old");
    }

    /** Senders and consumers at once: never two of one key waiting, and the last version of each key is handled. */
    @Test
    void atMostOneOfAKeyWaitsUnderLoad() throws Exception {
        int keys = 20;
        Set<String> handled = ConcurrentHashMap.newKeySet();
        AtomicBoolean done = new AtomicBoolean();
        ExecutorService threads = Executors.newCachedThreadPool();
        try {
            List<Future<Void>> senders = new ArrayList<>();
            for (int sender = 0; sender < 3; sender++) {
                int number = sender;
                senders.add(threads.submit((Callable<Void>) () -> {
                    for (int i = 0; i < 400; i++) {
                        send(number + ":" + i, "k" + i % keys, null, ReplaceMode.REPLACE);
                    }
                    return null;
                }));
            }
            Future<Void> consumer = threads.submit((Callable<Void>) () -> {
                Receiver receiver = queue.receiver(name);
                while (!done.get()) {
                    for (Delivery delivery : receiver.receive(3)) {
                        handled.add(delivery.text());
                        queue.ack(delivery);
                    }
                    assertThat(sql.number(
                                    "select coalesce(max(n), 0) from (select count(*) as n from pgqueue.delivery d "
                                            + "where d.lease_until <= clock_timestamp() and d.subscription_id = ? "
                                            + "group by d.replace_key) w",
                                    sql.subscription(name)))
                            .isLessThanOrEqualTo(1);
                }
                return null;
            });
            for (Future<Void> sender : senders) {
                sender.get();
            }
            done.set(true);
            consumer.get();
            assertThat(stats().ready()).isLessThanOrEqualTo(keys);
            handled.addAll(texts());
            for (int key = 0; key < keys; key++) {
                int last = 380 + key;
                assertThat(List.of("0:" + last, "1:" + last, "2:" + last))
                        .as("the last of all senders for key %d", key)
                        .anyMatch(handled::contains);
            }
        } finally {
            threads.shutdownNow();
        }
    }

    private PublishResult send(String text, String key, @Nullable Duration delay, ReplaceMode mode) {
        OutgoingMessage.Builder message = OutgoingMessage.text(text).replaceKey(key, mode);
        return queue.publish(name, (delay == null ? message : message.delay(delay)).build());
    }

    private List<String> texts() {
        List<Delivery> deliveries = queue.receiver(name).receive(100);
        queue.ack(deliveries);
        return deliveries.stream().map(Delivery::text).toList();
    }

    private long hoursLeft() throws SQLException {
        return sql.number(
                "select round(extract(epoch from due_at - clock_timestamp()) / 3600) from pgqueue.scheduled "
                        + "where destination_id = ?",
                sql.destination(name));
    }

    private SubscriptionStats stats() {
        return queue.admin().stats(null, name);
    }
}
