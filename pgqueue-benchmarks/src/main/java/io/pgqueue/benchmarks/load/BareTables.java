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
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.sql.DataSource;

/**
 * The raw-SQL limit: a table of id and body for each subscription, INSERT to publish, DELETE … RETURNING to consume. It
 * keeps no lease, so a consumer that dies loses what it took, and it has neither headers nor order between tables.
 */
final class BareTables extends SqlContender {

    private final BareForm form;
    private final int subscriptions;
    private final String insertOne;
    private final String insertMany;

    static BareTables open(DataSource server, BareForm form, int subscriptions, int connections) throws SQLException {
        Pools.execute(server, "drop schema if exists " + form.schema() + " cascade; create schema " + form.schema());
        for (int i = 0; i < subscriptions; i++) {
            Pools.execute(
                    server,
                    "create table " + table(form, i)
                            + " (id bigint generated always as identity primary key, body bytea not null)");
        }
        return new BareTables(Pools.open(server, "bare", connections), form, subscriptions);
    }

    private BareTables(HikariDataSource pool, BareForm form, int subscriptions) {
        super(
                pool,
                IntStream.range(0, subscriptions).mapToObj(i -> table(form, i)).collect(Collectors.joining(", ")));
        this.form = form;
        this.subscriptions = subscriptions;
        this.insertOne = insert("values (?)", "select ?::bytea as body");
        this.insertMany = insert("select unnest(?::bytea[])", "select unnest(?::bytea[]) as body");
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
        try (Connection connection = connection();
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
        try (Connection connection = connection();
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
        return poll(wait, () -> take(subscription, max));
    }

    /** Taking is settling here, so one at a time. */
    @Override
    public int receiveForSingleAcks() {
        return 1;
    }

    private Taken take(int subscription, int max) {
        String table = table(form, subscription);
        String victims = "(select id from " + table + " order by id limit ? for update skip locked)";
        // As an array the victims are looked up by the index whatever the planner thinks of the table.
        String condition = form == BareForm.SET ? "= any (array" + victims + ")" : "in " + victims;
        try (Connection connection = connection();
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
            return new Taken(bodies);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** One statement for all tables, so that publishing is one round trip and one commit whatever the fan-out. */
    private String insert(String single, String several) {
        if (subscriptions == 1) {
            return "insert into " + table(form, 0) + " (body) " + single;
        }
        return "with bodies as materialized (" + several + ")"
                + IntStream.range(1, subscriptions)
                        .mapToObj(i ->
                                ", i" + i + " as (insert into " + table(form, i) + " (body) select body from bodies)")
                        .collect(Collectors.joining())
                + " insert into " + table(form, 0) + " (body) select body from bodies";
    }

    private static String table(BareForm form, int subscription) {
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
