// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.pgqueue.OutcomeUnknownException;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.PublishResult;
import io.pgqueue.client.PgQueue;
import io.pgqueue.client.Receiver;
import io.pgqueue.sql.Sql;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;

/** Situations that a walk comes into too seldom to rely on, made on purpose. */
final class Directed {

    private Directed() {}

    /** A publisher read the ring's state, then the slot was emptied and taken out of the mask, then it wrote. */
    static void findsWhatIsInARetiredSlot(DataSource dataSource) throws SQLException {
        try (Sql sql = new Sql(dataSource)) {
            int subscription = sql.queue("retired", "{}");
            int slot = sql.currentSlot();
            // An empty slot is not rotated away from.
            sql.publish(sql.destination("retired"), 4);
            sql.ack(sql.receive(subscription, 1).get(0));
            sql.rotate();
            long now = sql.number("select pg_sequence_last_value('pgqueue.ring_state')");
            sql.run("select setval('pgqueue.ring_state', ?)", (now & ~15L) | slot);
            sql.publish(sql.destination("retired"), 4);
            sql.run("select setval('pgqueue.ring_state', ?)", now & ~(1L << (slot + 4)));
            int found = sql.receive(subscription, 1).size();
            sql.run("select setval('pgqueue.ring_state', ?)", now);
            sql.run("select pgqueue.drop_destination('retired', true)");
            assertThat(found).as("deliveries in a slot out of the mask").isEqualTo(1);
        }
    }

    /** A lease that counted from the beginning of a long transaction could be over before it is taken. */
    static void leasesAreMadeByTheClock(DataSource dataSource) throws SQLException {
        try (Sql sql = new Sql(dataSource)) {
            int subscription = sql.queue("leased", "{\"lease_ms\":60000}");
            sql.publish(sql.destination("leased"), 4);
            sql.connection().setAutoCommit(false);
            Object before = sql.value("select clock_timestamp() from (select now()) t");
            Object whole = sql.value(
                    "select lease_until - interval '60 seconds' >= ? from pgqueue.receive(?, 1)", before, subscription);
            sql.connection().rollback();
            sql.connection().setAutoCommit(true);
            sql.run("select pgqueue.drop_destination('leased', true)");
            assertThat(whole).as("the lease lasts as long as was asked for").isEqualTo(true);
        }
    }

    /** Seen as drained, then somebody commits who had published into it. */
    static void aLatePublishIsNotTruncated(DataSource dataSource) throws Exception {
        try (Sql publisher = new Sql(dataSource);
                Sql maintenance = new Sql(dataSource);
                Sql observer = new Sql(dataSource)) {
            int subscription = publisher.queue("late", "{}");
            int slot = publisher.currentSlot();
            int backend = maintenance.backend();
            maintenance.run("set search_path = pgqueue");
            publisher.connection().setAutoCommit(false);
            publisher.publish(publisher.destination("late"), 4);
            assertThat(maintenance.value("select pgqueue.slot_is_drained(?)", slot))
                    .isEqualTo(true);
            CompletableFuture<Void> reclaimed = CompletableFuture.runAsync(() -> {
                try {
                    maintenance.run("select pgqueue.reclaim(?)", slot);
                } catch (SQLException e) {
                    throw new CompletionException(e);
                }
            });
            await().pollDelay(Duration.ZERO)
                    .pollInterval(Duration.ofMillis(1))
                    .until(() -> reclaimed.isDone()
                            || observer.number("select count(*) from pg_locks where pid = ? and not granted", backend)
                                    > 0);
            publisher.connection().commit();
            publisher.connection().setAutoCommit(true);
            reclaimed.get(30, TimeUnit.SECONDS);
            int left = publisher.receive(subscription, 1).size();
            publisher.run("select pgqueue.drop_destination('late', true)");
            assertThat(left).as("what was published into the slot meanwhile").isEqualTo(1);
        }
    }

    /** Whatever became of them. */
    static void totalsAreWhatWasPublished(DataSource dataSource) throws SQLException {
        try (Sql sql = new Sql(dataSource)) {
            int subscription = sql.queue("counted", "{}");
            for (int i = 0; i < 3; i++) {
                sql.publish(sql.destination("counted"), 4);
            }
            sql.pop(subscription, 1);
            sql.run("select pgqueue.purge(?)", subscription);
            long published = sql.number(
                    "select pgqueue.sample(0, array[?::integer], array[1::bigint]) from setval('pgqueue.sample_due_ms', 1)",
                    subscription);
            assertThat(published).isPositive();
            published = sql.number("select published from pgqueue.metrics(?)", subscription);
            sql.run("select pgqueue.drop_destination('counted', true)");
            assertThat(published).as("published in total").isEqualTo(3);
        }
    }

    /** A wake-up got lost, or there never was one. */
    static void pollingFindsWhatNobodyTold(DataSource dataSource) throws Exception {
        try (Sql sql = new Sql(dataSource);
                PgQueue queue = PgQueue.builder(dataSource)
                        .pollInterval(Duration.ofMillis(100))
                        .maintenance(false)
                        .build()) {
            sql.queue("untold", "{}");
            CountDownLatch ready = new CountDownLatch(1);
            Receiver receiver = queue.receiver("untold");
            assertThat(receiver.receive(1)).isEmpty();
            receiver.whenReady(ready::countDown);
            sql.send("untold", "x");
            boolean found = ready.await(10, TimeUnit.SECONDS);
            sql.run("select pgqueue.drop_destination('untold', true)");
            assertThat(found).as("a waiting receiver looks").isTrue();
        }
    }

    /** The answer to the first commit says that it may be lost, so that the sender does not know, and sends once more. */
    static void aMessageSentAgainIsTheSame(DataSource dataSource) throws SQLException {
        try (Sql sql = new Sql(dataSource);
                PgQueue queue = PgQueue.builder(dataSource).maintenance(false).build()) {
            int subscription = sql.queue("again", "{}");
            sql.run("create function public.warn() returns trigger language plpgsql as "
                    + "'begin raise warning ''not replicated''; return null; end'");
            sql.run("create constraint trigger warn after insert on pgqueue.delivery_" + sql.currentSlot()
                    + " deferrable initially deferred for each row execute function public.warn()");
            OutgoingMessage message = OutgoingMessage.text("x").dedupKey("once").build();
            List<UUID> told = new ArrayList<>();
            try {
                queue.publish("again", message);
            } catch (OutcomeUnknownException unknown) {
                told.addAll(unknown.messageIds());
            } finally {
                sql.run("drop function public.warn cascade");
            }
            PublishResult again = queue.publish("again", message);
            int there = sql.receive(subscription, 10).size();
            int known = queue.admin().find(again.messageId(), false).size();
            sql.run("select pgqueue.drop_destination('again', true)");
            assertThat(told).as("ids of what may be there").containsExactly(again.messageId());
            assertThat(there).as("deliveries of a message sent twice").isEqualTo(1);
            assertThat(known)
                    .as("deliveries under the id that the sender knows")
                    .isEqualTo(1);
        }
    }
}
