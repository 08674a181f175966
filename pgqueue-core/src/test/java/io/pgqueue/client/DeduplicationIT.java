// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.pgqueue.Delivery;
import io.pgqueue.DepthLimit;
import io.pgqueue.InvalidArgumentException;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.PgQueueException;
import io.pgqueue.PublishResult;
import io.pgqueue.QueueFullException;
import io.pgqueue.QueueSpec;
import io.pgqueue.SubscriptionSettings;
import io.pgqueue.WhenFull;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** PUB-14. */
class DeduplicationIT extends OneClient {

    private static final Duration SOON = Duration.ofSeconds(20);

    @Test
    void theSecondMessageWithAKeyIsNotPublishedAndNamesTheFirst() {
        PublishResult first = queue.publish(name, message("a", "k"));
        PublishResult second = queue.publish(name, message("b", "k"));
        assertThat(first.duplicate()).isFalse();
        assertThat(first.matched()).isEqualTo(1);
        assertThat(second).isEqualTo(new PublishResult(first.messageId(), 0, true));
        assertThat(queue.publish(name, message("c", "K")).duplicate())
                .as("case matters")
                .isFalse();
        queue.admin().declareQueue(QueueSpec.of(name + ".other"));
        assertThat(queue.publish(name + ".other", message("d", "k")).duplicate())
                .as("another destination")
                .isFalse();
        assertThat(queue.receiver(name).receive(10)).extracting(Delivery::text).containsExactly("a", "c");
    }

    @Test
    void inAListEachEntryCountsForItself() {
        PublishResult first = queue.publish(name, message("a", "k"));
        List<PublishResult> results = queue.publish(
                name,
                List.of(
                        message("b", "l"),
                        message("c", "k"),
                        OutgoingMessage.text("d").build(),
                        message("e", "l"),
                        message("f", "m")));
        assertThat(results).extracting(PublishResult::duplicate).containsExactly(false, true, false, true, false);
        assertThat(results).extracting(PublishResult::matched).containsExactly(1, 0, 1, 0, 1);
        assertThat(results.get(1).messageId()).isEqualTo(first.messageId());
        assertThat(results.get(3).messageId()).isEqualTo(results.get(0).messageId());
        assertThat(queue.publish(name, List.of(message("g", "k"), message("h", "l"))))
                .allMatch(PublishResult::duplicate);
        assertThat(queue.receiver(name).receive(10)).extracting(Delivery::text).containsExactly("a", "b", "d", "f");
    }

    @Test
    void aRollbackFreesTheKey() throws SQLException {
        try (Connection connection = dataSource.getConnection()) {
            connection.setAutoCommit(false);
            assertThat(queue.publish(connection, name, message("a", "k")).duplicate())
                    .isFalse();
            assertThat(queue.publish(connection, name, message("b", "k")).duplicate())
                    .isTrue();
            connection.rollback();
        }
        assertThat(queue.publish(name, message("c", "k")).duplicate()).isFalse();
        assertThat(queue.receiver(name).receive(10)).extracting(Delivery::text).containsExactly("c");
    }

    @Test
    void theSecondSenderWaitsForAnOpenFirstOne() throws SQLException {
        for (boolean commit : List.of(true, false)) {
            String key = "k" + commit;
            try (Connection connection = dataSource.getConnection()) {
                connection.setAutoCommit(false);
                PublishResult first = queue.publish(connection, name, message("first", key));
                CompletableFuture<PublishResult> second =
                        CompletableFuture.supplyAsync(() -> queue.publish(name, message("second", key)));
                await().atMost(SOON)
                        .until(() -> sql.number("select count(*) from pg_locks where not granted and "
                                        + "locktype = 'transactionid'")
                                > 0);
                assertThat(second).isNotDone();
                if (commit) {
                    connection.commit();
                } else {
                    connection.rollback();
                }
                assertThat(second).succeedsWithin(SOON).satisfies(result -> {
                    assertThat(result.duplicate()).isEqualTo(commit);
                    assertThat(result.messageId().equals(first.messageId())).isEqualTo(commit);
                });
            }
        }
    }

    @Test
    void afterTheWindowTheKeyIsFree() throws SQLException {
        PublishResult first = queue.publish(name, message("a", "k"));
        assertThat(sql.number("select round(extract(epoch from max(until) - clock_timestamp())) from pgqueue.dedup_key "
                        + "where key = 'k'"))
                .as("300 s is the default")
                .isBetween(290L, 300L);
        sql.run("update pgqueue.dedup_key set until = clock_timestamp() where key = 'k'");
        PublishResult second = queue.publish(name, message("b", "k"));
        assertThat(second.duplicate()).isFalse();
        assertThat(second.messageId()).isNotEqualTo(first.messageId());
        assertThat(queue.publish(name, message("c", "k")).messageId()).isEqualTo(second.messageId());
    }

    @Test
    void theWindowIsASettingOfTheDestination() throws SQLException {
        assertThatThrownBy(() -> QueueSpec.of("q").withDedupWindow(Duration.ofMillis(999)))
                .isInstanceOf(InvalidArgumentException.class);
        assertThatThrownBy(() -> QueueSpec.of("q").withDedupWindow(Duration.ofDays(8)))
                .isInstanceOf(InvalidArgumentException.class);
        QueueSpec spec = QueueSpec.of(name + ".week").withDedupWindow(Duration.ofDays(7));
        queue.admin().declareQueue(spec);
        queue.admin().declareQueue(spec);
        queue.publish(spec.name(), message("a", "week"));
        assertThat(sql.number("select round(extract(epoch from max(until) - clock_timestamp())) from pgqueue.dedup_key "
                        + "where key = 'week'"))
                .isBetween(604_790L, 604_800L);
    }

    /** Whoever sends within the window of another one meets it in a leaf that both write to. */
    @Test
    void overlappingWindowsMeetInALeafAtAnyTime() throws SQLException {
        assertThat(sql.number("select count(*) from "
                        + "(values (1000), (300000), (600000), (600001), (7200000), (86400000), (604800000)) w (ms), "
                        + "generate_series(1, 3000) i, "
                        + "lateral (select timestamptz '2030-01-01' + i * interval '397 seconds' as first) f, "
                        + "lateral (select f.first + random() * (w.ms - 1) * interval '1 millisecond' as second) s, "
                        + "pgqueue.dedup_leaves(w.ms, f.first) a, pgqueue.dedup_leaves(w.ms, s.second) b "
                        + "where b.leaf is distinct from a.leaf and b.leaf is distinct from a.leaf_after"))
                .isZero();
    }

    @Test
    void oldLeavesAreTruncatedAndNobodyWaitsForThat() throws SQLException {
        queue.publish(name, message("a", "now"));
        int leaf = (int) sql.number("select leaf from pgqueue.dedup_leaves(300000, clock_timestamp())");
        int old = leaf / 4 * 4 + (leaf + 2) % 4;
        sql.run(
                "insert into pgqueue.dedup_key select ?, 1, i::text, gen_random_uuid(), now() from generate_series(1, 1000) i",
                old);
        try (Connection writer = dataSource.getConnection()) {
            writer.setAutoCommit(false);
            try (var statement = writer.createStatement()) {
                statement.execute("lock table pgqueue.dedup_key_" + old + " in row exclusive mode");
            }
            assertThat(sql.tidy().leader()).isTrue();
            assertThat(sql.number("select count(*) from pgqueue.dedup_key_" + old))
                    .isEqualTo(1000);
        }
        sql.tidy();
        assertThat(sql.number("select pg_relation_size('pgqueue.dedup_key_" + old + "')"))
                .isZero();
        assertThat(queue.publish(name, message("b", "now")).duplicate()).isTrue();
    }

    @Test
    void aPublishThatWasNotAllowedLeavesTheKeyFree() {
        queue.admin()
                .declareQueue(QueueSpec.of(name + ".one")
                        .withSettings(SubscriptionSettings.DEFAULT.withDepthLimit(new DepthLimit(1, WhenFull.FAIL))));
        queue.publish(name + ".one", message("a", "k1"));
        assertThatThrownBy(() -> queue.publish(name + ".one", message("b", "k2")))
                .isInstanceOf(QueueFullException.class)
                .hasMessageContaining(name + ".one");
        queue.ack(queue.receiver(name + ".one").receive(1).get(0));
        assertThat(queue.publish(name + ".one", message("b", "k2")).duplicate()).isFalse();
    }

    @Test
    void keysAreCheckedFromJavaAndFromSql() {
        assertThatThrownBy(() -> message("a", "")).isInstanceOf(InvalidArgumentException.class);
        assertThatThrownBy(() -> message("a", "x".repeat(256)))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContaining("dedupKey");
        for (String argument : List.of(
                "dedup_key => repeat('x', 256)",
                "dedup_key => ''",
                "replace_key => repeat('x', 256)",
                "replace_mode => 'skip'",
                "replace_key => 'k', replace_mode => 'other'",
                "reply_to => repeat('x', 256)",
                "content_type => repeat('x', 256)")) {
            assertThatThrownBy(() -> sql.run("select pgqueue.publish('" + name + "', 'x', " + argument + ")"))
                    .as(argument)
                    .extracting("SQLState")
                    .isEqualTo("PQ002");
        }
    }

    /** A repeatable snapshot cannot see who was first: the error says to repeat the transaction. */
    @Test
    void atRepeatableReadALateSenderIsTold() throws SQLException {
        try (Connection connection = dataSource.getConnection()) {
            connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
            connection.setAutoCommit(false);
            try (var statement = connection.createStatement()) {
                statement.execute("select 1");
            }
            queue.publish(name, message("first", "rr"));
            assertThatThrownBy(() -> queue.publish(connection, name, message("late", "rr")))
                    .isInstanceOf(PgQueueException.class)
                    .hasMessageContaining("40001");
            connection.rollback();
        }
    }

    @Test
    void ofManySendersOneIsFirstForEachKey() throws Exception {
        int keys = 500;
        Set<String> first = ConcurrentHashMap.newKeySet();
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try (PgQueue other = PgQueue.builder(dataSource).maintenance(false).build()) {
            List<Callable<Void>> senders = new ArrayList<>();
            for (int sender = 0; sender < 4; sender++) {
                PgQueue client = sender % 2 == 0 ? queue : other;
                int batch = sender < 2 ? 1 : 50;
                senders.add(() -> {
                    for (int from = 0; from < keys; from += batch) {
                        List<OutgoingMessage> messages = new ArrayList<>();
                        for (int i = from; i < from + batch; i++) {
                            messages.add(message("m" + i, "key" + i));
                        }
                        List<PublishResult> results = client.publish(name, messages);
                        for (int i = 0; i < batch; i++) {
                            if (!results.get(i).duplicate()) {
                                assertThat(first.add("key" + (from + i))).isTrue();
                            }
                        }
                    }
                    return null;
                });
            }
            for (Future<Void> sender : threads.invokeAll(senders)) {
                sender.get();
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(first).hasSize(keys);
        assertThat(queue.admin().stats(null, name).ready()).isEqualTo(keys);
    }

    private static OutgoingMessage message(String text, String key) {
        return OutgoingMessage.text(text).dedupKey(key).build();
    }
}
