// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.pgqueue.Delivery;
import io.pgqueue.Failure;
import io.pgqueue.NotFoundException;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.PublishResult;
import io.pgqueue.QueueSpec;
import io.pgqueue.Redrive;
import io.pgqueue.Repair;
import io.pgqueue.ReplayFrom;
import io.pgqueue.SubscriptionSpec;
import io.pgqueue.TopicSpec;
import io.pgqueue.sql.Sql;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;

/** Two instances stand for two JVMs. They poll once a minute, so that what comes sooner came by a wake-up. */
@PostgresTest(template = MigratedSchema.class)
class WakeupIT {

    private static final Duration POLL = Duration.ofSeconds(60);
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final Duration MERGE = Duration.ofMillis(200);

    private DataSource dataSource;
    private final List<PgQueue> open = new ArrayList<>();

    @BeforeEach
    void inject(DataSource given) {
        dataSource = given;
    }

    @AfterEach
    void close() {
        open.forEach(PgQueue::close);
    }

    @Test
    void aMessageReachesTheWaitingReceiverOfAnotherJvm() throws Exception {
        PgQueue publisher = listening("a");
        PgQueue consumer = listening("b");
        publisher.admin().declareQueue(QueueSpec.of("far"));
        for (int i = 0; i < 5; i++) {
            CompletableFuture<List<Delivery>> received = waiting(consumer, "far");
            publisher.publish("far", OutgoingMessage.text("x").priority(i).build());
            assertThat(received).succeedsWithin(SOON);
            consumer.ack(received.join());
        }
    }

    @Test
    void aMessageReachesTheReceiverOfTheSameJvmWithoutListening() throws Exception {
        PgQueue queue = started(PgQueue.builder(dataSource).pollInterval(POLL));
        queue.admin().declareQueue(QueueSpec.of("near"));
        CompletableFuture<List<Delivery>> received = waiting(queue, "near");
        queue.publish("near", OutgoingMessage.text("x").build());
        assertThat(received).succeedsWithin(SOON);
    }

    /** A JVM that only publishes has no receivers to know the subscriptions from. */
    @Test
    void wakingAfterACommitOfOnesOwnReachesOtherJvms() throws Exception {
        PgQueue publisher = listening("a");
        PgQueue consumer = listening("b");
        publisher.admin().declareQueue(QueueSpec.of("own"));
        CompletableFuture<List<Delivery>> received = waiting(consumer, "own");
        try (Connection connection = dataSource.getConnection()) {
            connection.setAutoCommit(false);
            publisher.publish(
                    connection, "own", OutgoingMessage.text("x").priority(8).build());
            connection.commit();
        }
        publisher.wake("own");
        assertThat(received).succeedsWithin(SOON);
    }

    /** PUB-11: an SQL caller may ask for it, and pays for it at its commit. */
    @Test
    void anSqlCallerWakesConsumersWhenItCommits() throws Exception {
        PgQueue consumer = listening("b");
        consumer.admin().declareQueue(QueueSpec.of("sql"));
        try (Sql sql = new Sql(dataSource)) {
            for (String group : new String[] {"null", "'g'"}) {
                CompletableFuture<List<Delivery>> received = waiting(consumer, "sql");
                sql.connection().setAutoCommit(false);
                sql.value("select published_id from pgqueue.publish('sql', 'x', priority => 7, group_key => " + group
                        + ", wake => true)");
                assertThat(received).isNotDone();
                sql.connection().commit();
                assertThat(received).succeedsWithin(SOON);
                consumer.ack(received.join());
            }
        }
    }

    /** PUB-11: a NOTIFY would make each commit of the server wait for the one before. */
    @Test
    void anSqlPublishNotifiesNobodyUnlessAskedTo() throws Exception {
        PgQueue queue = started(PgQueue.builder(dataSource).pollInterval(POLL));
        queue.admin().declareQueue(QueueSpec.of("quiet"));
        try (Connection listener = dataSource.getConnection();
                Statement statement = listener.createStatement();
                Sql sql = new Sql(dataSource)) {
            statement.execute("listen pgqueue_pgqueue");
            sql.run("select pgqueue.publish('quiet', 'x')");
            sql.run("select pgqueue.publish('quiet', 'x', dedup_key => 'k')");
            sql.run("select pgqueue.publish('quiet', 'x', wake => true)");
            List<String> payloads = new ArrayList<>();
            await().atMost(SOON).until(() -> {
                // In the order of the commits: what the first two had sent would be here too.
                PGNotification[] some = listener.unwrap(PGConnection.class).getNotifications(50);
                for (PGNotification each : some == null ? new PGNotification[0] : some) {
                    payloads.add(each.getParameter());
                }
                return !payloads.isEmpty();
            });
            assertThat(payloads).singleElement().asString().startsWith("sql|");
        }
    }

    /** The next of the group would else wait for a poll. */
    @Test
    void aCancelledHeadOfAGroupLetsTheNextOneGo() throws Exception {
        PgQueue canceller = listening("a");
        PgQueue consumer = listening("b");
        consumer.admin().declareQueue(QueueSpec.of("groups"));
        for (boolean byId : new boolean[] {true, false}) {
            PublishResult head = canceller.publish(
                    "groups",
                    OutgoingMessage.text("1").group("g").correlationId("first").build());
            assertThat(canceller.receiver("groups").receive(1)).hasSize(1);
            canceller.publish("groups", OutgoingMessage.text("2").group("g").build());
            CompletableFuture<List<Delivery>> received = waiting(consumer, "groups");
            if (byId) {
                canceller.scheduling().cancel(head.messageId());
            } else {
                canceller.scheduling().cancelByCorrelationId("groups", "first", 10);
            }
            assertThat(received).succeedsWithin(SOON);
            consumer.ack(received.join());
        }
    }

    /** TOP-12: the one who resumes receives from nothing, so it knows no subscription to tell about. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void resumingWakesTheWaitingReceiverOfAnotherJvm(boolean wholeTopic) throws Exception {
        String topic = wholeTopic ? "held-topic" : "held";
        PgQueue admin = listening("a");
        PgQueue consumer = listening("b");
        admin.admin().declareTopic(TopicSpec.of(topic));
        admin.admin().declareSubscription(SubscriptionSpec.of(topic, "one-of-" + topic));
        admin.admin().declareSubscription(SubscriptionSpec.of(topic, "other-of-" + topic));
        pause(admin, topic, wholeTopic);
        publishWithoutWakeup(topic);
        CompletableFuture<List<Delivery>> received = waiting(consumer.receiver(topic, "one-of-" + topic));
        assertThat(received).isNotDone();
        if (wholeTopic) {
            admin.admin().resumeTopic(topic);
        } else {
            admin.admin().resume(topic, "one-of-" + topic);
        }
        assertThat(received).succeedsWithin(SOON);
        consumer.ack(received.join());
        pause(admin, topic, wholeTopic);
        publishWithoutWakeup(topic);
        assertThat(consumer.receiver(topic, "one-of-" + topic).receive(1)).isEmpty();
        assertThat(admin.admin().stats(topic, "one-of-" + topic).ready()).isEqualTo(1);
        assertThat(consumer.receiver(topic, "other-of-" + topic).receive(1)).hasSize(wholeTopic ? 0 : 1);
    }

    /** The administrator receives from nothing, so it knows none of those that it makes something ready for. */
    @ParameterizedTest
    @EnumSource
    void whatAnAdministratorMakesReadyWakesTheWaitingReceiverOfAnotherJvm(MadeReady how) throws Exception {
        String from = "from-" + how;
        String to = "to-" + how;
        UUID dead = leaveADeadLetter(from, how == MadeReady.MOVED ? null : "subscription-of-" + from, to);
        PgQueue admin = listening("a");
        PgQueue consumer = listening("b");
        CompletableFuture<List<Delivery>> received =
                waiting(how.elsewhere() ? consumer.receiver(to) : consumer.receiver(from, "subscription-of-" + from));
        assertThat(received).isNotDone();
        PgQueueAdmin does = admin.admin();
        String subscription = "subscription-of-" + from;
        switch (how) {
            case REDRIVEN_BY_ID -> does.deadLetters(from, subscription).redrive(List.of(dead));
            case REDRIVEN_ELSEWHERE -> does.deadLetters(from, subscription).redrive(Redrive.ALL.withTo(to));
            case REDRIVEN -> does.deadLetters(from, subscription).redrive(Redrive.ALL);
            case REPAIRED ->
                does.deadLetters(from, subscription)
                        .repair(dead, new Repair("y".getBytes(StandardCharsets.UTF_8), null, null));
            case REWOUND -> {
                does.deadLetters(from, subscription).discard(List.of(dead));
                does.rewind(from, subscription, ReplayFrom.earliest());
            }
            case MOVED -> does.move(null, from, to, 10);
        }
        assertThat(received).succeedsWithin(SOON);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whatAnAdministratorTakesFromAConsumerWakesAnother(boolean allOfAQueue) throws Exception {
        String name = "taken-" + allOfAQueue;
        PgQueue admin = listening("a");
        PgQueue consumer = listening("b");
        try (PgQueue hangs =
                PgQueue.builder(dataSource).consumer(name).maintenance(false).build()) {
            hangs.admin().declareQueue(QueueSpec.of(name));
            hangs.publish(name, OutgoingMessage.text("x").build());
            assertThat(hangs.receiver(name).receive(1)).hasSize(1);
            CompletableFuture<List<Delivery>> received = waiting(consumer, name);
            assertThat(received).isNotDone();
            if (allOfAQueue) {
                admin.admin().release(null, name);
            } else {
                admin.admin().release(name);
            }
            assertThat(received).succeedsWithin(SOON);
        }
    }

    private enum MadeReady {
        REDRIVEN_BY_ID,
        REDRIVEN,
        REDRIVEN_ELSEWHERE,
        REPAIRED,
        REWOUND,
        MOVED;

        boolean elsewhere() {
            return this == REDRIVEN_ELSEWHERE || this == MOVED;
        }
    }

    /** Of a topic's subscription, or something ready in a queue; by a JVM that is gone then. */
    private UUID leaveADeadLetter(String from, @Nullable String subscription, String to) {
        try (PgQueue before = PgQueue.builder(dataSource).maintenance(false).build()) {
            before.admin().declareQueue(QueueSpec.of(to));
            if (subscription == null) {
                before.admin().declareQueue(QueueSpec.of(from));
            } else {
                before.admin().declareTopic(TopicSpec.of(from).withRetain(Duration.ofHours(1)));
                before.admin().declareSubscription(SubscriptionSpec.of(from, subscription));
            }
            UUID id = before.publish(from, OutgoingMessage.text("x").build()).messageId();
            if (subscription != null) {
                Delivery delivery =
                        before.receiver(from, subscription).receive(1).get(0);
                before.deadLetter(delivery, "TEST", new Failure(null, "broken", null));
            }
            return id;
        }
    }

    private void publishWithoutWakeup(String topic) throws SQLException {
        try (Sql sql = new Sql(dataSource)) {
            sql.value("select published_id from pgqueue.publish(?, 'x')", topic);
        }
    }

    private static void pause(PgQueue queue, String topic, boolean wholeTopic) {
        if (wholeTopic) {
            queue.admin().pauseTopic(topic);
        } else {
            queue.admin().pause(topic, "one-of-" + topic);
        }
    }

    @Test
    void onlyATopicHasSubscriptionsToPause() {
        PgQueueAdmin admin = started(PgQueue.builder(dataSource)).admin();
        admin.declareQueue(QueueSpec.of("no-topic"));
        for (String name : List.of("no-topic", "nowhere")) {
            assertThatThrownBy(() -> admin.pauseTopic(name))
                    .isInstanceOf(NotFoundException.class)
                    .hasMessageContaining("There is no topic '" + name + "'");
        }
    }

    @Test
    void aLostListeningConnectionIsOpenedAgainAndLooksEverywhere() throws Exception {
        PgQueue publisher = listening("a");
        PgQueue consumer = listening("b");
        publisher.admin().declareQueue(QueueSpec.of("lost"));
        CompletableFuture<List<Delivery>> received = waiting(consumer, "lost");
        try (Sql sql = new Sql(dataSource)) {
            assertThat(sql.column(
                            "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'b'"))
                    .containsExactly(true);
            // Sent by nobody who notifies: found by the discovery after the reconnection only.
            sql.send("lost", "x");
        }
        assertThat(received).succeedsWithin(SOON);
        consumer.ack(received.join());
        await().atMost(SOON).until(consumer::listening);
        CompletableFuture<List<Delivery>> next = waiting(consumer, "lost");
        publisher.publish("lost", OutgoingMessage.text("x").build());
        assertThat(next).succeedsWithin(SOON);
    }

    @Test
    void afterALostListeningConnectionOutcomesAreAskedForToo() throws Exception {
        String name = "lost-outcome";
        PgQueue sender = listening("b");
        sender.admin().declareQueue(QueueSpec.of(name));
        Completion completion =
                sender.publishTracked(name, OutgoingMessage.text("x").build());
        try (PgQueue silent = PgQueue.builder(dataSource).maintenance(false).build();
                Sql sql = new Sql(dataSource)) {
            silent.ack(silent.receiver(name).receive(1));
            assertThat(completion.future()).isNotDone();
            assertThat(sql.column(
                            "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'b'"))
                    .containsExactly(true);
        }
        assertThat(completion.future()).succeedsWithin(SOON);
    }

    @Test
    void notificationsAreMergedAndNeverPartOfTheTransaction() throws Exception {
        PgQueue publisher = started(PgQueue.builder(dataSource)
                .pollInterval(POLL)
                .listenOn(dataSource::getConnection)
                .wakeupMerge(MERGE));
        publisher.admin().declareQueue(QueueSpec.of("merged"));
        await().atMost(SOON).until(publisher::listening);
        try (Connection listener = dataSource.getConnection();
                Statement statement = listener.createStatement();
                Connection transaction = dataSource.getConnection()) {
            statement.execute("listen pgqueue_pgqueue");
            PGConnection notifications = listener.unwrap(PGConnection.class);
            transaction.setAutoCommit(false);
            long begin = System.nanoTime();
            publisher.publish(transaction, "merged", OutgoingMessage.text("x").build());
            transaction.commit();
            for (int i = 0; i < 200; i++) {
                publisher.publish("merged", OutgoingMessage.text("x").build());
            }
            List<String> payloads = new ArrayList<>();
            await().atMost(SOON).until(() -> {
                PGNotification[] some = notifications.getNotifications(50);
                for (PGNotification each : some == null ? new PGNotification[0] : some) {
                    payloads.add(each.getParameter());
                }
                return messages(payloads) >= 200;
            });
            assertThat(messages(payloads)).isEqualTo(200);
            // However slow the machine is: one at once, then one in each such time, the last of them still to come.
            long times = (System.nanoTime() - begin) / MERGE.toNanos();
            assertThat(payloads).hasSizeLessThanOrEqualTo((int) times + 2);
        }
    }

    @Test
    void withoutListeningPollingFindsIt() throws Exception {
        PgQueue consumer = started(PgQueue.builder(dataSource).pollInterval(Duration.ofMillis(300)));
        consumer.admin().declareQueue(QueueSpec.of("polled"));
        CompletableFuture<List<Delivery>> received = waiting(consumer, "polled");
        try (Sql sql = new Sql(dataSource)) {
            sql.send("polled", "x");
        }
        assertThat(received).succeedsWithin(SOON);
    }

    @Test
    void aWaitingReceiverHoldsNoConnection() throws Exception {
        CountingSource counting = new CountingSource(dataSource);
        PgQueue consumer = started(PgQueue.builder(counting).pollInterval(POLL).maintenance(false));
        consumer.admin().declareQueue(QueueSpec.of("idle"));
        List<CompletableFuture<List<Delivery>>> all = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            all.add(waiting(consumer, "idle"));
        }
        await().atMost(SOON).until(() -> counting.inUse() == 0);
        for (int i = 0; i < 50; i++) {
            consumer.publish("idle", OutgoingMessage.text("x").build());
        }
        assertThat(CompletableFuture.allOf(all.toArray(new CompletableFuture<?>[0])))
                .succeedsWithin(SOON);
    }

    @Test
    void closingEndsEveryWait() throws Exception {
        PgQueue queue = started(PgQueue.builder(dataSource).pollInterval(POLL));
        queue.admin().declareQueue(QueueSpec.of("closed"));
        Receiver receiver = queue.receiver("closed");
        CompletableFuture<List<Delivery>> first = waiting(receiver);
        CompletableFuture<List<Delivery>> second = waiting(queue, "closed");
        receiver.close();
        assertThat(first).succeedsWithin(SOON).isEqualTo(List.of());
        assertThat(second).isNotDone();
        queue.close();
        assertThat(second).succeedsWithin(SOON).isEqualTo(List.of());
    }

    private PgQueue listening(String name) {
        PgQueue queue = started(PgQueue.builder(dataSource).pollInterval(POLL).listenOn(() -> {
            Connection connection = dataSource.getConnection();
            named(connection, name);
            return connection;
        }));
        await().atMost(SOON).until(queue::listening);
        return queue;
    }

    private static void named(Connection connection, String name) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("set application_name = '" + name + "'");
        }
    }

    private PgQueue started(PgQueueBuilder builder) {
        PgQueue queue = builder.build();
        open.add(queue);
        return queue;
    }

    private static CompletableFuture<List<Delivery>> waiting(PgQueue queue, String name) {
        return waiting(queue.receiver(name));
    }

    /** Returns when the receiver has looked and waits. */
    private static CompletableFuture<List<Delivery>> waiting(Receiver receiver) {
        CompletableFuture<List<Delivery>> received = new CompletableFuture<>();
        Thread thread = new Thread(() -> {
            try {
                received.complete(receiver.receive(1, POLL));
            } catch (InterruptedException | RuntimeException e) {
                received.completeExceptionally(e);
            }
        });
        thread.setDaemon(true);
        thread.start();
        await().atMost(SOON)
                .pollInterval(Duration.ofMillis(5))
                .until(() -> thread.getState() == Thread.State.TIMED_WAITING || received.isDone());
        return received;
    }

    private static int messages(List<String> payloads) {
        int messages = 0;
        for (String payload : payloads) {
            for (String hint : payload.substring(payload.indexOf('|') + 1).split(";")) {
                messages += hint.isEmpty() ? 0 : Integer.parseInt(hint.split(":")[3]);
            }
        }
        return messages;
    }
}
