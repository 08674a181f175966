// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.benchmarks.load;

import com.zaxxer.hikari.HikariDataSource;
import io.pgqueue.SchemaName;
import io.pgqueue.jdbc.DataSourceConnectionSource;
import io.pgqueue.schema.SchemaMigrator;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.sql.DataSource;

/**
 * The limit of the storage: the rows of the engine, written, leased, read and deleted in its own tables by as few plain
 * statements as can be, without its functions. Nothing is checked, looked up, filtered, delayed, expired or retried, and
 * everything stays in one slot, so that this is no queue; it tells what the tables cost and what the functions do.
 */
final class PlainRows extends SqlContender {

    /**
     * As for the functions of the engine: the planner takes a table that was empty when it planned for small ever after, and
     * would read all of it for each lease.
     */
    private static final String PLANS_OF_THE_ENGINE =
            "set enable_seqscan = off; set enable_bitmapscan = off; set plan_cache_mode = force_generic_plan";

    private final Floors floors;
    private final int subscriptions;
    private final String insertOne;
    private final String insertMany;
    private final String delete;
    private final String lease;

    static PlainRows open(DataSource server, String schema, int subscriptions, int connections) throws SQLException {
        Pools.execute(server, "drop schema if exists " + schema + " cascade");
        new SchemaMigrator(new DataSourceConnectionSource(server), new SchemaName(schema)).migrate();
        String message = schema + ".message_0";
        String delivery = schema + ".delivery_0";
        for (String table : List.of(message, delivery)) {
            Pools.execute(server, "alter table " + table + " set (autovacuum_analyze_threshold = 2147483647)");
        }
        return new PlainRows(
                Pools.open(server, "rows", connections, PLANS_OF_THE_ENGINE),
                new Floors(subscriptions),
                schema,
                message,
                delivery,
                subscriptions);
    }

    private PlainRows(
            HikariDataSource pool, Floors floors, String schema, String message, String delivery, int subscriptions) {
        super(pool, message + ", " + delivery);
        this.floors = floors;
        this.subscriptions = subscriptions;
        String position = "('" + schema + ".position')";
        String intoMessage = "insert into " + message
                + " (id, sent_at, message_id, destination_id, slot, priority, content_type, body)";
        String intoDelivery = "insert into " + delivery + " (position, subscription_id, body_bytes, slot, priority)";
        String header = ", 1, 0, 4, 'application/octet-stream', ";
        this.insertOne = intoMessage + " values (nextval" + position + ", clock_timestamp(), ?" + header + "?); "
                + intoDelivery
                + IntStream.range(0, subscriptions)
                        .mapToObj(s -> "(currval" + position + ", " + s + ", ?, 0, 4)")
                        .collect(Collectors.joining(", ", " values ", ""));
        this.insertMany = "with stored as (" + intoMessage + " select nextval" + position
                + ", clock_timestamp(), unnest(?::uuid[])" + header
                + "unnest(?::bytea[]) returning id, octet_length(body) as bytes) "
                + intoDelivery + " select id, s, bytes, 0, 4 from stored cross join generate_series(0, "
                + (subscriptions - 1) + ") s";
        this.delete = "delete from " + delivery
                + " where subscription_id = ? and priority = 4 and position = any (?::bigint[]) and epoch = 1";
        this.lease = "with leased as (update " + delivery
                + " set lease_until = clock_timestamp() + interval '30 seconds', epoch = epoch + 1, attempts = attempts + 1"
                + " where ctid = any (array(select ctid from " + delivery
                + " where subscription_id = ? and priority = 4 and position >= ? and lease_until <= clock_timestamp()"
                + " order by position limit ? for update skip locked)) returning position, epoch, attempts)"
                + " select m.id, l.epoch, l.attempts, m.message_id, m.sent_at, m.content_type, m.body from leased l"
                + " cross join lateral (select * from " + message + " where id = l.position offset 0) m";
    }

    @Override
    public String name() {
        return "plain statements on the engine's rows";
    }

    @Override
    public void send(List<byte[]> bodies) {
        floors.sendBegins();
        try (Connection connection = connection();
                PreparedStatement insert = connection.prepareStatement(bodies.size() == 1 ? insertOne : insertMany)) {
            if (bodies.size() == 1) {
                byte[] body = bodies.get(0);
                insert.setObject(1, UUID.randomUUID());
                insert.setBytes(2, body);
                for (int i = 0; i < subscriptions; i++) {
                    insert.setInt(3 + i, body.length);
                }
            } else {
                Object[] ids = bodies.stream().map(body -> UUID.randomUUID()).toArray();
                insert.setArray(1, connection.createArrayOf("uuid", ids));
                insert.setArray(2, connection.createArrayOf("bytea", bodies.toArray(byte[][]::new)));
            }
            insert.execute();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        } finally {
            floors.sendEnds();
        }
    }

    @Override
    public Batch receive(int subscription, int max, Duration wait) {
        return turn(Batch.NONE, subscription, max, wait);
    }

    /** Deletes what is done and leases the next in one transaction and one round trip, as the engine's client does. */
    @Override
    public Batch turn(Batch done, int subscription, int max, Duration wait) {
        Leased next = leaseNext(done, subscription, max);
        return next.size() > 0 || wait.isZero() ? next : poll(wait, () -> leaseNext(Batch.NONE, subscription, max));
    }

    private Leased leaseNext(Batch done, int subscription, int max) {
        boolean settles = done.size() > 0;
        Floors.Look look = floors.look(subscription);
        try (Connection connection = connection();
                PreparedStatement call = connection.prepareStatement(settles ? delete + "; " + lease : lease)) {
            int next = 1;
            if (done instanceof Leased leased && settles) {
                call.setInt(next++, leased.subscription);
                call.setArray(next++, positions(connection, leased.positions));
            }
            call.setInt(next++, subscription);
            call.setLong(next++, look.from());
            call.setInt(next, max);
            boolean rows = call.execute();
            if (!rows) {
                call.getMoreResults();
            }
            Leased result = new Leased(this, subscription, new ArrayList<>(max), new ArrayList<>(max));
            try (ResultSet row = call.getResultSet()) {
                while (row.next()) {
                    result.positions.add(row.getLong(1));
                    row.getInt(2);
                    row.getInt(3);
                    row.getObject(4, UUID.class);
                    row.getTimestamp(5);
                    row.getString(6);
                    result.bodies.add(row.getBytes(7));
                }
            }
            floors.took(look, result.positions, result.size() == max);
            return result;
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private void delete(int subscription, List<Long> positions) {
        try (Connection connection = connection();
                PreparedStatement call = connection.prepareStatement(delete)) {
            call.setInt(1, subscription);
            call.setArray(2, positions(connection, positions));
            call.executeUpdate();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Array positions(Connection connection, List<Long> positions) throws SQLException {
        return connection.createArrayOf("int8", positions.toArray());
    }

    @Override
    public int receiveForSingleAcks() {
        return 100;
    }

    private record Leased(PlainRows rows, int subscription, List<Long> positions, List<byte[]> bodies)
            implements Batch {

        @Override
        public int size() {
            return bodies.size();
        }

        @Override
        public byte[] body(int index) {
            return bodies.get(index);
        }

        @Override
        public void ack() {
            if (size() > 0) {
                rows.delete(subscription, positions);
            }
        }

        @Override
        public void ackEach() {
            for (Long position : positions) {
                rows.delete(subscription, List.of(position));
            }
        }
    }
}
