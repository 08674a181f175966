// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgqueue.Delivery;
import io.pgqueue.Failure;
import io.pgqueue.NotFoundException;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.QueueSpec;
import io.pgqueue.StaleDeliveryException;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.time.Duration;
import java.util.List;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** TX-3, TX-5: acks and sends are one transaction. */
@PostgresTest(template = MigratedSchema.class)
class ExchangeIT {

    private final PgQueue queue;

    ExchangeIT(DataSource dataSource) {
        queue = PgQueue.builder(dataSource).maintenance(false).build();
    }

    @BeforeEach
    void declare() {
        queue.admin().declareQueue(QueueSpec.of("in"));
        queue.admin().declareQueue(QueueSpec.of("out"));
        queue.admin().declareQueue(QueueSpec.of("other"));
        queue.admin().purge(null, "in", true);
        queue.admin().purge(null, "out", true);
        queue.admin().purge(null, "other", true);
    }

    @AfterEach
    void close() {
        queue.close();
    }

    @Test
    void acksAndSendsTogether() throws InterruptedException {
        Delivery delivery = received();
        queue.ackAndPublish(
                List.of(delivery), List.of(to("out", "1"), to("other", "2"), to("out", "3"), to("out", "4")));
        assertThat(queue.receiver("in").receive(1)).isEmpty();
        List<Delivery> out = queue.receiver("out").receive(10, Duration.ofSeconds(10));
        assertThat(out).extracting(Delivery::text).containsExactly("1", "3", "4");
        assertThat(queue.receiver("other").receive(10))
                .singleElement()
                .satisfies(d -> assertThat(d.lease().position())
                        .as("position in the order of the sends")
                        .isBetween(
                                out.get(0).lease().position(),
                                out.get(1).lease().position()));
    }

    @Test
    void aStaleAckSendsNothing() {
        Delivery delivery = received();
        queue.nack(delivery, Duration.ZERO, Failure.NONE);
        assertThatThrownBy(() -> queue.ackAndPublish(List.of(delivery), List.of(to("out", "1"))))
                .isInstanceOf(StaleDeliveryException.class);
        assertThat(queue.receiver("out").receive(1)).isEmpty();
    }

    @Test
    void aSendThatFailsAcksNothing() {
        Delivery delivery = received();
        assertThatThrownBy(() -> queue.ackAndPublish(List.of(delivery), List.of(to("out", "1"), to("nowhere", "2"))))
                .isInstanceOf(NotFoundException.class);
        assertThat(queue.receiver("out").receive(1)).isEmpty();
        queue.ack(delivery);
    }

    private Delivery received() {
        queue.publish("in", OutgoingMessage.text("work").build());
        return queue.receiver("in").receive(1).get(0);
    }

    private static AddressedMessage to(String destination, String text) {
        return new AddressedMessage(destination, OutgoingMessage.text(text).build());
    }
}
