// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.samples.docs.byhand;

import io.pgqueue.Delivery;
import io.pgqueue.Failure;
import io.pgqueue.client.PgQueue;
import io.pgqueue.client.Receiver;
import java.time.Duration;
import org.springframework.context.SmartLifecycle;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Component;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

// snippet: byhand-worker
@Component
class ShipmentWorker implements SmartLifecycle {

    private final PgQueue queue;
    private final JdbcTemplate jdbc;
    private final TransactionTemplate transactions;
    private final Thread thread = new Thread(this::work, "shipments");
    private volatile boolean running;

    ShipmentWorker(PgQueue queue, JdbcTemplate jdbc, PlatformTransactionManager manager) {
        this.queue = queue;
        this.jdbc = jdbc;
        this.transactions = new TransactionTemplate(manager);
    }

    private void work() {
        try (Receiver receiver = queue.receiver("shipments")) {
            while (running) {
                for (Delivery delivery : receiver.receive(1, Duration.ofSeconds(5))) {
                    handle(delivery);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void handle(Delivery delivery) {
        try {
            transactions.executeWithoutResult(status -> {
                jdbc.update("insert into shipments (address) values (?)", delivery.text());
                queue.ack(delivery);
            });
        } catch (RuntimeException e) {
            // Comes back after the backoff; to the dead letters after the last attempt.
            queue.nack(delivery, Failure.of(e));
        }
    }

    @Override
    public void start() {
        running = true;
        thread.start();
    }

    @Override
    public void stop() {
        running = false;
        thread.interrupt();
    }

    @Override
    public boolean isRunning() {
        return running;
    }
}
// end snippet
