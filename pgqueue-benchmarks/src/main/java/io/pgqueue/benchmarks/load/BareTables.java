// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.benchmarks.load;

import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.sql.DataSource;

/**
 * The raw-SQL limit: a table of id and body for each subscription, INSERT to publish, DELETE … RETURNING to consume. It
 * keeps no lease, so a consumer that dies loses what it took, and it has neither headers nor order between tables.
 */
final class BareTables implements Contender {

    /** A polling loop has to wait somehow; this one trades some processor time for a short latency. */
    private static final long POLL_NANOS = 1_000_000;

    private final BareForm form;
    private final HikariDataSource pool;
    private final int subscriptions;
    private final String insertOne;
    private final String insertMany;

    BareTables(DataSource server, BareForm form, int subscriptions, int connections) throws SQLException {
        this.form = form;
        Pools.execute(server, "drop schema if exists " + form.schema() + " cascade; create schema " + form.schema());
        for (int i = 0; i < subscriptions; i++) {
            Pools.execute(
                    server,
                    "create table " + table(i)
                            + " (id bigint generated always as identity primary key, body bytea not null)");
        }
        this.subscriptions = subscriptions;
        this.insertOne = insert("values (?)", "select ?::bytea as body");
        this.insertMany = insert("select unnest(?::bytea[])", "select unnest(?::bytea[]) as body");
        this.pool = Pools.open(server, "bare", connections);
    }

    @Override
    public String name() {
        return "bare SQL, " + form;
    }

    @Override
    public void send(List<byte[]> bodies) {
        if (form == BareForm.BATCH && bodies.size() > 1) {
            sendBatch(bodies);
        } else {
            sendSet(bodies);
        }
    }

    private void sendBatch(List<byte[]> bodies) {
        try (Connection connection = pool.getConnection();
                PreparedStatement insert = connection.prepareStatement(insertOne)) {
            connection.setAutoCommit(false);
            for (byte[] body : bodies) {
                insert.setBytes(1, body);
                insert.addBatch();
            }
            insert.executeBatch();
            connection.commit();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private void sendSet(List<byte[]> bodies) {
        try (Connection connection = pool.getConnection();
                PreparedStatement insert = connection.prepareStatement(bodies.size() == 1 ? insertOne : insertMany)) {
            if (bodies.size() == 1) {
                insert.setBytes(1, bodies.get(0));
            } else {
                insert.setArray(1, connection.createArrayOf("bytea", bodies.toArray(byte[][]::new)));
            }
            insert.executeUpdate();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public Batch receive(int subscription, int max, Duration wait) {
        long end = System.nanoTime() + wait.toNanos();
        while (true) {
            List<byte[]> taken = take(subscription, max);
            if (!taken.isEmpty() || System.nanoTime() >= end) {
                return new Taken(taken);
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
    }

    /** Taking is settling here, so one at a time. */
    @Override
    public int receiveForSingleAcks() {
        return 1;
    }

    @Override
    public void reset() throws SQLException {
        Pools.execute(pool, "truncate " + tables());
    }

    @Override
    public void analyse() throws SQLException {
        Pools.execute(pool, "analyze " + tables());
    }

    @Override
    public void close() {
        pool.close();
    }

    private List<byte[]> take(int subscription, int max) {
        String table = table(subscription);
        String victims = "(select id from " + table + " order by id limit ? for update skip locked)";
        // As an array the victims are looked up by the index whatever the planner thinks of the table.
        String condition = form == BareForm.SET ? "= any (array" + victims + ")" : "in " + victims;
        try (Connection connection = pool.getConnection();
                PreparedStatement delete = connection.prepareStatement(
                        "delete from " + table + " where id " + condition + " returning id, body")) {
            delete.setInt(1, max);
            List<byte[]> bodies = new ArrayList<>(max);
            try (ResultSet row = delete.executeQuery()) {
                while (row.next()) {
                    row.getLong(1);
                    bodies.add(row.getBytes(2));
                }
            }
            return bodies;
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** One statement for all tables, so that publishing is one round trip and one commit whatever the fan-out. */
    private String insert(String single, String several) {
        if (subscriptions == 1) {
            return "insert into " + table(0) + " (body) " + single;
        }
        return "with bodies as materialized (" + several + ")"
                + IntStream.range(1, subscriptions)
                        .mapToObj(i -> ", i" + i + " as (insert into " + table(i) + " (body) select body from bodies)")
                        .collect(Collectors.joining())
                + " insert into " + table(0) + " (body) select body from bodies";
    }

    private String tables() {
        return IntStream.range(0, subscriptions).mapToObj(this::table).collect(Collectors.joining(", "));
    }

    private String table(int subscription) {
        return form.schema() + ".bare_" + subscription;
    }

    private record Taken(List<byte[]> bodies) implements Batch {

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
            // Gone with the statement that took them.
        }

        @Override
        public void ackEach() {
            // Gone with the statement that took them.
        }
    }
}
