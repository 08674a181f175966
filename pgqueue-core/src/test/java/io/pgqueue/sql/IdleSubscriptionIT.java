// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgqueue.sql.Sql.Held;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.UUID;
import javax.sql.DataSource;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.util.PSQLException;

/** TOP-15: subscriptions that end when nobody consumes from them. Times are set back in the table. */
@PostgresTest(template = MigratedSchema.class)
class IdleSubscriptionIT {

    /** Announced after 30 minutes and 36 seconds, ended after 60 minutes and 36 seconds. */
    private static final String AN_HOUR = "{\"expire_after_idle_ms\":3600000}";

    private static int names;

    private Sql sql;
    private String topic;
    private String name;
    private int subscription;

    @BeforeEach
    void open(DataSource dataSource) throws SQLException {
        sql = new Sql(dataSource);
        topic = "idle" + names++;
        name = topic + ".a";
        sql.run("select pgqueue.create_topic(?)", topic);
        subscription = create(name, AN_HOUR);
        pass();
    }

    @AfterEach
    void close() throws SQLException {
        sql.run("select pgqueue.drop_destination(?, true)", topic);
        sql.close();
    }

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

    @ParameterizedTest
    @ValueSource(
            strings = {
                "select * from pgqueue.receive(?, 1)",
                "select * from pgqueue.receive(?, 1, p_floors => array_fill(0::bigint, array[10]))",
                "select * from pgqueue.pop(?, 1)",
                "select pgqueue.ready(array[?::integer])"
            })
    void whoLooksForMessagesKeepsItThoughThereAreNone(String look) throws SQLException {
        announced();
        sql.column(look, subscription);
        assertThat(idleSeconds()).isLessThan(60);
        announcedFor("2 days");
        assertThat(pass()).isEmpty();
        assertThat(exists()).isTrue();
    }

    @Test
    void aPausedOneIsKeptByItsConsumersToo() throws SQLException {
        sql.run("select pgqueue.set_paused(?, true)", subscription);
        announced();
        receive();
        assertThat(idleSeconds()).isLessThan(60);
    }

    @Test
    void anOpenConsumerKeepsItAndTheTimeBeginsWhenItIsClosed() throws SQLException {
        String node = UUID.randomUUID().toString();
        String client = UUID.randomUUID().toString();
        String consumer = UUID.randomUUID().toString();
        sql.run("select pgqueue.register_client(?::uuid, ?::uuid, null, 300000)", node, client);
        sql.run(
                "select pgqueue.subscribe(?::uuid, ?::uuid, ?, ?, true, true, false, '{}')",
                client,
                consumer,
                topic,
                name);
        announced();
        assertThat(pass()).isEmpty();
        assertThat(idleSeconds()).isLessThan(60);
        sql.run("select pgqueue.close_client(?::uuid)", client);
        end();
        assertThat(exists()).isFalse();
    }

    /** A handler that works longer than the limit, and asks for nothing meanwhile. */
    @Test
    void aHeldDeliveryKeepsIt() throws SQLException {
        sql.send(topic, "x");
        Held held = receive().get(0);
        end();
        assertThat(exists()).isTrue();
        assertThat(idleSeconds()).isLessThan(60);
        assertThat(sql.ack(held)).isTrue();
        end();
        assertThat(exists()).isFalse();
    }

    /** It stands behind more than is looked at, because a filter chose it; whoever works on it renews its lease. */
    @Test
    void aRenewedLeaseKeepsItWhereverItsDeliveryStands() throws SQLException {
        sql.run("select pgqueue.publish(?, 'x'::text) from generate_series(1, 1100)", topic);
        sql.run("select pgqueue.publish(?, 'x'::text, properties => '{\"n\":1}')", topic);
        Held held = sql.receive(subscription, 1, "$.n == 1", true).get(0);
        announced();
        assertThat(sql.extend(held, 60_000)).isTrue();
        assertThat(idleSeconds()).isLessThan(60);
        announcedFor("2 days");
        assertThat(pass()).isEmpty();
        assertThat(exists()).isTrue();
    }

    @Test
    void aHeldDeliveryIsNotAnnounced() throws SQLException {
        sql.send(topic, "x");
        Held held = receive().get(0);
        idleFor("31 minutes");
        assertThat(pass()).isEmpty();
        assertThat(idleSeconds()).isLessThan(60);
        sql.ack(held);
        idleFor("31 minutes");
        assertThat(pass()).hasSize(1);
    }

    @Test
    void aFetchWritesOnlyOncePerHundredthOfTheLimit() throws SQLException {
        idleFor("30 seconds");
        Object version = version();
        receive();
        assertThat(version()).isEqualTo(version);
        idleFor("40 seconds");
        receive();
        assertThat(version()).isNotEqualTo(version);
        version = version();
        receive();
        sql.column("select pgqueue.ready(array[?::integer])", subscription);
        assertThat(version()).isEqualTo(version);
    }

    @Test
    void movingTheTimeIsAHeapOnlyUpdate() throws SQLException {
        idleFor("1 minute");
        sql.connection().setAutoCommit(false);
        String updates = "select pg_stat_get_xact_tuples_updated('pgqueue.activity'::regclass)";
        String heapOnly = "select pg_stat_get_xact_tuples_hot_updated('pgqueue.activity'::regclass)";
        long updatesBefore = sql.number(updates);
        long heapOnlyBefore = sql.number(heapOnly);
        receive();
        assertThat(sql.number(updates) - updatesBefore).isEqualTo(1);
        assertThat(sql.number(heapOnly) - heapOnlyBefore).isEqualTo(1);
        sql.connection().rollback();
        sql.connection().setAutoCommit(true);
    }

    @Test
    void othersPayNothing() throws SQLException {
        int other = create(topic + ".b", "{}");
        receive();
        sql.receive(other, 1);
        assertThat(sql.number("select count(*) from pgqueue.activity where subscription_id = ?", other))
                .isZero();
    }

    @Test
    void fetchesDoNotWaitForOneAnother(DataSource dataSource) throws SQLException {
        sql.send(topic, "1");
        sql.send(topic, "2");
        announced();
        try (Sql other = new Sql(dataSource)) {
            other.connection().setAutoCommit(false);
            assertThat(other.receive(subscription, 1)).hasSize(1);
            sql.run("set lock_timeout = '1s'");
            assertThat(sql.receive(subscription, 1)).hasSize(1);
            sql.column("select pgqueue.ready(array[?::integer])", subscription);
            assertThat(pass()).as("somebody is just receiving").isEmpty();
            assertThat(exists()).isTrue();
            other.connection().rollback();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {Connection.TRANSACTION_REPEATABLE_READ, Connection.TRANSACTION_SERIALIZABLE})
    void readyIsAnsweredAtEveryIsolationLevel(int level, DataSource dataSource) throws SQLException {
        announced();
        try (Sql old = new Sql(dataSource)) {
            old.connection().setTransactionIsolation(level);
            old.connection().setAutoCommit(false);
            old.column("select 1 from pgqueue.activity");
            receive();
            idleFor("10 minutes");
            assertThat(old.column("select pgqueue.ready(array[?::integer])", subscription))
                    .hasSize(1);
            old.connection().rollback();
        }
    }

    @Test
    void readyIsAnsweredInAReadOnlyTransaction(DataSource dataSource) throws SQLException {
        announced();
        try (Sql reader = new Sql(dataSource)) {
            reader.connection().setReadOnly(true);
            assertThat(reader.column("select pgqueue.ready(array[?::integer])", subscription))
                    .hasSize(1);
        }
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

    private int create(String name, String settings) throws SQLException {
        return (int) sql.number("select pgqueue.create_subscription(?, ?, ?::jsonb)", topic, name, settings);
    }

    private List<Held> receive() throws SQLException {
        return sql.receive(subscription, 1);
    }

    private void deadLetter(Held held) {
        try {
            sql.run("update pgqueue.subscription set max_attempts = 1 where id = ?", subscription);
            assertThat(sql.nack(held, null)).isEqualTo("dead");
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private void idleFor(String interval) throws SQLException {
        assertThat(sql.run(
                        "update pgqueue.activity set active_at = clock_timestamp() - ?::interval where subscription_id = ?",
                        interval,
                        subscription))
                .isEqualTo(1);
    }

    /** Does nothing when its end is not announced. */
    private void announcedFor(String interval) throws SQLException {
        sql.run(
                "update pgqueue.activity set warned_at = clock_timestamp() - ?::interval where subscription_id = ? "
                        + "and (warned_at is not null or active_at < clock_timestamp() - interval '1 hour')",
                interval,
                subscription);
    }

    private void announced() throws SQLException {
        idleFor("31 minutes");
        sql.run("update pgqueue.activity set warned_at = clock_timestamp() where subscription_id = ?", subscription);
    }

    /** As if its time were over and announced long ago. */
    private void end() throws SQLException {
        idleFor("61 minutes");
        announcedFor("31 minutes");
        pass();
    }

    private long idleSeconds() throws SQLException {
        return sql.number(
                "select extract(epoch from clock_timestamp() - active_at)::bigint from pgqueue.activity where subscription_id = ?",
                subscription);
    }

    private Object version() throws SQLException {
        return sql.value("select ctid::text || xmin from pgqueue.activity where subscription_id = ?", subscription);
    }

    private boolean exists() throws SQLException {
        return sql.number("select count(*) from pgqueue.subscription where id = ?", subscription) == 1;
    }

    private long left(int of) throws SQLException {
        return sql.number(
                "select (select count(*) from pgqueue.delivery where subscription_id = ?) + (select count(*) from "
                        + "pgqueue.scheduled where subscription_id = ?) + (select count(*) from pgqueue.dead_letter where "
                        + "subscription_id = ?)",
                of,
                of,
                of);
    }

    private long bite(int most) throws SQLException {
        sql.run("set search_path = pgqueue");
        return sql.number("select discarded from end_idle_subscriptions(?)", most);
    }

    private List<Object> pass() throws SQLException {
        return sql.column(
                "select i.topic || ' ' || i.subscription || ' ' || i.idle_ms || case when i.ended then ' has ended' "
                        + "else ' ends in ' || (extract(epoch from i.ends_at - clock_timestamp()) / 60)::integer || ' minutes' end "
                        + "from pgqueue.maintain() m, unnest(m.idle) i");
    }
}
