// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.benchmarks.load;

import com.zaxxer.hikari.HikariDataSource;
import io.pgqueue.Delivery;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.QueueSpec;
import io.pgqueue.SchemaName;
import io.pgqueue.client.PgQueue;
import io.pgqueue.schema.SchemaMigrator;
import io.pgqueue.spring.SpringConnectionSource;
import io.pgqueue.spring.listener.Acknowledgement;
import io.pgqueue.spring.listener.ContainerOptions;
import io.pgqueue.spring.listener.PgListenerContainer;
import io.pgqueue.spring.listener.PgListenerContainerFactory;
import io.pgqueue.spring.listener.PgListenerEndpoint;
import java.sql.SQLException;
import java.util.concurrent.CountDownLatch;
import javax.sql.DataSource;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.support.JdbcTransactionManager;

/** The starter's listener container in mode TRANSACTION; its handler writes with a JdbcTemplate. */
public final class HandledByListener implements Handling {

    private static final String QUEUE = "listener";
    private static final int FILL_BATCH = 500;

    private final HikariDataSource pool;
    private final PgQueue queue;
    private final PgListenerContainerFactory factory;
    private final JdbcTemplate jdbc;
    private final int concurrency;
    private volatile CountDownLatch remaining = new CountDownLatch(0);

    public HandledByListener(DataSource server, int concurrency, int batch) throws SQLException {
        this.concurrency = concurrency;
        Pools.execute(server, "drop schema if exists " + PgQueueContender.SCHEMA + " cascade");
        ContainerOptions options = ContainerOptions.DEFAULT.toBuilder()
                .concurrency(concurrency)
                .batchSize(batch)
                .build();
        // One more than the container's, for maintenance.
        this.pool = Pools.open(server, "listener", options.connections() + 1);
        SpringConnectionSource source = new SpringConnectionSource(pool);
        new SchemaMigrator(source, new SchemaName(PgQueueContender.SCHEMA)).migrate();
        this.queue = PgQueue.builder(source).schema(PgQueueContender.SCHEMA).build();
        queue.admin().createQueue(QueueSpec.of(QUEUE));
        this.jdbc = new JdbcTemplate(pool);
        this.factory = PgListenerContainerFactory.builder(queue, source, new JdbcTransactionManager(pool))
                .options(any -> options.toBuilder())
                .build();
    }

    @Override
    public String name() {
        return "listener";
    }

    @Override
    public void fill(Bodies bodies, int messages) {
        for (int from = 0; from < messages; from += FILL_BATCH) {
            queue.publish(
                    QUEUE,
                    bodies.next(from, Math.min(FILL_BATCH, messages - from)).stream()
                            .map(body -> OutgoingMessage.bytes(body).build())
                            .toList());
        }
    }

    /** The latch is released within the transaction: what is missing at the end is the commit of {@link #concurrency}. */
    @Override
    public long handle(int messages) throws InterruptedException {
        remaining = new CountDownLatch(messages);
        PgListenerContainer container = factory.createContainer(PgListenerEndpoint.ofQueue(QUEUE, QUEUE, this::write));
        long start = System.nanoTime();
        container.start();
        remaining.await();
        container.stop();
        return System.nanoTime() - start;
    }

    @Override
    public void close() {
        factory.destroy();
        queue.close();
        pool.close();
    }

    private void write(Delivery delivery, Acknowledgement acknowledgement) {
        jdbc.update(
                "insert into " + EFFECTS + " (worker) values (?)",
                Thread.currentThread().getName());
        remaining.countDown();
    }
}
