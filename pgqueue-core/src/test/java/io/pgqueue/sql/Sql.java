// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.sql;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;

/** One session that calls the SQL functions directly, as a client in another language would. */
public final class Sql implements AutoCloseable {

    private static final String RECEIVE =
            "select slot, position, priority, epoch, attempts, replays, message_id, body from pgqueue.receive(?, ?, "
                    + "p_max_bytes => ?, p_floors => ?";

    private final Connection connection;

    public Sql(DataSource dataSource) throws SQLException {
        this.connection = dataSource.getConnection();
    }

    public Connection connection() {
        return connection;
    }

    /** What receive() returned of a delivery, by which it is settled. */
    public record Held(
            int slot,
            int subscription,
            int priority,
            long position,
            int epoch,
            int attempts,
            int replays,
            UUID id,
            byte[] body) {

        Held withEpoch(int other) {
            return new Held(slot, subscription, priority, position, other, attempts, replays, id, body);
        }
    }

    /** What maintain() did; -1 for null. */
    public record Pass(boolean leader, int rotated, int reclaimed, int carried, int buried) {}

    public int run(String sql, Object... arguments) throws SQLException {
        try (PreparedStatement statement = prepare(sql, arguments)) {
            return statement.execute() ? -1 : statement.getUpdateCount();
        }
    }

    public List<Object> column(String sql, Object... arguments) throws SQLException {
        try (PreparedStatement statement = prepare(sql, arguments);
                ResultSet row = statement.executeQuery()) {
            List<Object> values = new ArrayList<>();
            while (row.next()) {
                values.add(row.getObject(1));
            }
            return values;
        }
    }

    public Object value(String sql, Object... arguments) throws SQLException {
        List<Object> values = column(sql, arguments);
        return values.isEmpty() ? null : values.get(0);
    }

    public long number(String sql, Object... arguments) throws SQLException {
        return ((Number) value(sql, arguments)).longValue();
    }

    /** Creates a queue and returns the id of its subscription. */
    public int queue(String name, String settings) throws SQLException {
        run("select pgqueue.create_queue(?, ?::jsonb)", name, settings);
        return subscription(name);
    }

    public int subscription(String name) throws SQLException {
        return (int) number("select id from pgqueue.subscription where name = ?", name);
    }

    public int destination(String name) throws SQLException {
        return (int) number("select id from pgqueue.destination where name = ?", name);
    }

    public UUID send(String destination, String body) throws SQLException {
        return (UUID) value("select published_id from pgqueue.publish(?, convert_to(?, 'UTF8'))", destination, body);
    }

    public long publish(int destination, int priority, byte[] body) throws SQLException {
        return number(
                "select p_position from pgqueue.publish_message(?, gen_random_uuid(), ?, null, ?::smallint, null, null, null, "
                        + "null, null, null, null, null)",
                destination,
                body,
                priority);
    }

    public long publish(int destination, int priority) throws SQLException {
        return publish(destination, priority, new byte[] {(byte) priority});
    }

    /** A discovery: looks everywhere. */
    public List<Held> receive(int subscription, int max) throws SQLException {
        return receive(subscription, max, 1L << 40, null);
    }

    public List<Held> receive(int subscription, int max, long maxBytes, Long[] floors) throws SQLException {
        try (PreparedStatement statement = prepare(
                        RECEIVE + ")",
                        subscription,
                        max,
                        maxBytes,
                        floors == null ? null : connection.createArrayOf("bigint", floors));
                ResultSet row = statement.executeQuery()) {
            return received(subscription, row);
        }
    }

    /** With a selector as jsonpath, null for none; all: a discovery, else only where the ring says there may be something. */
    public List<Held> receive(int subscription, int max, String filter, boolean all) throws SQLException {
        try (PreparedStatement statement = prepare(
                        RECEIVE + ", p_filter => ?::jsonpath)",
                        subscription,
                        max,
                        1L << 40,
                        all
                                ? null
                                : connection.createArrayOf(
                                        "bigint", new Long[] {0L, 0L, 0L, 0L, 0L, 0L, 0L, 0L, 0L, 0L}),
                        filter);
                ResultSet row = statement.executeQuery()) {
            return received(subscription, row);
        }
    }

    /** At most once. */
    public List<Held> pop(int subscription, int max) throws SQLException {
        try (PreparedStatement statement = prepare(
                        "select slot, position, priority, epoch, attempts, replays, message_id, body from pgqueue.pop(?, ?)",
                        subscription,
                        max);
                ResultSet row = statement.executeQuery()) {
            return received(subscription, row);
        }
    }

    public boolean ack(Held held) throws SQLException {
        return (Boolean) value(
                "select pgqueue.ack(?, ?, ?::smallint, ?, ?)",
                held.slot(),
                held.subscription(),
                held.priority(),
                held.position(),
                held.epoch());
    }

    /** By the function for many of one slot and priority; the positions that were still ours. */
    public Set<Long> ackAll(List<Held> held) throws SQLException {
        return settle("select pgqueue.ack(?, ?, ?::smallint, ?::bigint[], ?::integer[])", held);
    }

    /** One by one, of any slots. */
    public void ackAllOf(List<Held> held) throws SQLException {
        for (Held each : held) {
            ack(each);
        }
    }

    public boolean release(Held held) throws SQLException {
        return !settle("select pgqueue.release(?, ?, ?::smallint, ?::bigint[], ?::integer[])", List.of(held))
                .isEmpty();
    }

    public boolean snooze(Held held, long delayMs) throws SQLException {
        return !settle(
                        "select pgqueue.snooze(?, ?, ?::smallint, ?::bigint[], ?::integer[], " + delayMs + ")",
                        List.of(held))
                .isEmpty();
    }

    public boolean extend(Held held, long leaseMs) throws SQLException {
        return !settle(
                        "select coalesce(array_agg(position) filter (where not busy), '{}') from "
                                + "pgqueue.extend(?, ?, ?::smallint, ?::bigint[], ?::integer[], " + leaseMs + ")",
                        List.of(held))
                .isEmpty();
    }

    /** The outcome, null when stale. */
    public String nack(Held held, Long delayMs) throws SQLException {
        return (String) value(
                "select outcome from pgqueue.nack(?, ?, ?::smallint, array[?::bigint], array[?::integer], ?::bigint, "
                        + "p_error => 'broken')",
                held.slot(),
                held.subscription(),
                held.priority(),
                held.position(),
                held.epoch(),
                delayMs);
    }

    public void endLeases(int subscription) throws SQLException {
        run(
                "update pgqueue.delivery set lease_until = clock_timestamp() - interval '1 hour' "
                        + "where subscription_id = ? and lease_until > clock_timestamp()",
                subscription);
    }

    public void makeDue(int subscription) throws SQLException {
        run("update pgqueue.scheduled set due_at = clock_timestamp() where subscription_id = ?", subscription);
    }

    public Pass maintain(long rotateAfter, long rotateAgeMs) throws SQLException {
        try (PreparedStatement statement = prepare("select * from pgqueue.maintain(?, ?)", rotateAfter, rotateAgeMs);
                ResultSet row = statement.executeQuery()) {
            row.next();
            return new Pass(
                    row.getBoolean("leader"),
                    row.getObject("rotated") == null ? -1 : row.getInt("rotated"),
                    row.getObject("reclaimed") == null ? -1 : row.getInt("reclaimed"),
                    row.getInt("carried"),
                    row.getInt("buried"));
        }
    }

    /** One pass that moves on to the next clean slot whatever was written. */
    public Pass rotate() throws SQLException {
        return maintain(0, 3_600_000);
    }

    /** One pass that stays in the current slot. */
    public Pass tidy() throws SQLException {
        return maintain(Long.MAX_VALUE, Long.MAX_VALUE);
    }

    /**
     * Passes until all slots are clean, of which each truncates one. The ring moves on meanwhile, because the current slot must
     * be left first, and cannot be while the one behind it is full. Vacuum may have a slot for a while: after a minute whoever
     * called sees what is left.
     */
    public void reclaimAll() throws SQLException {
        long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(1);
        while (!unclean().isEmpty() && System.nanoTime() < end) {
            rotate();
            tidy();
        }
    }

    /** Slots that were written to since they were truncated. */
    public List<Object> unclean() throws SQLException {
        return column("select s from generate_series(0, 15) s "
                + "where pg_relation_size('pgqueue.delivery_' || s) + pg_relation_size('pgqueue.message_' || s) > 0");
    }

    /** Makes the slot that was left last old enough for its rows to be carried over. */
    public void ageRotation() throws SQLException {
        run("select setval('pgqueue.ring_rotated_ms', 1)");
    }

    public int currentSlot() throws SQLException {
        return (int) (number("select pg_sequence_last_value('pgqueue.ring_state')") & 15);
    }

    public long mask() throws SQLException {
        return number("select pg_sequence_last_value('pgqueue.ring_state')") >> 4 & 0xffff;
    }

    public int backend() throws SQLException {
        return (int) number("select pg_backend_pid()");
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }

    private static List<Held> received(int subscription, ResultSet row) throws SQLException {
        List<Held> held = new ArrayList<>();
        while (row.next()) {
            // With a selector a last row tells only how far it looked.
            if (row.getObject(7) != null) {
                held.add(new Held(
                        row.getInt(1),
                        subscription,
                        row.getInt(3),
                        row.getLong(2),
                        row.getInt(4),
                        row.getInt(5),
                        row.getInt(6),
                        row.getObject(7, UUID.class),
                        row.getBytes(8)));
            }
        }
        return held;
    }

    private Set<Long> settle(String sql, List<Held> held) throws SQLException {
        Object[] positions = held.stream().map(Held::position).toArray();
        Object[] epochs = held.stream().map(Held::epoch).toArray();
        try (PreparedStatement statement = prepare(
                        sql,
                        held.get(0).slot(),
                        held.get(0).subscription(),
                        held.get(0).priority(),
                        connection.createArrayOf("bigint", positions),
                        connection.createArrayOf("integer", epochs));
                ResultSet row = statement.executeQuery()) {
            row.next();
            return new HashSet<>(List.of((Long[]) row.getArray(1).getArray()));
        }
    }

    private PreparedStatement prepare(String sql, Object... arguments) throws SQLException {
        PreparedStatement statement = connection.prepareStatement(sql);
        for (int i = 0; i < arguments.length; i++) {
            statement.setObject(i + 1, arguments[i]);
        }
        return statement;
    }
}
