// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.pgqueue.sql.Sql.Held;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@PostgresTest(template = MigratedSchema.class)
class ExpiryIT {

    private Sql sql;

    @BeforeEach
    void open(DataSource dataSource) throws SQLException {
        sql = new Sql(dataSource);
    }

    @AfterEach
    void close() throws SQLException {
        sql.close();
    }

    @Test
    void whatHasExpiredIsDropped() throws SQLException {
        int subscription = sql.queue("drop", "{}");
        sql.run("select pgqueue.publish('drop', ''::bytea, time_to_live => interval '1 millisecond')");
        sql.send("drop", "stays");
        await().pollInterval(Duration.ofMillis(10))
                .until(() -> sql.receive(subscription, 10).size() == 1
                        || sql.number("select count(*) from pgqueue.delivery where subscription_id = ?", subscription)
                                == 1);
        assertThat(sql.number("select count(*) from pgqueue.delivery where subscription_id = ?", subscription))
                .isEqualTo(1);
        assertThat(sql.number("select count(*) from pgqueue.dead_letter where subscription_id = ?", subscription))
                .isZero();
    }

    @Test
    void orItBecomesADeadLetterWithNoAttemptUsed() throws SQLException {
        int subscription = sql.queue("bury", "{\"on_expiry\":\"dead_letter\"}");
        sql.run("select pgqueue.publish('bury', ''::bytea, time_to_live => interval '1 millisecond')");
        await().pollInterval(Duration.ofMillis(10)).until(() -> {
            assertThat(sql.receive(subscription, 10)).isEmpty();
            return sql.number("select count(*) from pgqueue.dead_letter where subscription_id = ?", subscription) == 1;
        });
        assertThat(sql.value(
                        "select reason || attempts || (first_failed_at is null) from pgqueue.dead_letter where subscription_id = ?",
                        subscription))
                .isEqualTo("EXPIRED0true");
    }

    @Test
    void aLeasedDeliveryIsLeftAloneAndItsAckIsValid() throws SQLException {
        int subscription = sql.queue("leased", "{}");
        sql.run("select pgqueue.publish('leased', ''::bytea, time_to_live => interval '1 hour')");
        Held held = sql.receive(subscription, 1).get(0);
        expire("leased");
        assertThat(sql.receive(subscription, 1)).isEmpty();
        sql.tidy();
        assertThat(sql.ack(held)).isTrue();
    }

    /**
     * The position behind what it put away is the first one of another slot with a lower number, as it is after each turn of
     * the ring: the search went on there for ever.
     */
    @Test
    void aFetchGoesOnInAnotherSlotBehindWhatItPutAway() throws SQLException {
        int subscription = sql.queue("next-slot", "{}");
        sql.send("next-slot", "first");
        assertThat(sql.ack(sql.receive(subscription, 1).get(0))).isTrue();
        long lower = sql.number("select last_value from pgqueue.ring_state");
        sql.rotate();
        long higher = sql.number("select last_value from pgqueue.ring_state");
        sql.run("select pgqueue.publish('next-slot', ''::bytea, time_to_live => interval '1 hour')");
        expire("next-slot");
        sql.send("next-slot", "a");
        sql.run("select setval('pgqueue.ring_state', " + lower + ")");
        sql.send("next-slot", "b");
        sql.run("select setval('pgqueue.ring_state', " + higher + ")");
        sql.run("set statement_timeout = '10s'");
        assertThat(sql.receive(subscription, 2))
                .extracting(held -> new String(held.body(), StandardCharsets.UTF_8))
                .containsExactly("a", "b");
    }

    @Test
    void retentionCountsFromTheDueTime() throws SQLException {
        int subscription = sql.queue("kept", "{\"retention_ms\":600000}");
        sql.run("select pgqueue.publish('kept', ''::bytea, delay => interval '1 hour')");
        sql.run("update pgqueue.scheduled set sent_at = sent_at - interval '1 hour', due_at = clock_timestamp() "
                + "where subscription_id = " + subscription);
        Held held = sql.receive(subscription, 1).get(0);
        assertThat(sql.release(held)).isTrue();
        sql.run(
                "update pgqueue.delivery set ready_at = ready_at - interval '601 seconds' where subscription_id = ?",
                subscription);
        assertThat(sql.receive(subscription, 1)).isEmpty();
        assertThat(unfinished(subscription)).isZero();
    }

    /** SCH-2: the message is in the slot already, ready since an hour ago, for the other subscription. */
    @Test
    void whatIsReadyLaterThanForAnotherSubscriptionIsKeptFromThenOn() throws SQLException {
        sendToBothAnHourAgo("early-first", true);
        assertThat(sql.receive(sql.subscription("early-first-later"), 1)).hasSize(1);
    }

    @Test
    void whatWasReadyBeforeThatOfAnotherSubscriptionIsKeptNoLonger() throws SQLException {
        sendToBothAnHourAgo("late-first", false);
        assertThat(sql.receive(sql.subscription("late-first-later"), 1)).hasSize(1);
        assertThat(sql.receive(sql.subscription("late-first-at-once"), 1)).isEmpty();
    }

    /** One subscription has its copy due now, the other had it at once and looked at it then, or not. */
    private void sendToBothAnHourAgo(String topic, boolean looked) throws SQLException {
        sql.run("select pgqueue.create_topic(?)", topic);
        sql.run("select pgqueue.create_subscription(?, ?, '{\"retention_ms\":600000}')", topic, topic + "-at-once");
        sql.run(
                "select pgqueue.create_subscription(?, ?, '{\"delay_ms\":3600000,\"retention_ms\":600000}')",
                topic,
                topic + "-later");
        sql.send(topic, "x");
        if (looked) {
            assertThat(sql.receive(sql.subscription(topic + "-at-once"), 1)).hasSize(1);
        }
        for (String table : new String[] {"message", "scheduled"}) {
            sql.run(
                    "update pgqueue." + table + " set sent_at = sent_at - interval '1 hour' where destination_id = ?",
                    sql.destination(topic));
        }
        sql.run(
                "update pgqueue.delivery set ready_at = ready_at - interval '1 hour' where subscription_id = ?",
                sql.subscription(topic + "-at-once"));
        sql.run(
                "update pgqueue.scheduled set due_at = due_at - interval '1 hour' where destination_id = ?",
                sql.destination(topic));
    }

    @Test
    void retentionAppliesAtOnceToWhatWaits() throws SQLException {
        int subscription = sql.queue("changed", "{}");
        sql.send("changed", "x");
        sql.run(
                "update pgqueue.message set sent_at = sent_at - interval '1 hour' where destination_id = ?",
                sql.destination("changed"));
        sql.run(
                "select pgqueue.alter_subscription(?, '{\"retention_ms\":600000,\"on_expiry\":\"dead_letter\"}')",
                subscription);
        assertThat(sql.receive(subscription, 1)).isEmpty();
        assertThat(sql.value("select reason from pgqueue.dead_letter where subscription_id = ?", subscription))
                .isEqualTo("EXPIRED");
    }

    /** RET-1. */
    @Test
    void theEarlierOfRetentionAndTimeToLiveCounts() throws SQLException {
        int subscription = sql.queue("earlier", "{\"retention_ms\":600000}");
        for (String life : new String[] {"null", "'5 minutes'", "'20 minutes'"}) {
            sql.run("select pgqueue.publish('earlier', " + life + "::text, time_to_live => " + life + ")");
        }
        String age = "update pgqueue.message set sent_at = sent_at - interval '%1$s minutes', "
                + "expires_at = expires_at - interval '%1$s minutes' where destination_id = "
                + sql.destination("earlier");
        sql.run(age.formatted(6));
        List<Held> left = sql.receive(subscription, 10);
        assertThat(left).as("all but the one that lives 5 minutes").hasSize(2);
        left.forEach(held -> {
            try {
                sql.release(held);
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
        });
        sql.run(age.formatted(5));
        assertThat(sql.receive(subscription, 10))
                .as("also the one that lives 20")
                .isEmpty();
        assertThat(unfinished(subscription)).isZero();
    }

    /** SCH-2: nor does what was given back. */
    @Test
    void aRetryDoesNotWaitForTheDelayOfTheSubscription() throws SQLException {
        int subscription = sql.queue("retried", "{\"delay_ms\":60000}");
        sql.send("retried", "x");
        sql.makeDue(subscription);
        assertThat(sql.nack(sql.receive(subscription, 1).get(0), 0L)).isEqualTo("retry");
        Held again = sql.receive(subscription, 1).get(0);
        assertThat(sql.release(again)).isTrue();
        assertThat(sql.receive(subscription, 1)).hasSize(1);
    }

    @Test
    void whatExpiredDoesNotStopABatch() throws SQLException {
        int subscription = sql.queue("batch", "{}");
        for (int i = 0; i < 25; i++) {
            sql.run("select pgqueue.publish('batch', ''::bytea, time_to_live => interval '1 hour')");
        }
        expire("batch");
        for (int i = 0; i < 5; i++) {
            sql.send("batch", "x");
        }
        assertThat(sql.receive(subscription, 5)).hasSize(5);
        assertThat(unfinished(subscription)).isEqualTo(5);
    }

    @Test
    void aDelayedMessageIsNeverEarly() throws SQLException {
        int subscription = sql.queue("delayed", "{}");
        sql.run("select pgqueue.publish('delayed', ''::bytea, delay => interval '400 milliseconds')");
        assertThat(sql.receive(subscription, 1)).isEmpty();
        List<Held> held = await().pollInterval(Duration.ofMillis(5))
                .until(() -> sql.receive(subscription, 1), received -> !received.isEmpty());
        assertThat(sql.number(
                        "select extract(epoch from clock_timestamp() - sent_at) * 1000 from pgqueue.message where message_id = ?",
                        held.get(0).id()))
                .isGreaterThanOrEqualTo(400);
    }

    @Test
    void aDueMessageBringsNoEarlyOneAlong() throws SQLException {
        int subscription = sql.queue("along", "{}");
        sql.run("select pgqueue.publish('along', ''::bytea, delay => interval '1 hour')");
        sql.makeDue(subscription);
        sql.run("select pgqueue.publish('along', ''::bytea, delay => interval '1 hour')");
        assertThat(sql.receive(subscription, 10)).hasSize(1);
        assertThat(sql.number("select delayed from pgqueue.stats(?)", subscription))
                .isEqualTo(1);
    }

    @Test
    void atATimeAndWithADelayOfTheSubscription() throws SQLException {
        int subscription = sql.queue("later", "{\"delay_ms\":5000}");
        sql.run("select pgqueue.publish('later', ''::bytea, deliver_at => clock_timestamp() - interval '1 day')");
        sql.run("select pgqueue.publish('later', ''::bytea, deliver_at => clock_timestamp() + interval '1 day')");
        assertThat(sql.column(
                        "select round(extract(epoch from due_at - sent_at))::int from pgqueue.scheduled "
                                + "where subscription_id = ? order by due_at",
                        subscription))
                .containsExactly(5, 86400);
    }

    /** SCH-2, for each of a list. */
    @Test
    void theLaterOfBothDelaysCountsInAListToo() throws SQLException {
        int subscription = sql.queue("later-list", "{\"delay_ms\":5000}");
        for (String times : new String[] {
            "array[0, 86400000], null",
            "null, array[clock_timestamp() - interval '1 day', clock_timestamp() + interval '1 day']"
        }) {
            sql.run(
                    "select pgqueue.publish_messages(?, array[gen_random_uuid(), gen_random_uuid()], array['', '']::bytea[], "
                            + "null, array[4, 4]::smallint[], null, null, null, null, null, null, " + times + ")",
                    sql.destination("later-list"));
        }
        assertThat(sql.column(
                        "select round(extract(epoch from due_at - sent_at))::int from pgqueue.scheduled "
                                + "where subscription_id = ? order by due_at",
                        subscription))
                .containsExactly(5, 5, 86400, 86400);
    }

    /** PUB-9, SCH-1: a business transaction may have been open for long when it sends. */
    @Test
    void timesCountFromTheCallNotFromItsTransaction() throws SQLException {
        int subscription = sql.queue("calls", "{}");
        int destination = sql.destination("calls");
        sql.connection().setAutoCommit(false);
        sql.run("select pgqueue.publish('calls', 'one', time_to_live => interval '2 h')");
        sql.run("select pgqueue.publish('calls', 'one', time_to_live => interval '2 h', delay => interval '1 h')");
        for (String delays : new String[] {"null", "array[3600000, 3600000]"}) {
            sql.run(
                    "select pgqueue.publish_messages(?, array[gen_random_uuid(), gen_random_uuid()], array['', '']::bytea[], "
                            + "null, array[4, 4]::smallint[], null, null, null, null, null, array[7200000, 7200000], "
                            + delays
                            + ", null)",
                    destination);
        }
        assertThat(sql.column(
                        "select sent_at > now() and expires_at = sent_at + interval '2 h' from pgqueue.message "
                                + "where destination_id = ?",
                        destination))
                .containsExactly(true, true, true);
        assertThat(sql.column(
                        "select sent_at > now() and due_at = sent_at + interval '1 h' from pgqueue.scheduled "
                                + "where subscription_id = ?",
                        subscription))
                .containsExactly(true, true, true);
    }

    @Test
    void aLifeShorterThanTheDelayIsRefused() throws SQLException {
        sql.queue("short", "{}");
        assertThatThrownBy(
                        () -> sql.run(
                                "select pgqueue.publish('short', ''::bytea, time_to_live => interval '1 s', delay => interval '1 s')"))
                .hasMessageContaining("time_to_live is 00:00:01, must be longer than the delay");
    }

    @Test
    void whatExpiresWhileItIsDelayedIsNotDelivered() throws SQLException {
        int subscription = sql.queue("both", "{\"on_expiry\":\"dead_letter\"}");
        sql.run("select pgqueue.publish('both', ''::bytea, time_to_live => interval '2 h', delay => interval '1 h')");
        sql.run("update pgqueue.scheduled set due_at = clock_timestamp(), expires_at = clock_timestamp() "
                + "where subscription_id = " + subscription);
        assertThat(sql.receive(subscription, 1)).isEmpty();
        assertThat(sql.value("select reason from pgqueue.dead_letter where subscription_id = ?", subscription))
                .isEqualTo("EXPIRED");
    }

    /** I11: what has expired does not hide what is behind it, and no call puts away more than it can commit. */
    @Test
    void manyExpiredOnesAreSteppedOverInBoundedCalls() throws SQLException {
        int subscription = sql.queue("crowd", "{}");
        sql.run("select count(pgqueue.publish('crowd', ''::bytea)) from generate_series(1, 7000)");
        expire("crowd");
        sql.send("crowd", "alive");
        List<Integer> found = new ArrayList<>();
        for (int call = 0; call < 4; call++) {
            found.add(sql.receive(subscription, 1).size());
        }
        assertThat(found).containsExactly(0, 0, 0, 1);
        assertThat(unfinished(subscription)).isEqualTo(1);
    }

    private void expire(String queue) throws SQLException {
        sql.run(
                "update pgqueue.message set expires_at = clock_timestamp() where destination_id = ?",
                sql.destination(queue));
    }

    private long unfinished(int subscription) throws SQLException {
        return sql.number("select ready + leased + delayed + retrying from pgqueue.stats(?)", subscription);
    }
}
