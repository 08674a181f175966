// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueue.Delivery;
import io.pgqueue.Lease;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.MDC;

/** OBS-7. */
class DeliveryMdcTest {

    private final Delivery delivery = new Delivery(
            UUID.randomUUID(),
            "events",
            "audit",
            null,
            Map.of(),
            new Delivery.Headers(Instant.EPOCH, null, 4, null, null, null, null, null),
            3,
            0,
            new Lease(0, 1, 4, 1, 1, Instant.EPOCH, false));

    @BeforeEach
    @AfterEach
    void clear() {
        MDC.clear();
    }

    @Test
    void namesTheTopicAndTheSubscription() {
        DeliveryMdc.of(List.of(delivery), "billing-1");
        assertThat(MDC.getCopyOfContextMap())
                .isEqualTo(Map.of(
                        "pgqueue.messageId", delivery.messageId().toString(),
                        "pgqueue.destination", "events",
                        "pgqueue.subscription", "audit",
                        "pgqueue.attempt", "3",
                        "pgqueue.consumer", "billing-1"));
    }

    /** A thread of a pool goes on to something else, or back to what it was at. */
    @Test
    void leavesTheContextAsItWas() {
        for (Map<String, String> before : List.of(
                Map.of("request", "7"),
                Map.of(
                        "request", "7",
                        "pgqueue.messageId", "outer",
                        "pgqueue.destination", "outer",
                        "pgqueue.subscription", "outer",
                        "pgqueue.attempt", "1",
                        "pgqueue.consumer", "outer"))) {
            MDC.setContextMap(before);
            DeliveryMdc.of(List.of(delivery), "billing-1").restore();
            assertThat(MDC.getCopyOfContextMap()).isEqualTo(before);
        }
    }
}
