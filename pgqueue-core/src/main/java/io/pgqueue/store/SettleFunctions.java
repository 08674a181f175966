// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.store;

import io.pgqueue.Delivery;
import io.pgqueue.Failure;
import io.pgqueue.Lease;
import io.pgqueue.NackResult;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * {@code R__settle.sql}. Every call settles deliveries of one slot, subscription and priority, in the order of position, which
 * is the lock order. Safe for use by several threads.
 */
public final class SettleFunctions {

    private static final String ACK_ONE = "select %s.ack(?, ?, ?, ?::bigint, ?)";
    static final String ACK = "select %s.ack(?, ?, ?, ?::bigint[], ?::integer[])";
    private static final String NACK =
            "select position, available_at from %s.nack(?, ?, ?, ?::bigint[], ?::integer[], ?, ?, ?, ?, ?)";
    private static final String SNOOZE = "select %s.snooze(?, ?, ?, ?::bigint[], ?::integer[], ?)";
    private static final String EXTEND = "select position, busy from %s.extend(?, ?, ?, ?::bigint[], ?::integer[], ?)";
    private static final String STILL_HELD = "select %s.still_held(?, ?, ?, ?::bigint[], ?::integer[])";
    private static final String RELEASE = "select %s.release(?, ?, ?, ?::bigint[], ?::integer[])";

    private final SqlFunction ackOne;
    private final SqlFunction ack;
    private final SqlFunction nack;
    private final SqlFunction snooze;
    private final SqlFunction extend;
    private final SqlFunction stillHeld;
    private final SqlFunction release;

    public SettleFunctions(SchemaFunctions functions) {
        this.ackOne = functions.function(ACK_ONE);
        this.ack = functions.function(ACK);
        this.nack = functions.function(NACK);
        this.snooze = functions.function(SNOOZE);
        this.extend = functions.function(EXTEND);
        this.stillHeld = functions.function(STILL_HELD);
        this.release = functions.function(RELEASE);
    }

    /** False when it was no longer ours. */
    public boolean ack(Connection connection, Delivery delivery) throws SQLException {
        Lease lease = delivery.lease();
        try (PreparedStatement call = ackOne.prepare(connection)) {
            call.setInt(1, lease.slot());
            call.setInt(2, lease.subscriptionId());
            call.setShort(3, (short) lease.priority());
            call.setLong(4, lease.position());
            call.setInt(5, lease.epoch());
            try (ResultSet row = ackOne.call(call)) {
                row.next();
                return row.getBoolean(1);
            }
        }
    }

    /** The positions that were still ours. */
    public Set<Long> ack(Connection connection, List<Delivery> samePlace) throws SQLException {
        return settle(connection, ack, samePlace, null);
    }

    /** The positions that were still ours. */
    public Set<Long> snooze(Connection connection, List<Delivery> samePlace, Duration delay) throws SQLException {
        return settle(connection, snooze, samePlace, delay);
    }

    /**
     * The positions that are still ours; true for those that were not extended because a transaction that has not ended
     * is settling them.
     */
    public Map<Long, Boolean> extend(Connection connection, List<Delivery> samePlace, Duration lease)
            throws SQLException {
        try (PreparedStatement call = extend.prepare(connection)) {
            bind(call, samePlace);
            Rows.setMillis(call, 6, lease);
            try (ResultSet row = extend.call(call, samePlace.size())) {
                Map<Long, Boolean> busy = new HashMap<>();
                while (row.next()) {
                    busy.put(row.getLong("position"), row.getBoolean("busy"));
                }
                return busy;
            }
        }
    }

    /** The positions that are still ours; changes nothing. */
    public Set<Long> stillHeld(Connection connection, List<Delivery> samePlace) throws SQLException {
        return settle(connection, stillHeld, samePlace, null);
    }

    /** The positions that were still ours. */
    public Set<Long> release(Connection connection, List<Delivery> samePlace) throws SQLException {
        return settle(connection, release, samePlace, null);
    }

    /** What became of those that were still ours, by position. */
    public Map<Long, NackResult> nack(
            Connection connection,
            List<Delivery> samePlace,
            @Nullable Duration delay,
            @Nullable String reason,
            Failure failure)
            throws SQLException {
        try (PreparedStatement call = nack.prepare(connection)) {
            bind(call, samePlace);
            Rows.setMillis(call, 6, delay);
            call.setString(7, reason);
            call.setString(8, failure.errorClass());
            call.setString(9, failure.message());
            call.setString(10, failure.stack());
            try (ResultSet row = nack.call(call, samePlace.size())) {
                Map<Long, NackResult> results = new HashMap<>();
                while (row.next()) {
                    Instant at = Rows.instant(row, "available_at");
                    results.put(
                            row.getLong("position"),
                            new NackResult(at == null ? NackResult.Outcome.DEAD : NackResult.Outcome.RETRY, at));
                }
                return results;
            }
        }
    }

    private static Set<Long> settle(
            Connection connection, SqlFunction function, List<Delivery> samePlace, @Nullable Duration time)
            throws SQLException {
        try (PreparedStatement call = function.prepare(connection)) {
            bind(call, samePlace);
            if (time != null) {
                Rows.setMillis(call, 6, time);
            }
            try (ResultSet row = function.call(call, samePlace.size())) {
                return positions(row);
            }
        }
    }

    static Set<Long> positions(ResultSet row) throws SQLException {
        row.next();
        return new HashSet<>(Arrays.asList((Long[]) row.getArray(1).getArray()));
    }

    static void bind(PreparedStatement call, Collection<Delivery> samePlace) throws SQLException {
        List<Lease> leases = samePlace.stream()
                .map(Delivery::lease)
                .sorted(Comparator.comparingLong(Lease::position))
                .toList();
        call.setInt(1, leases.get(0).slot());
        call.setInt(2, leases.get(0).subscriptionId());
        call.setShort(3, (short) leases.get(0).priority());
        // Arrays of primitives, which the driver sends as they are; arrays of objects as text.
        call.setObject(4, leases.stream().mapToLong(Lease::position).toArray());
        call.setObject(5, leases.stream().mapToInt(Lease::epoch).toArray());
    }
}
