// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.actuate;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.TimeGauge;
import io.pgqueue.PgQueueException;
import io.pgqueue.SubscriptionStats;
import io.pgqueue.client.PgQueue;
import io.pgqueue.spring.listener.PgListenerContainer;
import io.pgqueue.spring.listener.PgListenerEndpointRegistry;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.beans.factory.SmartInitializingSingleton;

/**
 * Gauges of how many messages wait, by state, in the queues and subscriptions that this application listens to. They are
 * counted in the background, so a scrape asks the database nothing; on a deep backlog counting takes long, and then it is
 * done less often. Safe for use by several threads.
 */
public final class PgQueueSampler implements SmartInitializingSingleton, DisposableBean {

    private static final Logger LOG = LoggerFactory.getLogger(PgQueueSampler.class);

    /** Counting may take this part of the time. */
    private static final int SHARE = 20;

    private final MeterRegistry registry;
    private final PgQueue queue;
    private final PgListenerEndpointRegistry listeners;
    private final Duration interval;
    private final Map<Subscription, Sample> samples = new ConcurrentHashMap<>();
    private final ScheduledThreadPoolExecutor executor;

    /** @param interval shortest time from one count to the next */
    public PgQueueSampler(
            MeterRegistry registry, PgQueue queue, PgListenerEndpointRegistry listeners, Duration interval) {
        this.registry = registry;
        this.queue = queue;
        this.listeners = listeners;
        this.interval = interval;
        this.executor = new ScheduledThreadPoolExecutor(1, task -> {
            Thread thread = new Thread(task, "pgqueue-sampler");
            thread.setDaemon(true);
            return thread;
        });
        executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    }

    @Override
    public void afterSingletonsInstantiated() {
        executor.execute(this::sampleAndScheduleNext);
    }

    @Override
    public void destroy() {
        executor.shutdownNow();
    }

    private void sampleAndScheduleNext() {
        long start = System.nanoTime();
        try {
            for (PgListenerContainer container : listeners.getListenerContainers()) {
                if (!container.endpoint().name().startsWith("pgqueue.temp.")) {
                    sample(new Subscription(
                            container.endpoint().topic(), container.endpoint().name()));
                }
            }
        } catch (PgQueueException e) {
            LOG.debug("Messages could not be counted: {}", e.getMessage());
        } catch (RuntimeException e) {
            LOG.warn("Messages could not be counted", e);
        } finally {
            long took = System.nanoTime() - start;
            if (!executor.isShutdown()) {
                executor.schedule(
                        this::sampleAndScheduleNext, Math.max(interval.toNanos(), took * SHARE), TimeUnit.NANOSECONDS);
            }
        }
    }

    private void sample(Subscription subscription) {
        SubscriptionStats stats = queue.admin().stats(subscription.topic, subscription.name);
        long now = registry.config().clock().monotonicTime();
        samples.computeIfAbsent(subscription, name -> register(name, new Sample(stats, now)))
                .set(stats, now);
    }

    private Sample register(Subscription subscription, Sample sample) {
        Tags tags = subscription.tags();
        gauge("ready", "can be leased now", tags, sample, SubscriptionStats::ready);
        gauge("leased", "are held by a consumer", tags, sample, SubscriptionStats::leased);
        gauge("delayed", "wait for the time the sender asked for", tags, sample, SubscriptionStats::delayed);
        gauge("retrying", "wait out a backoff", tags, sample, SubscriptionStats::retrying);
        gauge("dead", "are dead letters", tags, sample, SubscriptionStats::dead);
        TimeGauge.builder(
                        MeterNames.SAMPLE_AGE,
                        sample,
                        TimeUnit.NANOSECONDS,
                        s -> registry.config().clock().monotonicTime() - s.takenAt)
                .description("Time since the messages of the subscription were counted")
                .tags(tags)
                .strongReference(true)
                .register(registry);
        return sample;
    }

    private void gauge(
            String state, String description, Tags tags, Sample sample, ToDoubleFunction<SubscriptionStats> count) {
        Gauge.builder(MeterNames.MESSAGES + state, sample, s -> count.applyAsDouble(s.stats))
                .description("Messages that " + description)
                .tags(tags)
                .strongReference(true)
                .register(registry);
    }

    private record Subscription(@Nullable String topic, String name) {

        Tags tags() {
            return Tags.of(MeterNames.DESTINATION, topic == null ? name : topic, MeterNames.SUBSCRIPTION, name);
        }
    }

    /** What the gauges show. */
    private static final class Sample {

        volatile SubscriptionStats stats;
        volatile long takenAt;

        Sample(SubscriptionStats stats, long takenAt) {
            this.stats = stats;
            this.takenAt = takenAt;
        }

        void set(SubscriptionStats newer, long now) {
            stats = newer;
            takenAt = now;
        }
    }
}
