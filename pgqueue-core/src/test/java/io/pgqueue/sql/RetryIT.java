// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgqueue.sql.Sql.Held;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@PostgresTest(template = MigratedSchema.class)
class RetryIT {

    private static final String WAIT_MS =
            "select extract(epoch from due_at - clock_timestamp()) * 1000 from pgqueue.scheduled where subscription_id = ?";

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
    void theWaitGrowsByTheMultiplierUpToTheCap() throws SQLException {
        int subscription = sql.queue(
                "grows",
                "{\"max_attempts\":0,\"backoff_base_ms\":1000,\"backoff_max_ms\":50000,\"backoff_multiplier\":3,"
                        + "\"jitter_percent\":0}");
        sql.send("grows", "x");
        for (long expected : new long[] {1000, 3000, 9000, 27000, 50000, 50000}) {
            Held held = sql.receive(subscription, 1).get(0);
            assertThat(sql.nack(held, null)).isEqualTo("retry");
            assertThat(sql.number(WAIT_MS, subscription)).isBetween(expected - 900, expected);
            sql.makeDue(subscription);
        }
    }

    /** CON-11: an attempt that nobody answered was one too. */
    @Test
    void theWaitGrowsWithAttemptsThatEndedWithTheirLeaseAsWell() throws SQLException {
        int subscription = sql.queue(
                "crashed",
                "{\"max_attempts\":0,\"backoff_base_ms\":1000,\"backoff_multiplier\":3,\"jitter_percent\":0}");
        sql.send("crashed", "x");
        sql.receive(subscription, 1);
        sql.endLeases(subscription);
        sql.nack(sql.receive(subscription, 1).get(0), null);
        assertThat(sql.number(WAIT_MS, subscription)).isBetween(2100L, 3000L);
    }

    /** CON-15: neither a retry at once nor one that waits begins the time anew. */
    @Test
    void theTimeForRetriesCountsFromTheFirstFailure() throws SQLException {
        int subscription = sql.queue("deadline", "{\"max_attempts\":0,\"retry_timeout_ms\":7200000}");
        String anHourLater =
                "update pgqueue.delivery set first_failed_at = first_failed_at - interval '1 hour' where subscription_id = ?";
        sql.send("deadline", "x");
        assertThat(sql.nack(sql.receive(subscription, 1).get(0), 0L)).isEqualTo("retry");
        sql.run(anHourLater, subscription);
        assertThat(sql.nack(sql.receive(subscription, 1).get(0), 0L)).isEqualTo("retry");
        assertThat(sql.nack(sql.receive(subscription, 1).get(0), 60_000L)).isEqualTo("retry");
        sql.makeDue(subscription);
        Held last = sql.receive(subscription, 1).get(0);
        sql.run(anHourLater, subscription);
        assertThat(sql.nack(last, 0L)).isEqualTo("dead");
        assertThat(sql.value("select reason from pgqueue.dead_letter where subscription_id = ?", subscription))
                .isEqualTo("RETRY_TIMEOUT");
    }

    /** CON-8. */
    @Test
    void ofManyInOneCallEachDiesOfItsOwnReason() throws SQLException {
        int subscription = sql.queue("reasons", "{\"max_attempts\":3,\"retry_timeout_ms\":60000}");
        for (int i = 0; i < 3; i++) {
            sql.send("reasons", "x");
        }
        List<Held> held = sql.receive(subscription, 3);
        sql.run(
                "update pgqueue.delivery set attempts = 3 where position = ?",
                held.get(0).position());
        sql.run(
                "update pgqueue.delivery set first_failed_at = clock_timestamp() - interval '1 hour' where position = ?",
                held.get(2).position());
        String positions = held.stream().map(one -> "" + one.position()).collect(Collectors.joining(",", "{", "}"));
        assertThat(sql.column(
                        "select outcome from pgqueue.nack(?, ?, 4::smallint, ?::bigint[], '{1,1,1}') order by position",
                        held.get(0).slot(),
                        subscription,
                        positions))
                .containsExactly("dead", "retry", "dead");
        assertThat(sql.column(
                        "select reason from pgqueue.dead_letter where subscription_id = ? order by position",
                        subscription))
                .containsExactly("MAX_ATTEMPTS", "RETRY_TIMEOUT");
    }

    @Test
    void jitterStaysWithinItsPercentOfTheCap() throws SQLException {
        int subscription = sql.queue(
                "jitter",
                "{\"max_attempts\":0,\"backoff_base_ms\":100000,\"backoff_max_ms\":100000,\"jitter_percent\":50}");
        for (int i = 0; i < 200; i++) {
            sql.send("jitter", "x");
        }
        for (Held held : sql.receive(subscription, 200)) {
            sql.nack(held, null);
        }
        List<Object> waits = sql.column(
                "select (extract(epoch from due_at - clock_timestamp()) * 1000)::float8 from pgqueue.scheduled "
                        + "where subscription_id = ?",
                subscription);
        assertThat(waits)
                .hasSize(200)
                .allSatisfy(wait -> assertThat((Double) wait).isBetween(45_000.0, 150_000.0));
        assertThat(waits).anySatisfy(wait -> assertThat((Double) wait).isLessThan(85_000));
        assertThat(waits).anySatisfy(wait -> assertThat((Double) wait).isGreaterThan(115_000));
    }

    @Test
    void aDelayOfItsOwnIsTakenExactlyAndZeroMeansNow() throws SQLException {
        int subscription = sql.queue("own", "{\"jitter_percent\":50}");
        sql.send("own", "x");
        assertThat(sql.nack(sql.receive(subscription, 1).get(0), 0L)).isEqualTo("retry");
        Held again = sql.receive(subscription, 1).get(0);
        assertThat(again.attempts()).isEqualTo(2);
        assertThat(sql.nack(again, 77_000L)).isEqualTo("retry");
        assertThat(sql.number(WAIT_MS, subscription)).isBetween(76_000L, 77_000L);
        assertThat(sql.receive(subscription, 1)).isEmpty();
    }

    @Test
    void aMessageDiesWithTheLastFailedAttempt() throws SQLException {
        int subscription = sql.queue("dies", "{\"max_attempts\":3}");
        sql.send("dies", "x");
        for (int attempt = 1; attempt <= 3; attempt++) {
            Held held = sql.receive(subscription, 1).get(0);
            assertThat(held.attempts()).isEqualTo(attempt);
            assertThat(sql.nack(held, 0L)).isEqualTo(attempt < 3 ? "retry" : "dead");
        }
        assertThat(sql.receive(subscription, 1)).isEmpty();
        assertThat(deaths(subscription)).containsExactly("MAX_ATTEMPTS 3 broken true");
    }

    @Test
    void aCrashLoopIsBuriedByTheReceiveAfterItsLastAttempt() throws SQLException {
        int subscription = sql.queue("crash", "{\"max_attempts\":3}");
        sql.send("crash", "x");
        crash(subscription, 3);
        assertThat(sql.receive(subscription, 1)).isEmpty();
        assertThat(deaths(subscription))
                .singleElement()
                .asString()
                .startsWith("LEASE_EXPIRED 3 Lease ended without an answer");
    }

    @Test
    void aCrashLoopIsBuriedByMaintenanceWhenNobodyReceives() throws SQLException {
        int subscription = sql.queue("crash2", "{\"max_attempts\":2}");
        sql.send("crash2", "x");
        crash(subscription, 1);
        assertThat(sql.tidy().buried()).isZero();
        crash(subscription, 1);
        assertThat(sql.tidy().buried()).isEqualTo(1);
        assertThat(deaths(subscription)).singleElement().asString().startsWith("LEASE_EXPIRED 2");
    }

    @Test
    void crashesFailuresAndReleasesTogetherGiveExactlyTheAttemptsAllowed() throws SQLException {
        int subscription = sql.queue("mixed", "{\"max_attempts\":4}");
        sql.send("mixed", "x");
        int handedOut = 0;
        crash(subscription, 1);
        handedOut++;
        assertThat(sql.nack(sql.receive(subscription, 1).get(0), 60_000L)).isEqualTo("retry");
        handedOut++;
        sql.makeDue(subscription);
        sql.rotate();
        sql.release(sql.receive(subscription, 1).get(0));
        sql.ageRotation();
        sql.tidy();
        crash(subscription, 1);
        handedOut++;
        Held last = sql.receive(subscription, 1).get(0);
        handedOut++;
        assertThat(last.attempts()).isEqualTo(handedOut).isEqualTo(4);
        assertThat(sql.nack(last, null)).isEqualTo("dead");
    }

    @Test
    void withoutALimitNothingDies() throws SQLException {
        int subscription = sql.queue("endless", "{\"max_attempts\":0}");
        sql.send("endless", "x");
        crash(subscription, 12);
        assertThat(sql.tidy().buried()).isZero();
        assertThat(sql.receive(subscription, 1)).extracting(Held::attempts).containsExactly(13);
    }

    @Test
    void aCrashLoopBehindItsHeadDoesNotStopTheOthers() throws SQLException {
        int subscription = sql.queue("behind", "{\"max_attempts\":1}");
        for (int i = 0; i < 30; i++) {
            sql.send("behind", "x" + i);
        }
        sql.receive(subscription, 20);
        sql.endLeases(subscription);
        assertThat(sql.receive(subscription, 10))
                .hasSize(10)
                .extracting(Held::attempts)
                .containsOnly(1);
        assertThat(deaths(subscription)).hasSize(20);
    }

    @ParameterizedTest
    @ValueSource(longs = {-1, 31_622_400_001L, Long.MAX_VALUE})
    void aDelayOutOfRangeIsRefused(long delayMs) throws SQLException {
        int subscription = sql.queue("range" + delayMs, "{}");
        sql.send("range" + delayMs, "x");
        Held held = sql.receive(subscription, 1).get(0);
        assertThatThrownBy(() -> sql.nack(held, delayMs)).hasMessageContaining("must be 0 to 31622400000");
        assertThat(sql.ack(held)).isTrue();
    }

    /** The receive stands still between looking at the rules and putting away what they do not allow. */
    @Test
    void rulesThatChangeDuringAReceiveLeaveNothingLeasedUnseen(DataSource dataSource) throws Exception {
        int subscription = sql.queue("changing", "{\"max_attempts\":1}");
        sql.send("changing", "x");
        crash(subscription, 1);
        try (Sql other = new Sql(dataSource);
                Race race = new Race(new Sql(dataSource), sql)) {
            other.connection().setAutoCommit(false);
            other.run("select pg_advisory_xact_lock(hashtext('pgqueue groups pgqueue'), ?)", subscription);
            CompletableFuture<Object> received = race.untilItWaits(session -> session.value(
                    "select count(*) from pgqueue.receive(?, 10, p_floors => array_fill(0, array[10])::bigint[], "
                            + "p_after_group => '')",
                    subscription));
            sql.run("select pgqueue.alter_subscription(?, '{\"max_attempts\":5}')", subscription);
            other.connection().commit();
            assertThat(received.get(10, TimeUnit.SECONDS)).isEqualTo(0L);
        }
        assertThat(sql.number("select count(*) from pgqueue.delivery where subscription_id = ?", subscription))
                .as("put away by the rules it was claimed under")
                .isZero();
        assertThat(deaths(subscription)).hasSize(1);
    }

    private void crash(int subscription, int times) throws SQLException {
        for (int i = 0; i < times; i++) {
            assertThat(sql.receive(subscription, 1)).hasSize(1);
            sql.endLeases(subscription);
        }
    }

    private List<Object> deaths(int subscription) throws SQLException {
        return sql.column(
                "select reason || ' ' || attempts || ' ' || error || ' ' || (first_failed_at is not null) "
                        + "from pgqueue.dead_letter where subscription_id = ?",
                subscription);
    }
}
