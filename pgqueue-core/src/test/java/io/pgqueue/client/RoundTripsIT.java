// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueue.Delivery;
import io.pgqueue.Failure;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.QueueSpec;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.OneConnection;
import io.pgqueue.testing.PostgresTest;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Callable;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;

/**
 * What users pay for on a network: one round trip for each operation, however often the connection was used before. The
 * driver changes its mind about a statement over the calls, so each is repeated; the first fetch is a discovery.
 */
@PostgresTest(template = MigratedSchema.class)
class RoundTripsIT {

    private static final int CALLS = 15;

    /** The consumer's name is registered before, once. */
    private static final int FIRST_FETCH = 2;

    private OneConnection source;
    private PgQueue queue;
    private String name;
    private Receiver receiver;
    private final Deque<Delivery> leased = new ArrayDeque<>();

    @BeforeEach
    void open(DataSource database, TestInfo test) throws Exception {
        source = new OneConnection(database);
        queue = PgQueue.builder(source).build();
        name = test.getTestMethod().orElseThrow().getName();
        queue.admin().createQueue(QueueSpec.of(name));
        receiver = queue.receiver(name);
        queue.publish(name, message());
        queue.ack(receiver.receive(1));
    }

    @AfterEach
    void close() throws Exception {
        queue.close();
        source.close();
    }

    @Test
    void publishing() throws Exception {
        everyCallTakes(1, () -> queue.publish(name, message()));
        everyCallTakes(1, () -> queue.publish(name, Collections.nCopies(30, message())));
        everyCallTakes(
                1,
                () -> queue.publish(
                        name, message().toBuilder().delay(Duration.ofHours(1)).build()));
    }

    @Test
    void publishingInATransactionOfTheCaller() throws Exception {
        source.inTransaction(() -> {
            everyCallTakes(1, () -> queue.publish(name, message()));
            everyCallTakes(1, () -> queue.publish(name, List.of(message(), message())));
            return null;
        });
    }

    @Test
    void receiving() throws Exception {
        publish(10 * CALLS);
        everyCallTakes(1, () -> receiver.receive(1));
        everyCallTakes(1, () -> receiver.receive(5));
        Receiver chosen = queue.receiver(name, ReceiverOptions.DEFAULT.withSelector("JMSPriority = 4"));
        everyCallTakes(1, () -> chosen.receive(2));
        try (PgQueue other = PgQueue.builder(source).build()) {
            Receiver discovering = other.receiver(name);
            assertThat(source.roundTrips(() -> discovering.receive(1))).isEqualTo(FIRST_FETCH);
            everyCallTakes(1, () -> discovering.receive(1));
        }
    }

    @Test
    void findingNothing() throws Exception {
        everyCallTakes(1, () -> receiver.receive(1));
    }

    @Test
    void settling() throws Exception {
        lease(12 * CALLS);
        everyCallTakes(1, () -> {
            queue.ack(leased.remove());
            return null;
        });
        everyCallTakes(1, () -> {
            queue.ack(List.of(leased.remove(), leased.remove()));
            return null;
        });
        everyCallTakes(1, () -> queue.extend(List.of(leased.peek()), Duration.ofMinutes(2)));
        everyCallTakes(1, () -> queue.nack(leased.remove(), Failure.of(new IllegalStateException("refused"))));
        everyCallTakes(1, () -> queue.release(List.of(leased.remove())));
        everyCallTakes(1, () -> queue.retryLater(List.of(leased.remove()), Duration.ofHours(1)));
    }

    @Test
    void settlingInATransactionOfTheCaller() throws Exception {
        lease(3 * CALLS);
        source.inTransaction(() -> {
            everyCallTakes(1, () -> {
                queue.ack(leased.remove());
                return null;
            });
            everyCallTakes(1, () -> {
                queue.ack(List.of(leased.remove(), leased.remove()));
                return null;
            });
            return null;
        });
    }

    @Test
    void turns() throws Exception {
        publish(10 * CALLS);
        Deque<List<Delivery>> last = new ArrayDeque<>(List.of(receiver.receive(3)));
        Callable<?> turn = () ->
                last.add(receiver.ackAndReceive(last.remove(), 3, Duration.ZERO).deliveries());
        everyCallTakes(1, turn);
        try (PgQueue other = PgQueue.builder(source).build()) {
            Receiver discovering = other.receiver(name);
            Callable<?> first = () -> last.add(
                    discovering.ackAndReceive(last.remove(), 3, Duration.ZERO).deliveries());
            assertThat(source.roundTrips(first)).isEqualTo(FIRST_FETCH);
        }
        everyCallTakes(1, turn);
    }

    private void everyCallTakes(int trips, Callable<?> operation) throws Exception {
        int[] taken = new int[CALLS];
        for (int call = 0; call < CALLS; call++) {
            taken[call] = source.roundTrips(operation);
        }
        assertThat(taken).containsOnly(trips);
    }

    private void publish(int messages) {
        queue.publish(name, Collections.nCopies(messages, message()));
    }

    private void lease(int messages) {
        publish(messages);
        leased.addAll(receiver.receive(messages));
        assertThat(leased).hasSize(messages);
    }

    private static OutgoingMessage message() {
        return OutgoingMessage.text("a message").build();
    }
}
