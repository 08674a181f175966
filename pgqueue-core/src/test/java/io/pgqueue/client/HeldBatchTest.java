// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueue.Delivery;
import io.pgqueue.Lease;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class HeldBatchTest {

    private final HeldBatch batch = new HeldBatch(7);
    private final List<Delivery> deliveries = List.of(delivery(1), delivery(2), delivery(3));

    @BeforeEach
    void add() {
        batch.add(deliveries);
    }

    @Test
    void holdsAllUntilTheyAreSettledOrLost() {
        assertThat(batch.open()).containsExactlyInAnyOrderElementsOf(deliveries);
        HeldBatch.settled(deliveries.get(0));
        HeldBatch.lost(deliveries.get(1));
        assertThat(batch.open()).containsExactly(deliveries.get(2));
        assertThat(deliveries).extracting(Delivery::isCancelled).containsExactly(false, true, false);
    }

    /** A look at what is still held sees rows that we have just deleted ourselves, and says so later. */
    @Test
    void whatWeSettledCannotBeLostAnyMore() {
        HeldBatch.settled(deliveries.get(0));
        HeldBatch.lost(deliveries.get(0));
        assertThat(deliveries.get(0).isCancelled()).isFalse();
    }

    @Test
    void whatIsLostStaysLost() {
        HeldBatch.lost(deliveries.get(0));
        HeldBatch.settled(deliveries.get(0));
        HeldBatch.lost(deliveries.get(1));
        assertThat(deliveries).extracting(Delivery::isCancelled).containsExactly(true, true, false);
    }

    private Delivery delivery(long position) {
        Lease lease = new Lease(0, 7, 4, position, 1, Instant.EPOCH, false, batch);
        Delivery.Headers headers = new Delivery.Headers(Instant.EPOCH, null, 4, null, null, null, null, null);
        return new Delivery(new UUID(0, position), "d", "s", null, Map.of(), headers, 1, 0, lease);
    }
}
