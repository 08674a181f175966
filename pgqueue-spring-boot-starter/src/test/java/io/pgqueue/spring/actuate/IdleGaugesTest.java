// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.actuate;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.MockClock;
import io.micrometer.core.instrument.simple.SimpleConfig;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.pgqueue.SubscriptionMetrics;
import io.pgqueue.SubscriptionStats;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class IdleGaugesTest {

    private final MockClock clock = new MockClock();
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry(SimpleConfig.DEFAULT, clock);
    private final IdleGauges gauges = new IdleGauges(registry);

    @Test
    void theTimeLeftBecomesLessBetweenSamplesAndEndsAtZero() {
        Instant now = Instant.ofEpochMilli(clock.wallTime());
        gauges.show(List.of(expiring(now.minusSeconds(9), now.plusSeconds(60))));
        assertThat(seconds()).isEqualTo(60);
        clock.add(Duration.ofSeconds(20));
        assertThat(seconds()).isEqualTo(40);
        clock.add(Duration.ofSeconds(50));
        assertThat(seconds()).isZero();
    }

    @Test
    void aGaugeGoesWithItsSubscription() {
        gauges.show(List.of(expiring(Instant.EPOCH, Instant.EPOCH.plusSeconds(60))));
        gauges.show(List.of());
        assertThat(registry.getMeters()).isEmpty();
    }

    private double seconds() {
        return registry.get(MeterNames.EXPIRES_IN).timeGauge().value(TimeUnit.SECONDS);
    }

    private static SubscriptionMetrics expiring(Instant sampledAt, Instant end) {
        return new SubscriptionMetrics(
                "events",
                "events.a",
                sampledAt,
                new SubscriptionStats(0, 0, 0, 0, 0),
                false,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                null,
                null,
                false,
                end,
                null,
                true);
    }
}
