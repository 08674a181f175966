// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.store;

import io.pgqueue.Delivery;
import io.pgqueue.Lease;
import io.pgqueue.LeaseWatch;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** {@code R__receive.sql}. Safe for use by several threads. */
public final class ReceiveFunctions {

    /** All columns of both functions, in their order: so the server hands over the functions' rows as they are. */
    private static final String LEASED = "slot, position, priority, epoch, attempts, replays, lease_until, floors, "
            + "message_id, sent_at, expires_at, group_key, correlation_id, reply_to, type, "
            + "content_type, properties, body, tracked";

    private static final String RECEIVE =
            "select " + LEASED + " from %s.receive(?, ?, ?, ?, ?, ?, ?::jsonpath, p_after_group => ?, p_holder => ?, "
                    + "p_tell_ended => true)";
    private static final String POP =
            "select " + LEASED + " from %s.pop(?, ?, ?, ?, ?, ?::jsonpath, p_after_group => ?, p_tell_ended => true)";
    private static final String HOLD_AS = "select %s.hold_as(?)";
    private static final String READY = "select %s.ready(?)";

    private final SqlFunction receive;
    private final SqlFunction ackAndReceive;
    private final SqlFunction pop;
    private final SqlFunction holdAs;
    private final SqlFunction ready;

    public ReceiveFunctions(SchemaFunctions functions) {
        this.receive = functions.function(RECEIVE);
        this.ackAndReceive = functions.function(SettleFunctions.ACK).and(receive);
        this.pop = functions.function(POP);
        this.holdAs = functions.function(HOLD_AS);
        this.ready = functions.function(READY);
    }

    /**
     * How to look.
     *
     * @param max most deliveries to lease
     * @param lease how long to hold them, null for the subscription's own time
     * @param maxBytes most bytes of bodies, exceeded only by a single first one
     * @param floors lowest position to look at for each priority 0 to 9, null where that priority is not in use; null as a
     *     whole for a discovery
     * @param dueWithin look only for scheduled ones that became due within this time, null for all and in every slot
     * @param filter jsonpath over properties and headers, null for everything
     * @param afterGroup the group whose turn it was last, or at which the last search ended, empty for none; null when no
     *     group is to get a turn
     */
    public record Fetch(
            int max,
            @Nullable Duration lease,
            long maxBytes,
            @Nullable Long @Nullable [] floors,
            @Nullable Duration dueWithin,
            @Nullable String filter,
            @Nullable String afterGroup) {

        /** The same search, from where it ended early; groups had their turn. */
        public Fetch from(@Nullable Long @Nullable [] reached) {
            return new Fetch(max, lease, maxBytes, reached, dueWithin, filter, null);
        }
    }

    /**
     * What was leased.
     *
     * @param deliveries in delivery order
     * @param floors how far was looked, as {@link Fetch#floors}: known with a filter, and after a discovery that found
     *     something, which tells the priorities in use; else null. There is an eleventh, not null, when there are groups
     * @param more whether a fetch with a filter ended before it had looked at everything
     * @param lookedTo the group at which the search for groups whose turn is free ended, because so many wait for a retry
     *     of their head; null when it saw all or found enough
     * @param ended whether tracked deliveries were put away, for whose outcome somebody may wait
     */
    public record Leased(
            List<Delivery> deliveries,
            @Nullable Long @Nullable [] floors,
            boolean more,
            @Nullable String lookedTo,
            boolean ended) {}

    /**
     * @param holder who leases, a number that {@link #holdAs} gave
     * @param watch who learns when one of the leases is lost
     */
    public Leased receive(
            Connection connection,
            int subscription,
            String name,
            String destination,
            Fetch fetch,
            int holder,
            LeaseWatch watch)
            throws SQLException {
        try (PreparedStatement call = receive.prepare(connection)) {
            bind(connection, call, 1, subscription, fetch, holder);
            try (ResultSet row = receive.call(call)) {
                return leased(row, subscription, name, destination, watch);
            }
        }
    }

    private static void bind(
            Connection connection, PreparedStatement call, int from, int subscription, Fetch fetch, int holder)
            throws SQLException {
        call.setInt(from, subscription);
        call.setInt(from + 1, fetch.max());
        Rows.setMillis(call, from + 2, fetch.lease());
        bindSearch(connection, call, from + 3, fetch);
        call.setInt(from + 8, holder);
    }

    /**
     * What was acked, and what was leased.
     *
     * @param acked positions
     */
    public record Turn(Set<Long> acked, Leased leased) {}

    /**
     * {@link SettleFunctions#ack(Connection, List)}, then {@link #receive}, in one round trip and with one commit.
     *
     * @param samePlace deliveries of one slot, subscription and priority
     */
    public Turn ackAndReceive(
            Connection connection,
            Collection<Delivery> samePlace,
            int subscription,
            String name,
            String destination,
            Fetch fetch,
            int holder,
            LeaseWatch watch)
            throws SQLException {
        try (PreparedStatement call = ackAndReceive.prepare(connection)) {
            SettleFunctions.bind(call, samePlace);
            bind(connection, call, 6, subscription, fetch, holder);
            Set<Long> acked;
            try (ResultSet row = ackAndReceive.call(call, samePlace.size())) {
                acked = SettleFunctions.positions(row);
            }
            call.getMoreResults();
            try (ResultSet row = call.getResultSet()) {
                return new Turn(acked, leased(row, subscription, name, destination, watch));
            }
        }
    }

    /** As {@link #receive}, and acked at once, in the same transaction. */
    public Leased pop(Connection connection, int subscription, String name, String destination, Fetch fetch)
            throws SQLException {
        try (PreparedStatement call = pop.prepare(connection)) {
            call.setInt(1, subscription);
            call.setInt(2, fetch.max());
            bindSearch(connection, call, 3, fetch);
            try (ResultSet row = pop.call(call)) {
                return leased(row, subscription, name, destination, LeaseWatch.NONE);
            }
        }
    }

    /** The number for the name of a consumer. */
    public int holdAs(Connection connection, String name) throws SQLException {
        try (PreparedStatement call = holdAs.prepare(connection)) {
            call.setString(1, name);
            try (ResultSet row = holdAs.call(call)) {
                row.next();
                return row.getInt(1);
            }
        }
    }

    private static void bindSearch(Connection connection, PreparedStatement call, int from, Fetch fetch)
            throws SQLException {
        call.setLong(from, fetch.maxBytes());
        if (fetch.floors() == null) {
            // Without its type the driver asks for types, sees that answers have no bound, and from then on waits for
            // the acks of a turn, a commit and a round trip of their own, before it sends the fetch.
            call.setNull(from + 1, Types.ARRAY, "_int8");
        } else {
            call.setArray(from + 1, connection.createArrayOf("bigint", fetch.floors()));
        }
        Rows.setMillis(call, from + 2, fetch.dueWithin());
        call.setString(from + 3, fetch.filter());
        call.setString(from + 4, fetch.afterGroup());
    }

    private static Leased leased(ResultSet row, int subscription, String name, String destination, LeaseWatch watch)
            throws SQLException {
        List<Delivery> deliveries = new ArrayList<>();
        @Nullable Long @Nullable [] floors = null;
        boolean more = false;
        boolean ended = false;
        String lookedTo = null;
        Instant until = null;
        while (row.next()) {
            int slot = row.getInt(1);
            if (row.wasNull()) {
                floors = floors(row);
                more = row.getObject("position") != null;
                lookedTo = row.getString("group_key");
                ended = row.getBoolean("tracked");
                break;
            }
            if (until == null) {
                until = Rows.requiredInstant(row, "lease_until");
                floors = floors(row);
            }
            deliveries.add(delivery(row, slot, subscription, name, destination, until, watch));
        }
        return new Leased(deliveries, floors, more, lookedTo, ended);
    }

    /** Those of the given subscriptions that have something to lease. */
    public List<Integer> ready(Connection connection, Collection<Integer> subscriptions) throws SQLException {
        try (PreparedStatement call = ready.prepare(connection)) {
            call.setArray(1, connection.createArrayOf("integer", subscriptions.toArray()));
            try (ResultSet row = ready.call(call, subscriptions.size())) {
                row.next();
                return List.of((Integer[]) row.getArray(1).getArray());
            }
        }
    }

    private static @Nullable Long @Nullable [] floors(ResultSet row) throws SQLException {
        Array floors = row.getArray("floors");
        return floors == null ? null : (@Nullable Long[]) floors.getArray();
    }

    /** By column number, because this runs for every message; the order is that of {@link #LEASED}. */
    private static Delivery delivery(
            ResultSet row, int slot, int subscription, String name, String destination, Instant until, LeaseWatch watch)
            throws SQLException {
        int priority = row.getInt(3);
        Lease lease = new Lease(
                slot, subscription, priority, row.getLong(2), row.getInt(4), until, row.getBoolean(19), watch);
        Delivery.Headers headers = new Delivery.Headers(
                Rows.requiredInstant(row, 10),
                Rows.instant(row, 11),
                priority,
                row.getString(16),
                row.getString(12),
                row.getString(13),
                row.getString(14),
                row.getString(15));
        return new Delivery(
                row.getObject(9, UUID.class),
                destination,
                name,
                row.getBytes(18),
                PropertiesCodec.decode(row.getString(17)),
                headers,
                row.getInt(5),
                row.getInt(6),
                lease);
    }
}
