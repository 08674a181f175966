// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.benchmarks.load;

import com.zaxxer.hikari.HikariDataSource;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.QueueSpec;
import io.pgqueue.SchemaName;
import io.pgqueue.client.PgQueue;
import io.pgqueue.jdbc.ConnectionSource;
import io.pgqueue.jdbc.DataSourceConnectionSource;
import io.pgqueue.jms.PgJmsConnectionFactory;
import io.pgqueue.schema.SchemaMigrator;
import jakarta.jms.Connection;
import jakarta.jms.JMSException;
import jakarta.jms.MessageConsumer;
import jakarta.jms.Session;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import javax.sql.DataSource;

/** Consumers of Jakarta Messaging that empty a queue, each with a connection and a session of its own. */
public final class JmsConsumers implements AutoCloseable {

    private static final String QUEUE = "jms";
    private static final int FILL_BATCH = 500;

    /** ms; only at the end of a run is there nothing to receive. */
    private static final long PATIENCE = 100;

    private final HikariDataSource pool;
    private final ConnectionSource source;
    private final PgQueue queue;
    private final int consumers;
    private final int perCommit;

    /** How a session acknowledges. */
    public enum Mode {
        AUTO(Session.AUTO_ACKNOWLEDGE),
        DUPS_OK(Session.DUPS_OK_ACKNOWLEDGE),
        TRANSACTED(Session.SESSION_TRANSACTED);

        private final int number;

        Mode(int number) {
            this.number = number;
        }
    }

    /** @param perCommit messages of one transaction of a transacted session */
    public JmsConsumers(DataSource server, int consumers, int perCommit) throws SQLException {
        this.consumers = consumers;
        this.perCommit = perCommit;
        Pools.execute(server, "drop schema if exists " + PgQueueContender.SCHEMA + " cascade");
        // Each consumer needs one at a time; the others are for renewal and maintenance.
        this.pool = Pools.open(server, "jms", consumers + 2);
        this.source = new DataSourceConnectionSource(pool);
        new SchemaMigrator(source, new SchemaName(PgQueueContender.SCHEMA)).migrate();
        this.queue = PgQueue.builder(source).schema(PgQueueContender.SCHEMA).build();
        queue.admin().createQueue(QueueSpec.of(QUEUE));
    }

    /** Makes so many messages wait. */
    public void fill(Bodies bodies, int messages) {
        for (int from = 0; from < messages; from += FILL_BATCH) {
            queue.publish(
                    QUEUE,
                    bodies.next(from, Math.min(FILL_BATCH, messages - from)).stream()
                            .map(body -> OutgoingMessage.bytes(body).build())
                            .toList());
        }
    }

    /** Receives and acknowledges all of them; the nanoseconds until the last was acknowledged. */
    public long consume(Mode mode, int prefetch, int messages)
            throws JMSException, InterruptedException, ExecutionException {
        Crew crew = new Crew();
        AtomicLong received = new AtomicLong();
        AtomicLong end = new AtomicLong(Long.MIN_VALUE);
        List<Connection> connections = new ArrayList<>();
        try (PgJmsConnectionFactory factory = new PgJmsConnectionFactory(queue, source)) {
            factory.setPrefetch(prefetch);
            for (int i = 0; i < consumers; i++) {
                Connection connection = factory.createConnection();
                connections.add(connection);
                Session session = connection.createSession(mode.number);
                MessageConsumer consumer = session.createConsumer(session.createQueue(QUEUE));
                connection.start();
                crew.add(() -> end.accumulateAndGet(drain(session, consumer, received, messages, crew), Math::max));
            }
            long start = crew.run();
            return end.get() - start;
        } finally {
            for (Connection connection : connections) {
                connection.close();
            }
        }
    }

    private long drain(Session session, MessageConsumer consumer, AtomicLong received, int messages, Crew crew)
            throws JMSException {
        long end = Long.MIN_VALUE;
        int open = 0;
        while (!crew.stopped() && received.get() < messages) {
            if (consumer.receive(PATIENCE) != null) {
                received.incrementAndGet();
                open++;
                if (session.getTransacted() && open == perCommit) {
                    session.commit();
                    open = 0;
                }
                end = System.nanoTime();
            }
        }
        if (session.getTransacted() && open > 0) {
            session.commit();
            end = System.nanoTime();
        }
        return end;
    }

    @Override
    public void close() {
        queue.close();
        pool.close();
    }
}
