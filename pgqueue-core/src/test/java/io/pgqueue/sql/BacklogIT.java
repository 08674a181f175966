// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgqueue.sql.Sql.Held;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** ADM-2, ADM-3, ADM-4, TOP-2. */
class BacklogIT extends OneQueue {

    @Test
    void aPurgeDiscardsWhatWaitsInWhateverWay() throws SQLException {
        Held leased = leaseOne();
        Held failed = leaseOne();
        sql.nack(failed, 60_000L);
        sql.send(queue, "ready");
        sql.run("select pgqueue.publish(?, ''::bytea, delay => interval '1 hour')", queue);
        sql.rotate();
        sql.send(queue, "in another slot");
        assertThat(sql.number("select pgqueue.purge(?)", subscription)).isEqualTo(4);
        assertThat(sql.ack(leased)).isTrue();
        Held again = leaseOne();
        assertThat(sql.number("select pgqueue.purge(?, true)", subscription)).isEqualTo(1);
        assertThat(sql.ack(again)).isFalse();
    }

    @Test
    void aPurgeCanBeOfAPartOnly() throws SQLException {
        publish(1, "");
        publish(2, "");
        publish(2, ", delay => interval '1 hour'");
        publish(3, "");
        publish(3, ", delay => interval '1 hour'");
        Held leased = sql.receive(subscription, 1).get(0);
        String two = "{\"filter\":\"$.n == 2\"}";
        assertThat(sql.number("select pgqueue.purge(?, p_filter => ?::jsonb)", subscription, two))
                .isEqualTo(2);
        assertThat(sql.number("select pgqueue.purge(?, p_filter => '{\"min_age_ms\":60000}')", subscription))
                .isZero();
        sql.run(
                "update pgqueue.message set sent_at = sent_at - interval '2 minutes' where destination_id = ?",
                sql.destination(queue));
        assertThat(sql.number("select pgqueue.purge(?, p_filter => '{\"min_age_ms\":60000}')", subscription))
                .isEqualTo(1);
        assertThat(sql.number("select delayed from pgqueue.stats(?)", subscription))
                .isEqualTo(1);
        sql.run(
                "update pgqueue.scheduled set sent_at = sent_at - interval '2 minutes' where subscription_id = ?",
                subscription);
        assertThat(sql.number("select pgqueue.purge(?, p_filter => '{\"min_age_ms\":60000}')", subscription))
                .isEqualTo(1);
        assertThat(sql.ack(leased)).isTrue();
    }

    /** Concurrent settling is left alone, and nobody waits. */
    @Test
    void whatIsJustBeingSettledIsLeftToItsTransaction(DataSource dataSource) throws SQLException {
        Held leased = leaseOne();
        try (Sql handler = new Sql(dataSource)) {
            handler.connection().setAutoCommit(false);
            assertThat(handler.ack(leased)).isTrue();
            sql.run("set statement_timeout = '5s'");
            assertThat(sql.number("select pgqueue.purge(?, true)", subscription))
                    .isZero();
            handler.connection().rollback();
        }
        assertThat(sql.number("select pgqueue.purge(?, true)", subscription)).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"selector\":\"a = 1\"}", "{\"min_age_ms\":\"x\"}", "{\"filter\":\"$.\"}"})
    void aFilterThatIsNoneIsRefused(String filter) {
        assertThatThrownBy(() -> sql.run("select pgqueue.purge(?, p_filter => ?::jsonb)", subscription, filter))
                .extracting("SQLState")
                .isIn("PQ002", "PQ004");
    }

    /** ADM-3. */
    /** The handler settles in an order of its own, so whoever waits for one of its rows may hold one that it wants. */
    @Test
    void aNewFilterAndAHandlerDoNotWaitForEachOther(DataSource dataSource) throws Exception {
        sql.run("select pgqueue.create_topic(?)", queue + "t");
        sql.run("select pgqueue.create_subscription(?, ?)", queue + "t", queue + "s");
        int filtered = sql.subscription(queue + "s");
        sql.send(queue + "t", "1");
        sql.send(queue + "t", "2");
        List<Held> held = sql.receive(filtered, 2);
        sql.endLeases(filtered);
        try (Sql handler = new Sql(dataSource);
                Race race = new Race(new Sql(dataSource), sql)) {
            handler.connection().setAutoCommit(false);
            assertThat(handler.ack(held.get(1))).isTrue();
            CompletableFuture<Object> changed = race.untilItWaits(session -> {
                session.connection().setAutoCommit(false);
                Object counts = session.value(
                        "select concat_ws(',', kept, discarded, leased) from pgqueue.change_filter(?, '{\"filter\":null}', 'drop')",
                        filtered);
                session.connection().commit();
                return counts;
            });
            assertThat(handler.ack(held.get(0))).isFalse();
            handler.connection().rollback();
            assertThat(changed.get(10, TimeUnit.SECONDS)).isEqualTo("0,1,1");
        }
        assertThat(sql.ack(held.get(1))).isTrue();
    }

    @Test
    void aMovedBacklogKeepsItsOrderAndIsNewInTheOtherQueue() throws SQLException {
        int to = sql.queue(queue + "to", "{\"retention_ms\":600000}");
        List<UUID> ids = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            if (i % 10 == 9) {
                sql.rotate();
            }
            ids.add(sql.send(queue, "" + i));
        }
        Held leased = sql.receive(subscription, 1).get(0);
        sql.run("select pgqueue.publish(?, ''::bytea, delay => interval '1 hour')", queue);
        assertThat(sql.number("select moved from pgqueue.move_backlog(?, ?, 9)", subscription, queue + "to"))
                .isEqualTo(9);
        assertThat(sql.number("select moved from pgqueue.move_backlog(?, ?)", subscription, queue + "to"))
                .isEqualTo(20);
        List<Held> there = sql.receive(to, 100);
        assertThat(there).extracting(Held::id).containsExactlyElementsOf(ids.subList(1, 30));
        assertThat(there).extracting(Held::attempts).containsOnly(1);
        assertThat(sql.ack(leased)).isTrue();
        assertThat(sql.number("select delayed from pgqueue.stats(?)", subscription))
                .isEqualTo(1);
        for (String bad : List.of(queue, "nothing")) {
            assertThatThrownBy(() -> sql.run("select pgqueue.move_backlog(?, ?)", subscription, bad))
                    .extracting("SQLState")
                    .isEqualTo("PQ002");
        }
    }

    /** What another session has locked is passed over, and as many as asked for go. */
    @Test
    void aMoveLeavesWhatOthersHaveLocked(DataSource dataSource) throws SQLException {
        int to = sql.queue(queue + "to", "{}");
        List<UUID> ids = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            ids.add(sql.send(queue, "" + i));
        }
        List<Held> held = sql.receive(subscription, 2);
        sql.endLeases(subscription);
        try (Sql handler = new Sql(dataSource)) {
            handler.connection().setAutoCommit(false);
            assertThat(handler.ack(held.get(1))).isTrue();
            sql.run("set statement_timeout = '5s'");
            assertThat(sql.number("select moved from pgqueue.move_backlog(?, ?, 2)", subscription, queue + "to"))
                    .isEqualTo(2);
            handler.connection().commit();
        }
        assertThat(sql.receive(to, 9)).extracting(Held::id).containsExactly(ids.get(0), ids.get(2));
    }

    @Test
    void aMovedBacklogWaitsForTheDelayOfTheOtherQueue() throws SQLException {
        int to = sql.queue(queue + "to", "{\"delay_ms\":60000}");
        sql.send(queue, "x");
        sql.run("select pgqueue.move_backlog(?, ?)", subscription, queue + "to");
        assertThat(sql.receive(to, 1)).isEmpty();
        assertThat(sql.number("select delayed from pgqueue.stats(?)", to)).isEqualTo(1);
    }

    /** ADM-4. */
    @Test
    void aMessageIsFoundInEveryState() throws SQLException {
        sql.run("select pgqueue.create_topic(?)", queue + "t");
        for (String name : List.of("a", "b", "c", "d")) {
            sql.run("select pgqueue.create_subscription(?, ?)", queue + "t", queue + name);
        }
        UUID id = sql.send(queue + "t", "body");
        sql.receive(sql.subscription(queue + "b"), 1);
        sql.nack(sql.receive(sql.subscription(queue + "c"), 1).get(0), 60_000L);
        Held dead = sql.receive(sql.subscription(queue + "d"), 1).get(0);
        sql.run(
                "select pgqueue.nack(?, ?, ?::smallint, array[?::bigint], array[?::integer], p_reason => 'REJECTED')",
                dead.slot(),
                dead.subscription(),
                dead.priority(),
                dead.position(),
                dead.epoch());
        assertThat(sql.column("select state || attempts || (topic is not null) from pgqueue.find_message(?)", id))
                .containsExactly("ready0true", "leased1true", "retrying1true", "dead1true");
        assertThat(sql.column("select body from pgqueue.find_message(?)", id)).containsOnlyNulls();
        assertThat(sql.column("select convert_from(body, 'UTF8') from pgqueue.find_message(?, true)", id))
                .containsOnly("body");
        assertThat(sql.column("select state from pgqueue.find_message(gen_random_uuid())"))
                .isEmpty();
    }

    /** ADM-4: the change is logged, and not made under a consumer's hands. */
    @Test
    void propertiesOfAWaitingMessageCanBeEdited() throws SQLException {
        UUID ready = publish(1, "");
        UUID delayed = publish(1, ", delay => interval '1 hour'");
        String edit = "select pgqueue.edit_properties(?, '{\"n\":2}', 'Ada')";
        assertThat(sql.number(edit, ready)).isEqualTo(1);
        assertThat(sql.number(edit, delayed)).isEqualTo(1);
        for (UUID id : List.of(ready, delayed)) {
            assertThat(sql.value("select properties->>'n' from pgqueue.find_message(?)", id))
                    .isEqualTo("2");
            assertThat(sql.value("select (properties->>'n') || changed_by from pgqueue.message_changes(?)", id))
                    .isEqualTo("1Ada");
        }
        sql.receive(subscription, 1);
        assertThatThrownBy(() -> sql.run(edit, ready)).extracting("SQLState").isEqualTo("PQ009");
        assertThatThrownBy(() -> sql.run("select pgqueue.edit_properties(?, '{\"JMSXState\":1}')", delayed))
                .extracting("SQLState")
                .isEqualTo("PQ003");
        assertThatThrownBy(() -> sql.run(edit, UUID.randomUUID()))
                .extracting("SQLState")
                .isEqualTo("PQ006");
    }

    /** TOP-2. */
    @Test
    void aDropSaysWhatStandsInItsWay() throws SQLException {
        sql.send(queue, "1");
        sql.send(queue, "2");
        Held dead = sql.receive(subscription, 1).get(0);
        sql.run(
                "select pgqueue.nack(?, ?, ?::smallint, array[?::bigint], array[?::integer], p_reason => 'REJECTED')",
                dead.slot(),
                dead.subscription(),
                dead.priority(),
                dead.position(),
                dead.epoch());
        assertThatThrownBy(() -> sql.run("select pgqueue.drop_destination(?)", queue))
                .hasMessageContaining("Queue '" + queue + "' still has 1 unfinished deliveries and 1 dead letters")
                .extracting("SQLState")
                .isEqualTo("PQ008");
        assertThatThrownBy(() -> sql.run("select pgqueue.drop_subscription(?, true)", subscription))
                .hasMessageContaining("this is a queue, which drop_destination drops");
        assertThat(sql.value(
                        "select subscriptions || ' ' || deliveries || ' ' || dead_letters from pgqueue.drop_destination(?, true)",
                        queue))
                .isEqualTo("1 1 1");
        assertThat(sql.number("select count(*) from pgqueue.delivery where subscription_id = ?", subscription))
                .isZero();
    }

    @Test
    void aQueueThatGetsTheDeadLettersOfOthersIsNotDroppedUnderThem() throws SQLException {
        int from = sql.queue(
                queue + "from",
                "{\"dead_letter_queue\":\"" + queue + "\",\"on_expiry\":\"move\",\"expiry_queue\":\"" + queue + "\"}");
        assertThatThrownBy(() -> sql.run("select pgqueue.drop_destination(?)", queue))
                .hasMessageContaining("gets the dead letters or expired messages of '" + queue + "from'");
        sql.run("select pgqueue.drop_destination(?, true)", queue);
        assertThat(sql.value(
                        "select concat(dead_letter_to, expired_to, on_expiry) from pgqueue.subscription where id = ?",
                        from))
                .isEqualTo("dead_letter");
    }

    private Held leaseOne() throws SQLException {
        sql.send(queue, "x");
        return sql.receive(subscription, 1).get(0);
    }

    private UUID publish(int n, String more) throws SQLException {
        return (UUID) sql.value(
                "select published_id from pgqueue.publish(?, ''::bytea, properties => ?::jsonb" + more + ")",
                queue,
                "{\"n\":" + n + "}");
    }
}
