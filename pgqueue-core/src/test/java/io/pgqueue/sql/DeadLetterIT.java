// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgqueue.sql.Sql.Held;
import java.sql.SQLException;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How deliveries die, what is told of them, how they are chosen and repaired. */
class DeadLetterIT extends DyingQueue {

    /** The queue for dead letters goes between the look at who gets them and the move. */
    @Test
    void whatWouldGoToAQueueThatIsJustBeingDroppedStays() throws SQLException {
        sql.send(queue, "body");
        Held held = sql.receive(subscription, 1).get(0);
        sql.run("set search_path = pgqueue");
        assertThat(sql.value(
                        "select pgqueue.send_away(?, ?, ?::smallint, array[?::bigint], -1, 'MAX_ATTEMPTS', null, null, "
                                + "clock_timestamp())::text",
                        held.slot(),
                        subscription,
                        held.priority(),
                        held.position()))
                .isEqualTo("{" + held.position() + "}");
        assertThat(sql.ack(held)).isTrue();
    }

    /** DLQ-9, SCH-2: what is moved to another queue is a message of that one. */
    @Test
    void aQueueForDeadLettersHasItsOwnDelayAndRetention() throws SQLException {
        int target = sql.queue(queue + "slow", "{\"delay_ms\":60000,\"retention_ms\":600000}");
        sql.run(
                "select pgqueue.alter_subscription(?, ?::jsonb)",
                subscription,
                "{\"dead_letter_queue\":\"" + queue + "slow\"}");
        UUID id = sql.send(queue, "x");
        die();
        assertThat(sql.receive(target, 1)).isEmpty();
        assertThat(sql.number("select delayed from pgqueue.stats(?)", target)).isEqualTo(1);
        sql.makeDue(target);
        assertThat(sql.receive(target, 1)).extracting(Held::id).containsExactly(id);
        sql.endLeases(target);
        sql.run(
                "update pgqueue.delivery set ready_at = ready_at - interval '11 minutes' where subscription_id = ?",
                target);
        assertThat(sql.receive(target, 1)).as("too old for that queue").isEmpty();
    }

    /** DLQ-7: whatever a caller gives. */
    @Test
    void longErrorsAreCutOff() throws SQLException {
        sql.send(queue, "x");
        Held held = sql.receive(subscription, 1).get(0);
        sql.run(
                "select pgqueue.nack(?, ?, ?::smallint, array[?::bigint], array[?::integer], "
                        + "p_error => repeat('e', 3000), p_stack => repeat('s', 9000))",
                held.slot(),
                held.subscription(),
                held.priority(),
                held.position(),
                held.epoch());
        assertThat(sql.value("select length(error) || ' ' || length(stack) from pgqueue.dead_letters(?)", subscription))
                .isEqualTo("2000 8192");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, 1001})
    void aLimitOutOfRangeIsRefused(int limit) {
        for (String function : List.of("redrive(?, null, ?)", "discard(?, null, ?)", "dead_letters(?, ?)")) {
            assertThatThrownBy(() -> sql.run("select pgqueue." + function, subscription, limit))
                    .as(function)
                    .hasMessageContaining("must be 1 to 1000");
        }
    }

    @Test
    void otherSubscriptionsAreUntouched() throws SQLException {
        sql.run("select pgqueue.create_topic(?)", queue + "t");
        sql.run("select pgqueue.create_subscription(?, ?, '{\"max_attempts\":1}')", queue + "t", queue + "a");
        sql.run("select pgqueue.create_subscription(?, ?)", queue + "t", queue + "b");
        UUID id = sql.send(queue + "t", "x");
        int a = sql.subscription(queue + "a");
        Held held = sql.receive(a, 1).get(0);
        assertThat(sql.nack(held, 0L)).isEqualTo("dead");
        sql.value("select redriven from pgqueue.redrive(?)", a);
        assertThat(sql.receive(a, 10)).extracting(Held::id).containsExactly(id);
        assertThat(sql.receive(sql.subscription(queue + "b"), 10))
                .extracting(Held::id)
                .containsExactly(id);
    }

    /** DLQ-9. */
    @Test
    void aQueueForDeadLettersGetsThemAtOnceAndTellsWhy() throws SQLException {
        String target = queue + "target";
        int targetId = sql.queue(target, "{\"max_attempts\":1}");
        int from = sql.queue(queue + "from", "{\"max_attempts\":1,\"dead_letter_queue\":\"" + target + "\"}");
        UUID id = sql.send(queue + "from", "body");
        sql.run("update pgqueue.message set properties = '{\"n\":1,\"#t\":{\"n\":\"i\"}}' where message_id = ?", id);
        assertThat(sql.nack(sql.receive(from, 1).get(0), 0L)).isEqualTo("dead");
        assertThat(dead(from)).isZero();
        Held moved = sql.receive(targetId, 1).get(0);
        assertThat(moved.id()).isEqualTo(id);
        assertThat(moved.attempts()).isEqualTo(1);
        assertThat(sql.value(
                        "select concat_ws(',', properties->>'JMS_PGQ_DeadReason', properties->>'JMS_PGQ_DeadSubscription', "
                                + "properties->>'JMS_PGQ_DeadAttempts', properties->>'JMS_PGQ_DeadError', properties->'#t', "
                                + "destination_id = ?) from pgqueue.message where id = ?",
                        sql.destination(target),
                        moved.position()))
                .isEqualTo("MAX_ATTEMPTS," + queue + "from,1,broken,{\"n\": \"i\", \"JMS_PGQ_DeadAttempts\": \"i\"},t");
        // What dies there stays there, even when that queue names the first one.
        sql.run(
                "select pgqueue.alter_subscription(?, ?::jsonb)",
                targetId,
                "{\"dead_letter_queue\":\"" + queue + "from\"}");
        assertThat(sql.nack(moved, 0L)).isEqualTo("dead");
        assertThat(dead(targetId)).isEqualTo(1);
        assertThat(sql.receive(from, 1)).isEmpty();
    }

    /** Whatever of these a message carries, another queue must not believe it. */
    @Test
    void whatTellsOfADeathIsReservedAndTakenOff() throws SQLException {
        sql.run("set search_path = pgqueue");
        assertThat(sql.value(
                        "select pgqueue.without_dead_headers(pgqueue.with_dead_headers('{\"own\":1}', ?, 'R', 1, "
                                + "now(), 'c', 'e', 's', 'h', now(), now())) - '#t'",
                        subscription))
                .hasToString("{\"own\": 1}");
        assertThat(sql.value(
                        "select jsonb_object_keys(pgqueue.with_dead_headers('{}', ?, 'R', 1, now(), 'c', 'e', 's', 'h', "
                                + "now(), now()) - '#t') except select unnest(pgqueue.reserved_properties()) limit 1",
                        subscription))
                .isNull();
    }

    @Test
    void theTargetMustBeAnotherQueue() {
        for (String target : List.of(queue, "nothing")) {
            assertThatThrownBy(() -> sql.run(
                            "select pgqueue.alter_subscription(?, ?::jsonb)",
                            subscription,
                            "{\"dead_letter_queue\":\"" + target + "\"}"))
                    .hasMessageContaining("dead_letter_queue is '" + target + "'")
                    .extracting("SQLState")
                    .isEqualTo("PQ002");
        }
    }

    /** RET-2: what expires may go to another queue. */
    @Test
    void whatExpiresCanBeMoved() throws SQLException {
        int target = sql.queue(queue + "expired", "{}");
        int from = sql.queue(queue + "short", "{\"on_expiry\":\"move\",\"expiry_queue\":\"" + queue + "expired\"}");
        UUID id = (UUID) sql.value(
                "select published_id from pgqueue.publish(?, ''::bytea, time_to_live => interval '1 hour')",
                queue + "short");
        sql.run("update pgqueue.message set expires_at = clock_timestamp() where message_id = ?", id);
        assertThat(sql.receive(from, 1)).isEmpty();
        assertThat(sql.receive(target, 1)).extracting(Held::id).containsExactly(id);
        assertThatThrownBy(() -> sql.run("select pgqueue.alter_subscription(?, '{\"on_expiry\":\"drop\"}')", from))
                .hasMessageContaining("expiry_queue");
    }

    /** DLQ-7, DLQ-9: also where a queue for dead letters is told. */
    @Test
    void theFirstFailureIsToldBesideTheLast() throws SQLException {
        sql.run("select pgqueue.alter_subscription(?, '{\"max_attempts\":2}')", subscription);
        int target = sql.queue(queue + "dead", "{}");
        for (String to : new String[] {"null", "\"" + queue + "dead\""}) {
            sql.run(
                    "select pgqueue.alter_subscription(?, ?::jsonb)",
                    subscription,
                    "{\"dead_letter_queue\":" + to + "}");
            sql.send(queue, "x");
            assertThat(sql.nack(sql.receive(subscription, 1).get(0), 0L)).isEqualTo("retry");
            sql.run(
                    "update pgqueue.delivery set first_failed_at = first_failed_at - interval '1 hour' where subscription_id = ?",
                    subscription);
            die();
        }
        assertThat(sql.number(
                        "select extract(epoch from last_failed_at - first_failed_at) from pgqueue.dead_letters(?)",
                        subscription))
                .isBetween(3600L, 3700L);
        assertThat(sql.number(
                        "select ((properties ->> 'JMS_PGQ_DeadLastFailedAt')::bigint "
                                + "- (properties ->> 'JMS_PGQ_DeadFirstFailedAt')::bigint) / 1000 "
                                + "from pgqueue.scheduled where subscription_id = ?",
                        target))
                .isBetween(3600L, 3700L);
    }

    /** DLQ-3: the other end of the ages. */
    @Test
    void aFilterChoosesThoseThatDiedLately() throws SQLException {
        UUID old = sql.send(queue, "1");
        UUID late = sql.send(queue, "2");
        sql.receive(subscription, 2).forEach(this::nack);
        sql.run("update pgqueue.dead_letter set dead_at = dead_at - interval '1 hour' where message_id = ?", old);
        assertThat(sql.column(
                        "select message_id from pgqueue.dead_letters(?, p_filter => '{\"max_age_ms\":1800000}')",
                        subscription))
                .containsExactly(late);
    }

    /** DLQ-3, DLQ-6: one filter for listing, redriving and discarding. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"reason\":\"REJECTED\"}",
                "{\"error_class\":\"b.B\"}",
                "{\"min_age_ms\":1800000}",
                "{\"filter\":\"$.n == 2\"}",
                "{\"died_before\":\"2020-01-01T00:00:00Z\",\"reason\":\"REJECTED\"}"
            })
    void aFilterChooses(String filter) throws SQLException {
        UUID one = sql.send(queue, "1");
        UUID two = sql.send(queue, "2");
        sql.receive(subscription, 2).forEach(this::nack);
        sql.run(
                "update pgqueue.dead_letter set reason = 'REJECTED', error_class = 'b.B', properties = '{\"n\":2}', "
                        + "dead_at = dead_at - case when ? like '%died%' then interval '20 years' else interval '1 hour' end "
                        + "where message_id = ?",
                filter, two);
        assertThat(sql.column(
                        "select message_id from pgqueue.dead_letters(?, p_filter => ?::jsonb)", subscription, filter))
                .containsExactly(two);
        assertThat(sql.number("select pgqueue.discard(?, p_filter => ?::jsonb)", subscription, filter))
                .isEqualTo(1);
        assertThat(sql.column("select message_id from pgqueue.dead_letters(?)", subscription))
                .containsExactly(one);
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"raison\":\"x\"}", "{\"parked\":1}", "{\"min_age_ms\":-1}", "{\"filter\":\"$.\"}"})
    void aFilterThatIsNoneIsRefused(String filter) {
        for (String function : List.of("redrive", "discard", "dead_letters")) {
            assertThatThrownBy(() ->
                            sql.run("select pgqueue." + function + "(?, p_filter => ?::jsonb)", subscription, filter))
                    .extracting("SQLState")
                    .isIn("PQ002", "PQ004");
        }
    }

    /** DLQ-13. */
    @Test
    void aRepairKeepsTheOriginalAndIsUndoneByARollback() throws SQLException {
        UUID id = sql.send(queue, "broken");
        die();
        sql.connection().setAutoCommit(false);
        String repair = "select pgqueue.repair(?, ?, 'whole'::bytea, '{\"fixed\":true}', 'Ada')";
        sql.run(repair, subscription, id);
        sql.connection().rollback();
        assertThat(sql.number("select count(*) from pgqueue.message_changes(?)", id))
                .isZero();
        assertThat(sql.value("select body from pgqueue.dead_letters(?, p_with_body => true)", subscription))
                .isEqualTo("broken".getBytes());
        sql.run(repair, subscription, id);
        sql.connection().commit();
        sql.connection().setAutoCommit(true);
        Held held = sql.receive(subscription, 1).get(0);
        assertThat(held.id()).isEqualTo(id);
        assertThat(held.body()).isEqualTo("whole".getBytes());
        assertThat(sql.value(
                        "select convert_from(body, 'UTF8') || ' by ' || changed_by || ' as ' || (database_user = session_user) "
                                + "from pgqueue.message_changes(?)",
                        id))
                .isEqualTo("broken by Ada as true");
        assertThatThrownBy(() -> sql.run(repair, subscription, id))
                .extracting("SQLState")
                .isEqualTo("PQ006");
    }

    @Test
    void aRepairIsCheckedLikeAMessage() throws SQLException {
        UUID id = sql.send(queue, "x");
        die();
        assertThatThrownBy(() -> sql.run("select pgqueue.repair(?, ?)", subscription, id))
                .extracting("SQLState")
                .isEqualTo("PQ002");
        assertThatThrownBy(() -> sql.run("select pgqueue.repair(?, ?, p_properties => '{\"1\":1}')", subscription, id))
                .extracting("SQLState")
                .isEqualTo("PQ003");
        sql.run("update pgqueue.destination set max_body_bytes = 1024 where name = ?", queue);
        assertThatThrownBy(() -> sql.run("select pgqueue.repair(?, ?, ?)", subscription, id, new byte[1025]))
                .extracting("SQLState")
                .isEqualTo("PQ005");
        assertThat(redrive(id)).containsExactly(id);
    }
}
