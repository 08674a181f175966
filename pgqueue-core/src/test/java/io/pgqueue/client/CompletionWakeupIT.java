// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueue.Delivery;
import io.pgqueue.DepthLimit;
import io.pgqueue.Outcome;
import io.pgqueue.Outcome.End;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.SubscriptionSettings;
import io.pgqueue.WhenFull;
import io.pgqueue.sql.Sql;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/** CMP-1, CMP-2: polls are a minute apart, so what comes sooner came by a wake-up. */
@PostgresTest(template = MigratedSchema.class)
class CompletionWakeupIT {

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private PGSimpleDataSource dataSource;
    private Sql sql;
    private String name;

    @BeforeEach
    void open(PGSimpleDataSource given) throws Exception {
        dataSource = given;
        sql = new Sql(given);
        name = "q" + UUID.randomUUID();
        sql.queue(name, "{}");
    }

    @AfterEach
    void close() throws Exception {
        sql.close();
    }

    @Test
    void aHandleThatWaitsIsToldByItsJvmAndByAnother() throws Exception {
        try (PgQueue sender = listening();
                PgQueue consumer = listening()) {
            Awaitility.await().atMost(PATIENCE).until(() -> sender.listening() && consumer.listening());
            for (PgQueue acking : List.of(sender, consumer)) {
                Completion completion =
                        sender.publishTracked(name, OutgoingMessage.text("x").build());
                CompletableFuture<List<Outcome>> waiting = completion.future();
                acking.ack(acking.receiver(name).receive(1, PATIENCE));
                assertThat(waiting).succeedsWithin(PATIENCE);
            }
        }
    }

    @Test
    void everyEndIsToldAtOnce() throws Exception {
        try (PgQueue sender = listening();
                PgQueue other = listening()) {
            Awaitility.await().atMost(PATIENCE).until(() -> sender.listening() && other.listening());
            for (PgQueue ending : List.of(sender, other)) {
                assertEnds(sender, End.CANCELLED, id -> ending.scheduling().cancel(id));
                assertEnds(sender, End.CANCELLED, id -> ending.scheduling().cancelByCorrelationId(name, "c", 10));
                assertEnds(
                        sender,
                        End.CANCELLED,
                        id -> ending.publish(
                                name, OutgoingMessage.text("y").replaceKey("k").build()));
                assertEnds(sender, End.DISCARDED, id -> ending.admin().purge(null, name, false));
                assertEnds(sender, End.DEAD, id -> {
                    Delivery held = ending.receiver(name).receive(1).get(0);
                    sql.run(
                            "update pgqueue.delivery set attempts = 5, lease_until = '-infinity' where subscription_id = ?",
                            held.lease().subscriptionId());
                    ending.admin().maintain();
                });
                assertEnds(sender, End.EXPIRED, id -> {
                    sql.run("update pgqueue.message set expires_at = sent_at where message_id = ?", id);
                    assertThat(ending.receiver(name).receive(1)).isEmpty();
                });
                assertEnds(sender, End.EXPIRED, id -> {
                    sql.run("update pgqueue.message set expires_at = sent_at where message_id = ?", id);
                    assertThat(ending.receiver(name, ReceiverOptions.DEFAULT.withAtMostOnce(true))
                                    .receive(1))
                            .isEmpty();
                });
                assertEnds(sender, End.DEAD, id -> {
                    sql.run("update pgqueue.delivery set attempts = 5 where tracked");
                    assertThat(ending.receiver(name, ReceiverOptions.DEFAULT.withSelector("JMSPriority >= 0"))
                                    .receive(1))
                            .isEmpty();
                });
                ending.admin()
                        .alterQueue(
                                name,
                                SubscriptionSettings.DEFAULT.withDepthLimit(new DepthLimit(1, WhenFull.DROP_OLDEST)));
                assertEnds(
                        sender,
                        End.DEAD,
                        id -> ending.publish(
                                name, OutgoingMessage.text("one more").build()));
                ending.admin().purge(null, name, false);
                assertEnds(
                        sender,
                        End.DEAD,
                        id -> ending.publish(
                                name,
                                List.of(OutgoingMessage.text("one more")
                                        .dedupKey(id.toString())
                                        .build())));
                ending.admin().purge(null, name, false);
                assertEnds(sender, End.DEAD, id -> {
                    sql.run("update pgqueue.subscription set max_depth = 100 where name = ?", name);
                    ending.publish(name, OutgoingMessage.text("one more").build());
                    sql.run("update pgqueue.subscription set max_depth = 1 where name = ?", name);
                    ending.admin().maintain();
                });
                ending.admin().alterQueue(name, SubscriptionSettings.DEFAULT);
                ending.admin().purge(null, name, false);
            }
            assertEnds(sender, End.DISCARDED, id -> other.admin().dropDestination(name, true));
        }
    }

    private void assertEnds(PgQueue sender, End end, Act act) throws Exception {
        Completion completion = sender.publishTracked(
                name,
                OutgoingMessage.text("x").correlationId("c").replaceKey("k").build());
        act.on(completion.messageId());
        assertThat(completion.future()).succeedsWithin(PATIENCE);
        assertThat(ends(completion)).containsExactly(end);
    }

    private interface Act {
        void on(UUID messageId) throws Exception;
    }

    /** Without maintenance: another JVM's would end some of it first. */
    private PgQueue listening() {
        return PgQueue.builder(dataSource)
                .pollInterval(Duration.ofSeconds(60))
                .listenOn(dataSource::getConnection)
                .maintenance(false)
                .build();
    }

    private static List<End> ends(Completion completion) throws InterruptedException {
        return completion.await(PATIENCE).stream().map(Outcome::end).toList();
    }
}
