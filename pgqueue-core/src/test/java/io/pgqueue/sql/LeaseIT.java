// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgqueue.sql.Sql.Held;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@PostgresTest(template = MigratedSchema.class)
class LeaseIT {

    private static int names;

    private DataSource dataSource;
    private Sql sql;
    private String queue;
    private int subscription;
    private int destination;

    @BeforeEach
    void open(DataSource given) throws SQLException {
        dataSource = given;
        sql = new Sql(given);
        queue = "lease" + names++;
        subscription = sql.queue(queue, "{}");
        destination = sql.destination(queue);
    }

    @AfterEach
    void close() throws SQLException {
        sql.close();
    }

    @Test
    void aLeaseThatEndsGivesTheDeliveryBackWithOneMoreAttempt() throws SQLException {
        sql.publish(destination, 4);
        Held first = one();
        assertThat(sql.receive(subscription, 10)).isEmpty();
        sql.endLeases(subscription);
        Held second = one();
        assertThat(second.attempts()).isEqualTo(2);
        assertThat(second.epoch()).isGreaterThan(first.epoch());
        assertThat(sql.ack(first)).isFalse();
        assertThat(sql.ack(second)).isTrue();
    }

    @Test
    void theEpochDecidesAndNotTheClock() throws SQLException {
        sql.publish(destination, 4);
        Held held = one();
        sql.endLeases(subscription);
        assertThat(sql.ack(held)).isTrue();
    }

    /** A drop leaves alone what a fetch is just taking; without a subscription there is no backoff to wait for. */
    @Test
    void whatWasLeasedWhileItsQueueWasDroppedIsStale() throws SQLException {
        sql.publish(destination, 4);
        sql.connection().setAutoCommit(false);
        Held held = one();
        try (Sql other = new Sql(dataSource)) {
            other.run("select pgqueue.drop_destination(?, true)", queue);
        }
        sql.connection().commit();
        sql.connection().setAutoCommit(true);
        assertThat(sql.nack(held, null)).isNull();
        assertThat(sql.nack(held, 0L)).isNull();
    }

    @Test
    void anOldEpochCanDoNothing() throws SQLException {
        sql.publish(destination, 4);
        Held old = one();
        sql.endLeases(subscription);
        Held now = one();
        for (Held stale : List.of(old, now.withEpoch(now.epoch() + 1), now.withEpoch(0))) {
            assertThat(sql.ack(stale)).isFalse();
            assertThat(sql.ackAll(List.of(stale))).isEmpty();
            assertThat(sql.nack(stale, 0L)).isNull();
            assertThat(sql.nack(stale, null)).isNull();
            assertThat(sql.extend(stale, 60_000)).isFalse();
            assertThat(sql.release(stale)).isFalse();
            assertThat(sql.snooze(stale, 60_000)).isFalse();
            assertThat(sql.snooze(stale, 0)).isFalse();
        }
        assertThat(sql.ackAll(List.of(now))).containsExactly(now.position());
    }

    @Test
    void givingBackMovesTheEpochOn() throws SQLException {
        sql.publish(destination, 4);
        Held released = one();
        assertThat(sql.release(released)).isTrue();
        assertThat(sql.ack(released)).isFalse();
        Held nacked = one();
        assertThat(nacked.epoch()).isGreaterThan(released.epoch() + 1);
        assertThat(sql.nack(nacked, 0L)).isEqualTo("retry");
        assertThat(sql.ack(nacked)).isFalse();
        Held backedOff = one();
        assertThat(sql.nack(backedOff, 60_000L)).isEqualTo("retry");
        sql.makeDue(subscription);
        assertThat(one().epoch()).isGreaterThan(backedOff.epoch() + 1);
    }

    @Test
    void oneStaleEntryDoesNotFailTheOthers() throws SQLException {
        sql.publish(destination, 4);
        sql.publish(destination, 4);
        List<Held> held = sql.receive(subscription, 2);
        Held stale = held.get(0).withEpoch(77);
        assertThat(sql.ackAll(List.of(stale, held.get(1))))
                .containsExactly(held.get(1).position());
    }

    /** The arrays belong in the order of position; in another one nothing may be settled by the epoch of another delivery. */
    @Test
    void noDeliveryIsSettledByTheEpochOfAnother() throws SQLException {
        for (int i = 0; i < 4; i++) {
            sql.publish(destination, 4);
        }
        sql.receive(subscription, 4);
        sql.endLeases(subscription);
        List<Held> held = sql.receive(subscription, 4);
        Held third = held.get(2);
        assertThat(third.epoch()).isEqualTo(2);
        sql.value(
                "select pgqueue.ack(?, ?, 4::smallint, array[?, ?, ?, ?]::bigint[], '{1,1,2,1}')",
                third.slot(),
                subscription,
                held.get(0).position(),
                third.position(),
                held.get(1).position(),
                held.get(3).position());
        assertThat(sql.ack(third)).isTrue();
    }

    /** Where all epochs are the same they are compared at once: for a delivery leased again, and one without any, too. */
    @Test
    void anEpochThatManyShareSettlesNoneOfAnother() throws SQLException {
        for (int i = 0; i < 4; i++) {
            sql.publish(destination, 4);
        }
        List<Held> held = sql.receive(subscription, 4);
        Long[] positions = held.stream().map(Held::position).toArray(Long[]::new);
        Held third = held.get(2);
        assertThat(sql.release(third)).isTrue();
        assertThat(one().position()).isEqualTo(third.position());
        String ack = "select unnest(pgqueue.ack(?, ?, 4::smallint, ?::bigint[], ?::integer[])) order by 1";
        assertThat(sql.column(ack, third.slot(), subscription, positions, new Integer[] {1}))
                .as("an epoch for the first only")
                .containsExactly(positions[0]);
        assertThat(sql.column(ack, third.slot(), subscription, positions, new Integer[] {1, 1, 1, 1}))
                .containsExactly(positions[1], positions[3]);
        assertThat(sql.column(ack, third.slot(), subscription, positions, new Integer[] {null, null, null, null}))
                .isEmpty();
        assertThat(sql.column(ack, third.slot(), subscription, positions, new Integer[] {3, 3, 3, 3}))
                .as("released and leased again, the epoch moved on twice")
                .containsExactly(third.position());
    }

    @Test
    void aReleaseGivesTheAttemptBack() throws SQLException {
        sql.publish(destination, 4);
        for (int i = 0; i < 8; i++) {
            Held held = one();
            assertThat(held.attempts()).isEqualTo(1);
            assertThat(sql.release(held)).isTrue();
        }
    }

    @Test
    void anExtensionCountsFromNow() throws SQLException {
        sql.publish(destination, 4);
        Held held = one();
        assertThat(sql.extend(held, 3_600_000)).isTrue();
        assertThat(sql.number(
                        "select extract(epoch from lease_until - clock_timestamp()) from pgqueue.delivery "
                                + "where subscription_id = ?",
                        subscription))
                .isBetween(3_590L, 3_600L);
        assertThat(sql.ack(held)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -1, 999, 43_200_001})
    void aLeaseOutOfRangeIsRefused(long leaseMs) throws SQLException {
        sql.publish(destination, 4);
        sql.publish(destination, 4);
        assertThatThrownBy(() -> sql.run("select * from pgqueue.receive(?, 2, ?)", subscription, leaseMs))
                .hasMessageContaining("lease");
        Held held = sql.receive(subscription, 1).get(0);
        assertThatThrownBy(() -> sql.extend(held, leaseMs)).hasMessageContaining("lease");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, 1001})
    void aBatchSizeOutOfRangeIsRefused(int max) {
        assertThatThrownBy(() -> sql.receive(subscription, max)).hasMessageContaining("must be 1 to 1000");
    }

    @Test
    void aPausedSubscriptionGivesNothingAndTakesEverything() throws SQLException {
        sql.publish(destination, 4);
        Held held = one();
        sql.run("select pgqueue.set_paused(?, true)", subscription);
        sql.publish(destination, 4);
        assertThat(sql.receive(subscription, 10)).isEmpty();
        assertThat(sql.ack(held)).isTrue();
        sql.run("select pgqueue.set_paused(?, false)", subscription);
        assertThat(sql.receive(subscription, 10)).hasSize(1);
    }

    /** FIL-11. */
    @Test
    void aFilterLeasesWhatItSelectsAndLeavesTheRest() throws SQLException {
        for (int i = 0; i < 6; i++) {
            sql.run("select pgqueue.publish(?, 'x', jsonb_build_object('n', ?::integer))", queue, i);
        }
        List<Held> even = sql.receive(subscription, 10, "$.n == 0 || $.n == 2 || $.n == 4", true);
        assertThat(even).hasSize(3);
        assertThat(sql.receive(subscription, 10, "$.none == 1", true)).isEmpty();
        List<Held> odd = sql.receive(subscription, 10);
        assertThat(odd).hasSize(3).extracting(Held::attempts).containsOnly(1);
        sql.ackAllOf(even);
        sql.ackAllOf(odd);
        assertThat(sql.number("select ready + leased from pgqueue.stats(?)", subscription))
                .isZero();
    }

    /** CON-22. */
    @Test
    void browsingShowsEveryStateAndTakesNothing() throws SQLException {
        for (int i = 0; i < 3; i++) {
            sql.publish(destination, 4);
        }
        sql.run("select pgqueue.publish(?, 'x', delay => interval '1 hour')", queue);
        Held leased = sql.receive(subscription, 1).get(0);
        sql.nack(sql.receive(subscription, 1).get(0), 60_000L);
        String states = "select state from pgqueue.browse(?)";
        assertThat(sql.column(states, subscription))
                .containsExactlyInAnyOrder("leased", "ready", "retrying", "delayed");
        assertThat(sql.column(states, subscription)).as("again").hasSize(4);
        assertThat(sql.column("select message_id from pgqueue.browse(?, p_states => '{leased}')", subscription))
                .containsExactly(leased.id());
        assertThat(sql.column("select body from pgqueue.browse(?)", subscription))
                .containsOnlyNulls();
        assertThat(sql.ack(leased)).isTrue();
        assertThat(sql.receive(subscription, 10)).extracting(Held::attempts).containsExactly(1);
    }

    @Test
    void aFetchIsBoundedByBytesButAlwaysTakesOne() throws SQLException {
        for (int i = 0; i < 10; i++) {
            sql.publish(destination, i < 5 ? 9 : 4, new byte[100]);
        }
        assertThat(sql.receive(subscription, 10, 350, null)).hasSize(3);
        assertThat(sql.receive(subscription, 10, 1, null)).hasSize(1);
        assertThat(sql.receive(subscription, 10, 200, null)).hasSize(2);
        assertThat(sql.receive(subscription, 10, 400, null)).hasSize(4);
        assertThat(sql.receive(subscription, 10)).isEmpty();
        sql.endLeases(subscription);
        assertThat(sql.receive(subscription, 10, 1 << 20, null)).hasSize(10);
    }

    @Test
    void anExpiredLargeMessageDoesNotHideTheNextOne() throws SQLException {
        sql.run(
                "select pgqueue.publish(?, convert_to(repeat('x', 1000), 'UTF8'), time_to_live => interval '1 hour')",
                queue);
        sql.run(
                "update pgqueue.message set expires_at = clock_timestamp() - interval '1 second' where destination_id = ?",
                destination);
        long position = sql.publish(destination, 4, new byte[1000]);
        assertThat(sql.receive(subscription, 10, 1000, null))
                .extracting(Held::position)
                .containsExactly(position);
    }

    @Test
    void bodiesOfEverySizeComeBackAsTheyWere() throws SQLException {
        sql.run("update pgqueue.destination set max_body_bytes = 67108864 where id = ?", destination);
        byte[] largest = new byte[64 * 1024 * 1024];
        largest[largest.length - 1] = 7;
        sql.publish(destination, 9, largest);
        sql.publish(destination, 5, new byte[0]);
        sql.publish(destination, 1, null);
        Held large = sql.receive(subscription, 10, 4 << 20, null).get(0);
        assertThat(Arrays.equals(large.body(), largest)).isTrue();
        List<Held> others = sql.receive(subscription, 10, 4 << 20, null);
        assertThat(others.get(0).body()).isEmpty();
        assertThat(others.get(1).body()).isNull();
        assertThatThrownBy(() -> sql.publish(destination, 4, new byte[64 * 1024 * 1024 + 1]))
                .hasMessageContaining("67108865 bytes, the destination takes at most 67108864");
    }

    @Test
    void aSubscriptionThatDoesNotExistIsAnError() {
        assertThatThrownBy(() -> sql.receive(4711, 1)).hasMessageContaining("There is no subscription '#4711'");
    }

    private Held one() throws SQLException {
        List<Held> held = sql.receive(subscription, 10);
        assertThat(held).hasSize(1);
        return held.get(0);
    }
}
