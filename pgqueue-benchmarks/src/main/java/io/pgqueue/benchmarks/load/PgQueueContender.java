// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.benchmarks.load;

import com.zaxxer.hikari.HikariDataSource;
import io.pgqueue.Delivery;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.QueueSpec;
import io.pgqueue.SchemaName;
import io.pgqueue.SubscriptionSpec;
import io.pgqueue.TopicSpec;
import io.pgqueue.client.PgQueue;
import io.pgqueue.client.Receiver;
import io.pgqueue.jdbc.DataSourceConnectionSource;
import io.pgqueue.schema.SchemaMigrator;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** The engine through its Java client: a queue, or with several subscriptions a topic. */
public final class PgQueueContender implements Contender {

    public static final String SCHEMA = "pgqueue_benchmark";

    private static final String NAME = "load";

    /** A slot is truncated in each pass, so all sixteen are clean after a few more. */
    private static final int MAX_PASSES = 100;

    private final HikariDataSource pool;
    private final PgQueue queue;
    private final boolean turns;
    private final List<Receiver> receivers = new ArrayList<>();

    /** @param turns whether acks go together with the next fetch; else in calls of their own */
    public PgQueueContender(DataSource server, int subscriptions, int connections, boolean turns) throws SQLException {
        this.turns = turns;
        Pools.execute(server, "drop schema if exists " + SCHEMA + " cascade");
        new SchemaMigrator(new DataSourceConnectionSource(server), new SchemaName(SCHEMA)).migrate();
        this.pool = Pools.open(server, "pgqueue", connections);
        this.queue = PgQueue.builder(pool).schema(SCHEMA).build();
        if (subscriptions == 1) {
            queue.admin().createQueue(QueueSpec.of(NAME));
            receivers.add(queue.receiver(NAME));
        } else {
            queue.admin().createTopic(TopicSpec.of(NAME));
            for (int i = 0; i < subscriptions; i++) {
                queue.admin().createSubscription(SubscriptionSpec.of(NAME, NAME + i));
                receivers.add(queue.receiver(NAME, NAME + i));
            }
        }
    }

    @Override
    public String name() {
        return "pgqueue";
    }

    @Override
    public void send(List<byte[]> bodies) {
        if (bodies.size() == 1) {
            queue.publish(NAME, OutgoingMessage.bytes(bodies.get(0)).build());
        } else {
            queue.publish(
                    NAME,
                    bodies.stream()
                            .map(body -> OutgoingMessage.bytes(body).build())
                            .toList());
        }
    }

    @Override
    public Batch receive(int subscription, int max, Duration wait) throws InterruptedException {
        return new Leased(queue, receivers.get(subscription).receive(max, wait));
    }

    @Override
    public Batch turn(Batch done, int subscription, int max, Duration wait) throws InterruptedException {
        if (turns && done instanceof Leased leased) {
            return new Leased(
                    queue,
                    receivers
                            .get(subscription)
                            .ackAndReceive(leased.deliveries, max, wait)
                            .deliveries());
        }
        return Contender.super.turn(done, subscription, max, wait);
    }

    @Override
    public int receiveForSingleAcks() {
        return 100;
    }

    /** The engine's own way: discard what waits, then let maintenance rotate and reclaim until all slots are clean. */
    @Override
    public void reset() throws SQLException {
        for (Receiver receiver : receivers) {
            queue.admin().purge(receivers.size() == 1 ? null : NAME, receiver.name(), true);
        }
        try (Connection connection = pool.getConnection();
                Statement statement = connection.createStatement()) {
            int idle = 0;
            for (int pass = 0; idle < 2; pass++) {
                if (pass == MAX_PASSES) {
                    throw new IllegalStateException("Slots are not reclaimed after " + pass + " passes of maintenance");
                }
                try (ResultSet row = statement.executeQuery(
                        "select rotated is null and reclaimed is null and leader from " + SCHEMA + ".maintain(1, 0)")) {
                    row.next();
                    idle = row.getBoolean(1) ? idle + 1 : 0;
                }
            }
        }
    }

    @Override
    public void analyse() throws SQLException {
        Pools.execute(pool, "analyze " + SCHEMA + ".message, " + SCHEMA + ".delivery");
    }

    /** Automatic ANALYZE comes or does not come within a run; a run shall not depend on it. */
    public void keepUnanalysed() throws SQLException {
        for (int slot = 0; slot < 16; slot++) {
            for (String table : List.of("message_", "delivery_")) {
                Pools.execute(
                        pool,
                        "alter table " + SCHEMA + "." + table + slot
                                + " set (autovacuum_analyze_threshold = 2147483647)");
            }
        }
    }

    @Override
    public void close() {
        queue.close();
        pool.close();
    }

    private record Leased(PgQueue queue, List<Delivery> deliveries) implements Batch {

        @Override
        public int size() {
            return deliveries.size();
        }

        @Override
        public byte[] body(int index) {
            byte @Nullable [] body = deliveries.get(index).body();
            return Objects.requireNonNull(body);
        }

        @Override
        public void ack() {
            if (deliveries.size() == 1) {
                queue.ack(deliveries.get(0));
            } else {
                queue.ack(deliveries);
            }
        }

        @Override
        public void ackEach() {
            deliveries.forEach(queue::ack);
        }
    }
}
