// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.store;

import io.pgqueue.Delivery;
import io.pgqueue.Lease;
import io.pgqueue.SchemaName;
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
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** {@code R__receive.sql}. Safe for use by several threads. */
public final class ReceiveFunctions {

    private static final String RECEIVE = "select * from %s.receive(?, ?, ?, ?, ?, ?, ?::jsonpath)";
    private static final String READY = "select %s.ready(?)";

    private final String receive;
    private final String ready;

    public ReceiveFunctions(SchemaName schema) {
        this.receive = RECEIVE.formatted(schema);
        this.ready = READY.formatted(schema);
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
     */
    public record Fetch(
            int max,
            @Nullable Duration lease,
            long maxBytes,
            @Nullable Long @Nullable [] floors,
            @Nullable Duration dueWithin,
            @Nullable String filter) {

        /** The same search, from where it ended early. */
        public Fetch from(@Nullable Long @Nullable [] reached) {
            return new Fetch(max, lease, maxBytes, reached, dueWithin, filter);
        }
    }

    /**
     * What was leased.
     *
     * @param deliveries in delivery order
     * @param floors how far was looked, as {@link Fetch#floors}: known with a filter, and after a discovery that found
     *     something, which tells the priorities in use; else null
     * @param more whether a fetch with a filter ended before it had looked at everything
     */
    public record Leased(
            List<Delivery> deliveries, @Nullable Long @Nullable [] floors, boolean more) {}

    public Leased receive(Connection connection, int subscription, String name, String destination, Fetch fetch)
            throws SQLException {
        try (PreparedStatement call = connection.prepareStatement(receive)) {
            call.setInt(1, subscription);
            call.setInt(2, fetch.max());
            Rows.setMillis(call, 3, fetch.lease());
            call.setLong(4, fetch.maxBytes());
            if (fetch.floors() == null) {
                call.setNull(5, Types.ARRAY);
            } else {
                call.setArray(5, connection.createArrayOf("bigint", fetch.floors()));
            }
            Rows.setMillis(call, 6, fetch.dueWithin());
            call.setString(7, fetch.filter());
            try (ResultSet row = call.executeQuery()) {
                List<Delivery> deliveries = new ArrayList<>();
                @Nullable Long @Nullable [] floors = null;
                boolean more = false;
                Instant until = null;
                while (row.next()) {
                    if (fetch.filter() != null && row.getObject("message_id") == null) {
                        floors = floors(row);
                        more = row.getObject("position") != null;
                        break;
                    }
                    if (until == null) {
                        until = Rows.requiredInstant(row, "lease_until");
                        floors = floors(row);
                    }
                    deliveries.add(delivery(row, subscription, name, destination, until));
                }
                return new Leased(deliveries, floors, more);
            }
        }
    }

    /** Those of the given subscriptions that have something to lease. */
    public List<Integer> ready(Connection connection, Collection<Integer> subscriptions) throws SQLException {
        try (PreparedStatement call = connection.prepareStatement(ready)) {
            call.setArray(1, connection.createArrayOf("integer", subscriptions.toArray()));
            try (ResultSet row = call.executeQuery()) {
                row.next();
                return List.of((Integer[]) row.getArray(1).getArray());
            }
        }
    }

    private static @Nullable Long @Nullable [] floors(ResultSet row) throws SQLException {
        Array floors = row.getArray("floors");
        return floors == null ? null : (@Nullable Long[]) floors.getArray();
    }

    /** By column number, because this runs for every message; the order is that of the function's result. */
    private static Delivery delivery(ResultSet row, int subscription, String name, String destination, Instant until)
            throws SQLException {
        int priority = row.getInt(3);
        Lease lease = new Lease(row.getInt(1), subscription, priority, row.getLong(2), row.getInt(4), until);
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
