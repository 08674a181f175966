// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgqueue.sql.Sql.Held;
import java.sql.SQLException;
import java.util.UUID;
import javax.sql.DataSource;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.util.PSQLException;

/** TOP-15: subscriptions that end when nobody consumes from them. */
class IdleSubscriptionIT extends IdleSubscription {

    @Test
    void itIsAnnouncedFirstAndThenGoesWithItsMessages() throws SQLException {
        int other = create(topic + ".b", "{}");
        sql.send(topic, "x");
        sql.run("select pgqueue.publish(?, 'x'::text, delay => interval '1 hour')", topic);
        idleFor("30 minutes");
        assertThat(pass()).isEmpty();
        idleFor("31 minutes");
        assertThat(pass()).containsExactly(topic + " " + name + " 3600000 ends in 30 minutes");
        assertThat(pass()).as("announced once").isEmpty();
        idleFor("60 minutes");
        announcedFor("31 minutes");
        assertThat(pass()).isEmpty();
        idleFor("61 minutes");
        assertThat(pass()).containsExactly(topic + " " + name + " 3600000 has ended");
        assertThat(exists()).isFalse();
        assertThat(left(subscription)).isZero();
        assertThat(left(other)).isEqualTo(2);
        assertThat(sql.number("select count(*) from pgqueue.activity where subscription_id = ?", subscription))
                .isZero();
    }

    /** The applications were down for a week, and the one that does maintenance comes first. */
    @Test
    void afterAnOutageItIsAnnouncedAndConsumersHaveTimeToComeBack() throws SQLException {
        idleFor("7 days");
        assertThat(pass()).containsExactly(topic + " " + name + " 3600000 ends in 30 minutes");
        announcedFor("29 minutes");
        assertThat(pass()).isEmpty();
        receive();
        announcedFor("31 minutes");
        assertThat(pass()).isEmpty();
        assertThat(exists()).isTrue();
    }

    /** It was announced, then everything stood still: nobody could have come back meanwhile. */
    @Test
    void anAnnouncementBeforeAnOutageCountsFromItsEnd() throws SQLException {
        idleFor("31 minutes");
        assertThat(pass()).hasSize(1);
        idleFor("3 days");
        announcedFor("3 days");
        sql.run("select setval('pgqueue.swept_ms', extract(epoch from now() - interval '3 days')::bigint * 1000)");
        assertThat(pass()).isEmpty();
        announcedFor("29 minutes");
        assertThat(pass()).isEmpty();
        announcedFor("31 minutes");
        assertThat(pass()).containsExactly(topic + " " + name + " 3600000 has ended");
    }

    /** At most a day before, however long the limit is. */
    @Test
    void aLongLimitIsAnnouncedADayBefore() throws SQLException {
        sql.run("select pgqueue.alter_subscription(?, '{\"expire_after_idle_ms\":864000000}')", subscription);
        idleFor("9 days");
        assertThat(pass()).isEmpty();
        idleFor("9 days 3 hours");
        assertThat(pass()).containsExactly(topic + " " + name + " 864000000 ends in 1440 minutes");
    }

    @Test
    void whatWaitedIsDiscardedInBites() throws SQLException {
        for (int i = 0; i < 20; i++) {
            sql.send(topic, "x");
        }
        sql.run("select pgqueue.publish(?, 'x'::text, delay => interval '1 hour') from generate_series(1, 5)", topic);
        sql.receive(subscription, 3).forEach(held -> deadLetter(held));
        idleFor("61 minutes");
        announcedFor("31 minutes");
        assertThat(bite(10)).isEqualTo(10);
        assertThat(exists()).as("it ends with the first bite").isFalse();
        assertThat(left(subscription)).isEqualTo(15);
        assertThat(bite(10)).isEqualTo(10);
        assertThat(bite(10)).isEqualTo(5);
        assertThat(bite(10)).isZero();
        assertThat(left(subscription)).isZero();
        assertThat(sql.number("select count(*) from pgqueue.activity where subscription_id = ?", subscription))
                .isZero();
    }

    /** CMP-1. */
    @Test
    void sendersLearnThatTheirMessagesWereDiscarded() throws SQLException {
        UUID id = UUID.randomUUID();
        sql.run(
                "select pgqueue.publish_tracked(?, ?, ''::bytea, null, 4::smallint, null, null, null, null, null, null, null, "
                        + "null, 3600000)",
                sql.destination(topic),
                id);
        end();
        assertThat(sql.column("select outcome from pgqueue.outcomes(array[?])", id))
                .containsExactly("DISCARDED");
    }

    @Test
    void aLockedSubscriptionIsPassedByAndEndsLater(DataSource dataSource) throws SQLException {
        announced();
        idleFor("61 minutes");
        announcedFor("31 minutes");
        try (Sql other = new Sql(dataSource)) {
            other.connection().setAutoCommit(false);
            other.run("select pgqueue.alter_subscription(?, '{\"lease_ms\":5000}')", subscription);
            assertThat(pass()).isEmpty();
            other.connection().rollback();
        }
        assertThat(pass()).hasSize(1);
        assertThat(exists()).isFalse();
    }

    /** Its topic is locked by whoever else changes filters there. */
    @Test
    void aLockedTopicOfOneWithAFilterPutsTheEndOff(DataSource dataSource) throws SQLException {
        for (int i = 0; i < 8; i++) {
            create(topic + ".f" + i, "{\"filter\":\"$.\\\"c\\\" == 2\"}");
        }
        int filtered = create(
                topic + ".filtered",
                "{\"expire_after_idle_ms\":3600000,\"filter\":\"$.\\\"c\\\" == 1\",\"demands\":{\"pc\":[1]}}");
        assertThat(sql.value("select routed from pgqueue.subscription where id = ?", filtered))
                .isEqualTo(true);
        subscription = filtered;
        name = topic + ".filtered";
        idleFor("61 minutes");
        announcedFor("31 minutes");
        try (Sql other = new Sql(dataSource)) {
            other.connection().setAutoCommit(false);
            other.run("select from pgqueue.destination where name = ? for no key update", topic);
            assertThat(pass()).isEmpty();
            assertThat(exists()).isTrue();
            other.connection().rollback();
        }
        assertThat(pass()).hasSize(1);
        assertThat(sql.value("select demanded from pgqueue.destination where name = ?", topic))
                .isNull();
    }

    @Test
    void aChangedLimitCountsAtOnceAndIsAnnouncedAnew() throws SQLException {
        announced();
        sql.run("select pgqueue.alter_subscription(?, '{\"expire_after_idle_ms\":7200000}')", subscription);
        announcedFor("2 days");
        assertThat(pass()).isEmpty();
        idleFor("62 minutes");
        assertThat(pass()).containsExactly(topic + " " + name + " 7200000 ends in 60 minutes");
        sql.run("select pgqueue.alter_subscription(?, '{\"expire_after_idle_ms\":null}')", subscription);
        assertThat(sql.number("select count(*) from pgqueue.activity where subscription_id = ?", subscription))
                .isZero();
        assertThat(pass()).isEmpty();
        assertThat(exists()).isTrue();
    }

    @Test
    void thatItIsReadAsASetting() throws SQLException {
        assertThat(sql.value(
                        "select settings ->> 'expire_after_idle_ms' from pgqueue.find_subscription(?, ?)", topic, name))
                .isEqualTo("3600000");
        idleFor("10 minutes");
        assertThat(sql.number(
                        "select extract(epoch from idle_end - clock_timestamp())::integer / 60 from pgqueue.metrics(?)",
                        subscription))
                .isEqualTo(50);
    }

    @Test
    void queuesAndWhatIsNotDurableAreRefused() throws SQLException {
        refused(
                () -> sql.run("select pgqueue.create_queue(?, ?::jsonb)", topic + "q", AN_HOUR),
                "expire_after_idle_ms is 3600000, must be null for a queue, which stays until it is dropped");
        int queue = sql.queue(topic + "q", "{}");
        refused(
                () -> sql.run("select pgqueue.alter_subscription(?, ?::jsonb)", queue, AN_HOUR),
                "must be null for a queue");
        String client = UUID.randomUUID().toString();
        sql.run("select pgqueue.register_client(gen_random_uuid(), ?::uuid, null, 300000)", client);
        refused(
                () -> sql.run(
                        "select pgqueue.subscribe(?::uuid, gen_random_uuid(), ?, ?, false, true, false, ?::jsonb)",
                        client,
                        topic,
                        topic + ".passing",
                        AN_HOUR),
                "must be null for one that is not durable and ends with its last consumer");
        sql.run("select pgqueue.close_client(?::uuid)", client);
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 3599999, 31622400001L})
    void aLimitOutOfRangeIsRefused(long limit) {
        refused(
                () -> sql.run(
                        "select pgqueue.alter_subscription(?, jsonb_build_object('expire_after_idle_ms', ?))",
                        subscription,
                        limit),
                "expire_after_idle_ms is " + limit + ", must be 3600000 to 31622400000");
    }

    private static void refused(ThrowingCallable call, String text) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(PSQLException.class, e -> {
                    assertThat(e.getSQLState()).isEqualTo("PQ002");
                    assertThat(e.getServerErrorMessage().getHint()).isNotEmpty();
                })
                .hasMessageContaining(text);
    }

    private void deadLetter(Held held) {
        try {
            sql.run("update pgqueue.subscription set max_attempts = 1 where id = ?", subscription);
            assertThat(sql.nack(held, null)).isEqualTo("dead");
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private long bite(int most) throws SQLException {
        sql.run("set search_path = pgqueue");
        return sql.number("select discarded from end_idle_subscriptions(?)", most);
    }
}
