// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueue.Delivery;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.QueueSpec;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Observers and totals are told of each ack once, also of one that went with the next fetch. */
@PostgresTest(template = MigratedSchema.class)
class ReportedAcksIT {

    private static int names;

    private final List<Integer> acked = new ArrayList<>();
    private final List<Delivery> stale = new ArrayList<>();

    private DataSource dataSource;
    private JoiningSource source;
    private PgQueue queue;
    private Receiver receiver;
    private String name;

    @BeforeEach
    void open(DataSource database) {
        dataSource = database;
        source = new JoiningSource(database);
        queue = PgQueue.builder(source)
                .maintenance(false)
                .observer(new PgQueueObserver() {
                    @Override
                    public void acked(String destination, String subscription, int deliveries) {
                        assertThat(List.of(destination, subscription)).containsOnly(name);
                        acked.add(deliveries);
                    }

                    @Override
                    public void stale(Delivery delivery) {
                        stale.add(delivery);
                    }
                })
                .build();
        name = "reported" + names++;
        queue.admin().declareQueue(QueueSpec.of(name));
        receiver = queue.receiver(name);
    }

    @AfterEach
    void close() {
        queue.close();
    }

    @Test
    void aTurnThatAcksAll() throws Exception {
        publish(5);
        List<Delivery> next = turn(receiver.receive(3)).deliveries();
        assertThat(acked).containsExactly(3);
        turn(next);
        assertThat(acked).containsExactly(3, 2);
        turn(List.of());
        assertThat(acked).containsExactly(3, 2);
        assertThat(stale).isEmpty();
        assertTotal(5);
    }

    @Test
    void aTurnOfWhichOneIsStale() throws Exception {
        publish(3);
        List<Delivery> first = receiver.receive(3);
        queue.release(first.subList(1, 2));
        Receiver.Turn turn = turn(first);
        assertThat(acked).containsExactly(2);
        assertThat(stale).containsExactly(first.get(1)).isEqualTo(turn.stale());
        turn(turn.deliveries());
        assertThat(acked).containsExactly(2, 1);
        assertThat(stale).hasSize(1);
        assertTotal(3);
    }

    @Test
    void aTurnOfWhichAllAreStale() throws Exception {
        publish(3);
        List<Delivery> first = receiver.receive(3);
        queue.release(first);
        assertThat(turn(first).deliveries()).hasSize(3);
        assertThat(acked).isEmpty();
        assertThat(stale).isEqualTo(first);
        assertTotal(0);
    }

    /** As two calls, because a call names a position once. */
    @Test
    void aTurnThatNamesADeliveryTwice() throws Exception {
        publish(2);
        Delivery first = receiver.receive(1).get(0);
        Receiver.Turn turn = turn(List.of(first, first));
        assertThat(turn.deliveries()).hasSize(1);
        assertThat(turn.stale()).isEmpty();
        assertThat(acked).containsExactly(1);
        assertTotal(1);
    }

    @Test
    void aTurnOfTwoPriorities() throws Exception {
        publish(2);
        queue.publish(name, OutgoingMessage.text("x").priority(9).build());
        turn(receiver.receive(3));
        assertThat(acked).containsExactly(3);
        assertTotal(3);
    }

    /** When it is certain, and not at all when it was undone. */
    @Test
    void aTurnInACallersTransaction() throws Exception {
        publish(2);
        List<Delivery> first = receiver.receive(2);
        source.begin();
        turn(first);
        source.rollback();
        assertThat(acked).isEmpty();
        source.begin();
        turn(first);
        assertThat(acked).isEmpty();
        source.commit();
        assertThat(acked).containsExactly(2);
        assertThat(stale).isEmpty();
        assertTotal(2);
    }

    private void publish(int messages) {
        for (int i = 0; i < messages; i++) {
            queue.publish(name, OutgoingMessage.text("" + i).build());
        }
    }

    private Receiver.Turn turn(List<Delivery> done) throws InterruptedException {
        return receiver.ackAndReceive(done, 10, Duration.ZERO);
    }

    /** What was counted is handed over when a client closes. */
    private void assertTotal(int acks) throws SQLException {
        queue.close();
        try (PgQueue other = PgQueue.builder(dataSource).maintenance(false).build()) {
            assertThat(other.admin().metrics(null, name).acked()).isEqualTo(acks);
        }
    }
}
