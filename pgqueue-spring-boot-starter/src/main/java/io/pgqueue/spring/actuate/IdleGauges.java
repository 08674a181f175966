// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.actuate;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.TimeGauge;
import io.pgqueue.SubscriptionMetrics;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * How long subscriptions that end when nobody consumes from them still have: all of the database, because such a one has no
 * listener. A gauge goes with its subscription. For one thread; the gauges may be read by any.
 */
final class IdleGauges {

    private final MeterRegistry registry;
    private final Map<List<String>, Left> gauges = new HashMap<>();

    IdleGauges(MeterRegistry registry) {
        this.registry = registry;
    }

    void show(List<SubscriptionMetrics> all) {
        Set<List<String>> seen = new HashSet<>();
        for (SubscriptionMetrics metrics : all) {
            Instant end = metrics.expiresAt();
            String topic = metrics.topic();
            if (end != null && topic != null) {
                List<String> name = List.of(topic, metrics.address());
                seen.add(name);
                gauges.computeIfAbsent(name, this::register).end = end;
            }
        }
        gauges.entrySet().removeIf(gauge -> !seen.contains(gauge.getKey()) && remove(gauge.getValue()));
    }

    private Left register(List<String> name) {
        Left left = new Left();
        left.meter = TimeGauge.builder(MeterNames.EXPIRES_IN, left, TimeUnit.MILLISECONDS, this::millisLeft)
                .description("Time until the subscription is dropped unless somebody consumes from it")
                .tag(MeterNames.DESTINATION, name.get(0))
                .tag(MeterNames.SUBSCRIPTION, name.get(1))
                .strongReference(true)
                .register(registry);
        return left;
    }

    /** By the clock of this JVM, so that it goes on between samples; 0 for one that the next maintenance drops. */
    private double millisLeft(Left left) {
        return Math.max(0, left.end.toEpochMilli() - registry.config().clock().wallTime());
    }

    private boolean remove(Left left) {
        if (left.meter != null) {
            registry.remove(left.meter);
        }
        return true;
    }

    private static final class Left {

        volatile Instant end = Instant.EPOCH;

        @Nullable
        Meter meter;
    }
}
