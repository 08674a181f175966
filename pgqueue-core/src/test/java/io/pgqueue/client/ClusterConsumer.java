// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import io.pgqueue.Delivery;
import io.pgqueue.Failure;
import io.pgqueue.PgQueueException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.postgresql.ds.PGSimpleDataSource;

/** A JVM of {@link ClusterIT}: two consumers that write an effect for each message, until somebody kills it. */
final class ClusterConsumer {

    private final PGSimpleDataSource dataSource = new PGSimpleDataSource();
    private final String process;
    private final boolean transaction;
    private final PgQueue queue;

    private ClusterConsumer(String url, String user, String password, String process, boolean transaction) {
        dataSource.setUrl(url);
        dataSource.setUser(user);
        dataSource.setPassword(password);
        dataSource.setApplicationName("cluster");
        this.process = process;
        this.transaction = transaction;
        this.queue = PgQueue.builder(dataSource)
                .pollInterval(Duration.ofMillis(200))
                .listenOn(dataSource::getConnection)
                .build();
    }

    public static void main(String[] arguments) throws InterruptedException {
        ClusterConsumer consumer = new ClusterConsumer(
                arguments[0], arguments[1], arguments[2], arguments[3], Boolean.parseBoolean(arguments[4]));
        Thread other = new Thread(consumer::run);
        other.start();
        consumer.run();
        other.join();
    }

    private void run() {
        Random random = new Random();
        AckBatcher acks = queue.ackBatcher(50, Duration.ofMillis(20));
        while (true) {
            try (Connection connection = dataSource.getConnection()) {
                connection.setAutoCommit(!transaction);
                Receiver receiver = queue.receiver("cluster");
                while (true) {
                    for (Delivery delivery : receiver.receive(20, Duration.ofSeconds(1))) {
                        if (transaction) {
                            inOneTransaction(connection, delivery, random);
                        } else {
                            effect(connection, delivery);
                            var unused = acks.ack(delivery);
                        }
                    }
                }
            } catch (SQLException | PgQueueException e) {
                continue;
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private void inOneTransaction(Connection connection, Delivery delivery, Random random) throws SQLException {
        try {
            effect(connection, delivery);
            if (random.nextInt(50) == 0) {
                connection.rollback();
                queue.nack(delivery, Duration.ZERO, Failure.NONE);
                return;
            }
            queue.ack(connection, List.of(delivery));
            connection.commit();
        } catch (PgQueueException e) {
            connection.rollback();
        }
    }

    private void effect(Connection connection, Delivery delivery) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement(
                "insert into effect (message_id, process, attempt, number, message_group) values (?, ?, ?, ?, ?)")) {
            insert.setObject(1, delivery.messageId());
            insert.setString(2, process);
            insert.setInt(3, delivery.attempts());
            insert.setInt(4, Integer.parseInt(delivery.text()));
            insert.setString(5, delivery.headers().group());
            insert.executeUpdate();
        }
    }
}
