// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.actuate;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.pgqueue.Delivery;
import io.pgqueue.client.PgQueueObserver;
import io.pgqueue.spring.listener.PgListenerEndpoint;
import io.pgqueue.spring.listener.ProcessingObserver;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * Counts and times what this JVM does, by destination and subscription. Asks the database nothing. Safe for use by several
 * threads.
 */
public final class PgQueueMetrics implements PgQueueObserver, ProcessingObserver {

    private final MeterRegistry registry;
    private final Map<String, Counter> published = new ConcurrentHashMap<>();
    private final Map<Subscription, Meters> subscriptions = new ConcurrentHashMap<>();

    public PgQueueMetrics(MeterRegistry registry) {
        this.registry = registry;
    }

    @Override
    public void published(String destination, int messages) {
        published
                .computeIfAbsent(
                        MeterNames.bounded(destination),
                        name -> Counter.builder(MeterNames.PUBLISHED)
                                .description(
                                        "Messages published, committed or part of a transaction on the caller's connection")
                                .tag(MeterNames.DESTINATION, name)
                                .register(registry))
                .increment(messages);
    }

    @Override
    public void received(String destination, String subscription, int deliveries) {
        meters(destination, subscription).received.increment(deliveries);
    }

    @Override
    public void acked(String destination, String subscription, int deliveries) {
        meters(destination, subscription).acked.increment(deliveries);
    }

    @Override
    public void retried(Delivery delivery) {
        meters(delivery).retried.increment();
    }

    @Override
    public void deadLettered(Delivery delivery) {
        meters(delivery).dead.increment();
    }

    @Override
    public void stale(Delivery delivery) {
        meters(delivery).stale.increment();
    }

    @Override
    public Processing started(PgListenerEndpoint endpoint, List<Delivery> unit) {
        Meters meters = meters(unit.get(0));
        long now = registry.config().clock().wallTime();
        for (Delivery delivery : unit) {
            if (!delivery.redelivered()) {
                // The database's clock may be a little ahead of ours.
                long lag = Math.max(0, now - delivery.headers().sentAt().toEpochMilli());
                meters.lag.record(Duration.ofMillis(lag));
            }
        }
        long start = registry.config().clock().monotonicTime();
        return new Processing() {
            @Override
            public void ended() {
                meters.handler.record(registry.config().clock().monotonicTime() - start, TimeUnit.NANOSECONDS);
            }
        };
    }

    private Meters meters(Delivery delivery) {
        return meters(delivery.destination(), delivery.subscription());
    }

    private Meters meters(String destination, String subscription) {
        return subscriptions.computeIfAbsent(
                new Subscription(MeterNames.bounded(destination), MeterNames.bounded(subscription)),
                name -> new Meters(registry, name.tags()));
    }

    private record Subscription(String destination, String name) {

        Tags tags() {
            return Tags.of(MeterNames.DESTINATION, destination, MeterNames.SUBSCRIPTION, name);
        }
    }

    /** Those of one subscription. */
    private static final class Meters {

        final Counter received;
        final Counter acked;
        final Counter retried;
        final Counter dead;
        final Counter stale;
        final Timer handler;
        final Timer lag;

        Meters(MeterRegistry registry, Tags tags) {
            received = counter(registry, MeterNames.RECEIVED, "Deliveries leased", tags);
            acked = counter(registry, MeterNames.ACKED, "Deliveries acknowledged", tags);
            retried = counter(registry, MeterNames.RETRIED, "Deliveries that failed and come again", tags);
            dead = counter(registry, MeterNames.DEAD, "Deliveries that became dead letters by a settlement", tags);
            stale = counter(registry, MeterNames.STALE, "Deliveries settled when they were no longer ours", tags);
            handler = Timer.builder(MeterNames.HANDLER)
                    .description("Time from the call of the handler to the end of the settlement, by call")
                    .tags(tags)
                    .register(registry);
            lag = Timer.builder(MeterNames.LAG)
                    .description("Time from publishing, delays included, to the first call of the handler")
                    .tags(tags)
                    .register(registry);
        }

        private static Counter counter(MeterRegistry registry, String name, String description, Tags tags) {
            return Counter.builder(name).description(description).tags(tags).register(registry);
        }
    }
}
