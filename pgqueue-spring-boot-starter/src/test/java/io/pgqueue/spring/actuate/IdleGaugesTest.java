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
import org.jspecify.annotations.Nullable;
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

    /** Two clients of Jakarta Messaging may each have a subscription of the same name. */
    @Test
    void subscriptionsOfOneNameAndTwoClientsHaveTheirOwn() {
        Instant now = Instant.ofEpochMilli(clock.wallTime());
        gauges.show(List.of(expiring("c1", now, now.plusSeconds(60)), expiring("c2", now, now.plusSeconds(90))));
        assertThat(seconds("c1/events.a")).isEqualTo(60);
        assertThat(seconds("c2/events.a")).isEqualTo(90);
        gauges.show(List.of(expiring("c2", now, now.plusSeconds(90))));
        assertThat(registry.getMeters()).hasSize(1);
    }

    private double seconds(String subscription) {
        return registry.get(MeterNames.EXPIRES_IN)
                .tag(MeterNames.SUBSCRIPTION, subscription)
                .timeGauge()
                .value(TimeUnit.SECONDS);
    }

    private double seconds() {
        return registry.get(MeterNames.EXPIRES_IN).timeGauge().value(TimeUnit.SECONDS);
    }

    private static SubscriptionMetrics expiring(Instant sampledAt, Instant end) {
        return expiring(null, sampledAt, end);
    }

    private static SubscriptionMetrics expiring(@Nullable String clientId, Instant sampledAt, Instant end) {
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
                clientId,
                true);
    }
}
