// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.actuate;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.TimeGauge;
import io.pgqueue.ForbiddenException;
import io.pgqueue.PgQueueException;
import io.pgqueue.SubscriptionMetrics;
import io.pgqueue.SubscriptionStats;
import io.pgqueue.client.PgQueue;
import io.pgqueue.spring.listener.PgListenerEndpointRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.beans.factory.SmartInitializingSingleton;

/**
 * Gauges of the queues and subscriptions that this application listens to: how many messages there are, by state, and how
 * long the oldest has been ready; and of all subscriptions that end when nobody consumes from them. They show the last sample that some JVM has taken of the whole database, and are read
 * with one cheap query in the background; a scrape asks the database nothing. Safe for use by several threads.
 */
public final class PgQueueSampler implements SmartInitializingSingleton, DisposableBean {

    private static final Logger LOG = LoggerFactory.getLogger(PgQueueSampler.class);

    private static final String TEMPORARY = "pgqueue.temp.";

    private final MeterRegistry registry;
    private final PgQueue queue;
    private final PgListenerEndpointRegistry listeners;
    private final Duration interval;
    private final Map<Subscription, Sample> samples = new ConcurrentHashMap<>();
    private final IdleGauges idle;
    private final ScheduledThreadPoolExecutor executor;

    /** Whether that was said, which is enough; of the executor's thread. */
    private boolean forbidden;

    /** @param interval time between two looks at the last sample */
    public PgQueueSampler(
            MeterRegistry registry, PgQueue queue, PgListenerEndpointRegistry listeners, Duration interval) {
        this.registry = registry;
        this.queue = queue;
        this.listeners = listeners;
        this.interval = interval;
        this.idle = new IdleGauges(registry);
        this.executor = new ScheduledThreadPoolExecutor(1, task -> {
            Thread thread = new Thread(task, "pgqueue-sampler");
            thread.setDaemon(true);
            return thread;
        });
        executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    }

    @Override
    public void afterSingletonsInstantiated() {
        executor.scheduleWithFixedDelay(this::look, 0, interval.toNanos(), TimeUnit.NANOSECONDS);
    }

    @Override
    public void destroy() {
        executor.shutdownNow();
    }

    private void look() {
        Set<Subscription> wanted = listeners.getListenerContainers().stream()
                .map(container -> new Subscription(
                        container.endpoint().topic(), container.endpoint().name()))
                .filter(subscription -> !subscription.name.startsWith(TEMPORARY))
                .collect(Collectors.toSet());
        if (wanted.isEmpty()) {
            // The last listener may have been taken away.
            idle.show(List.of());
            return;
        }
        try {
            long now = registry.config().clock().monotonicTime();
            List<SubscriptionMetrics> all = queue.admin().metrics();
            idle.show(all);
            for (SubscriptionMetrics metrics : all) {
                Subscription subscription = new Subscription(metrics.topic(), metrics.address());
                if (metrics.durable() && wanted.contains(subscription)) {
                    samples.computeIfAbsent(subscription, name -> register(name, new Sample(metrics, now)))
                            .set(metrics, now);
                }
            }
        } catch (ForbiddenException e) {
            if (!forbidden) {
                forbidden = true;
                LOG.warn(
                        "There are no gauges of the queues: {}. They need the role pgqueue_reader: grant pgqueue_reader to "
                                + "the database user, or set pgqueue.metrics.enabled=false",
                        e.getMessage());
            }
        } catch (PgQueueException e) {
            LOG.debug("There is no sample of the messages: {}", e.getMessage());
        } catch (RuntimeException | Error e) {
            // Thrown on, it would silently end the schedule.
            LOG.warn("There is no sample of the messages", e);
        }
    }

    private Sample register(Subscription subscription, Sample sample) {
        Tags tags = subscription.tags();
        gauge("ready", "can be leased now", tags, sample, SubscriptionStats::ready);
        gauge("leased", "are held by a consumer", tags, sample, SubscriptionStats::leased);
        gauge("delayed", "wait for the time the sender asked for", tags, sample, SubscriptionStats::delayed);
        gauge("retrying", "wait out a backoff", tags, sample, SubscriptionStats::retrying);
        gauge("dead", "are dead letters", tags, sample, SubscriptionStats::dead);
        TimeGauge.builder(MeterNames.OLDEST_AGE, sample, TimeUnit.NANOSECONDS, Sample::oldestAge)
                .description("Time since the oldest message that is ready became so, 0 if none is")
                .tags(tags)
                .strongReference(true)
                .register(registry);
        TimeGauge.builder(
                        MeterNames.SAMPLE_AGE,
                        sample,
                        TimeUnit.NANOSECONDS,
                        s -> registry.config().clock().monotonicTime() - s.seenAt)
                .description("Time since this JVM has first seen the sample that the gauges show")
                .tags(tags)
                .strongReference(true)
                .register(registry);
        return sample;
    }

    private void gauge(
            String state, String description, Tags tags, Sample sample, ToDoubleFunction<SubscriptionStats> count) {
        Gauge.builder(MeterNames.MESSAGES + state, sample, s -> count.applyAsDouble(s.metrics.counts()))
                .description("Messages that " + description + ", estimated when there are very many")
                .tags(tags)
                .strongReference(true)
                .register(registry);
    }

    private record Subscription(@Nullable String topic, String name) {

        Tags tags() {
            return Tags.of(MeterNames.DESTINATION, topic == null ? name : topic, MeterNames.SUBSCRIPTION, name);
        }
    }

    /** What the gauges show. Set by one thread. */
    private static final class Sample {

        volatile SubscriptionMetrics metrics;
        volatile long seenAt;

        Sample(SubscriptionMetrics metrics, long now) {
            this.metrics = metrics;
            this.seenAt = now;
        }

        void set(SubscriptionMetrics newer, long now) {
            if (!newer.sampledAt().equals(metrics.sampledAt())) {
                seenAt = now;
            }
            metrics = newer;
        }

        double oldestAge() {
            Duration age = metrics.oldestReadyAge();
            return age == null ? 0 : age.toNanos();
        }
    }
}
