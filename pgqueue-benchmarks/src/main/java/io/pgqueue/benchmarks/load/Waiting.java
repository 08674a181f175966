// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.benchmarks.load;

import com.zaxxer.hikari.HikariDataSource;
import io.pgqueue.Delivery;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.QueueSpec;
import io.pgqueue.SchemaName;
import io.pgqueue.client.PgQueue;
import io.pgqueue.client.Receiver;
import io.pgqueue.jdbc.DataSourceConnectionSource;
import io.pgqueue.schema.SchemaMigrator;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Collections;
import java.util.List;
import javax.sql.DataSource;

/**
 * An installation in which a number of messages waits in one queue, always as many. Its maintenance runs when it is called,
 * so that it can be measured. Not safe for use by several threads.
 */
public final class Waiting implements AutoCloseable {

    private static final String NAME = "load";
    private static final int AT_ONCE = 1000;

    /** About 5 seconds of 20 000 messages each, after which a client calls maintenance. */
    private static final int BETWEEN_PASSES = 100_000;

    private final String schema;
    private final HikariDataSource pool;
    private final PgQueue queue;
    private final Receiver receiver;

    /** @param schema is dropped when it is there */
    public Waiting(DataSource server, String schema) throws SQLException {
        this.schema = schema;
        Pools.execute(server, "drop schema if exists " + schema + " cascade");
        new SchemaMigrator(new DataSourceConnectionSource(server), new SchemaName(schema)).migrate();
        for (int slot = 0; slot < 16; slot++) {
            for (String table : List.of("message_", "delivery_")) {
                Pools.execute(
                        server,
                        "alter table " + schema + "." + table + slot
                                + " set (autovacuum_analyze_threshold = 2147483647)");
            }
        }
        this.pool = Pools.open(server, schema, 2);
        this.queue = PgQueue.builder(pool).schema(schema).maintenance(false).build();
        queue.admin().createQueue(QueueSpec.of(NAME));
        this.receiver = queue.receiver(NAME);
    }

    /** Publishes so many, with maintenance now and then as beside any load. */
    public void fill(byte[] body, int messages) throws SQLException {
        for (int done = 0; done < messages; done += AT_ONCE) {
            publish(body, Math.min(AT_ONCE, messages - done));
            if (done % BETWEEN_PASSES == 0) {
                maintain();
            }
        }
    }

    /** Nanoseconds of one fetch; what it took is acked, and as many are published, outside of that time. */
    public long receive(int batch, byte[] body) {
        long start = System.nanoTime();
        List<Delivery> deliveries = receiver.receive(batch);
        long nanos = System.nanoTime() - start;
        if (deliveries.size() != batch) {
            throw new IllegalStateException(deliveries.size() + " deliveries instead of " + batch);
        }
        queue.ack(deliveries);
        publish(body, batch);
        return nanos;
    }

    /** Nanoseconds of a pass of maintenance that also sweeps. */
    public long maintain() throws SQLException {
        Pools.execute(pool, "select setval('" + schema + ".swept_ms', 1)");
        return run("select * from " + schema + ".maintain()");
    }

    /** Nanoseconds of a sample of all subscriptions, whether or not one is due. */
    public long sample() throws SQLException {
        Pools.execute(pool, "select setval('" + schema + ".sample_due_ms', 1)");
        return run("select " + schema + ".sample(0)");
    }

    /** Nanoseconds of reading the last sample. */
    public long metrics() {
        long start = System.nanoTime();
        queue.admin().metrics();
        return System.nanoTime() - start;
    }

    public long count() {
        return queue.admin().stats(NAME).ready();
    }

    public void analyse() throws SQLException {
        Pools.execute(pool, "analyze " + schema + ".message, " + schema + ".delivery");
    }

    @Override
    public void close() {
        queue.close();
        pool.close();
    }

    private void publish(byte[] body, int messages) {
        queue.publish(
                NAME,
                Collections.nCopies(messages, body).stream()
                        .map(each -> OutgoingMessage.bytes(each).build())
                        .toList());
    }

    private long run(String sql) throws SQLException {
        try (Connection connection = pool.getConnection();
                Statement statement = connection.createStatement()) {
            long start = System.nanoTime();
            try (ResultSet row = statement.executeQuery(sql)) {
                row.next();
            }
            return System.nanoTime() - start;
        }
    }
}
