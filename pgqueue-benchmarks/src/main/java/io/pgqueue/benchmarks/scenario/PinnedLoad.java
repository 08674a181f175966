// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.benchmarks.scenario;

import io.pgqueue.benchmarks.load.Batch;
import io.pgqueue.benchmarks.load.Bodies;
import io.pgqueue.benchmarks.load.Contender;
import io.pgqueue.benchmarks.load.Crew;
import io.pgqueue.benchmarks.load.Usage;
import io.pgqueue.benchmarks.server.BenchmarkServer;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Recorder;

/** Publishers and consumers at the same time, looked at window by window. It runs once. */
final class PinnedLoad {

    private static final long PAUSE_NANOS = 100_000;
    private static final Duration WAIT = Duration.ofMillis(100);
    private static final int DIGITS = 3;

    private final BenchmarkServer server;
    private final Contender contender;
    private final String schema;
    private final Bodies bodies;
    private final Plan plan;
    private final Crew crew = new Crew();
    private final Recorder received = new Recorder(DIGITS);
    private final Recorder acked = new Recorder(DIGITS);
    private final AtomicLong published = new AtomicLong();
    private final AtomicLong settled = new AtomicLong();
    private final List<Window> windows = new ArrayList<>();

    /**
     * @param clients publishers, and as many consumers
     * @param batch messages per call
     * @param rate messages per second that all publishers offer together, 0 for as many as they can
     * @param backlog messages by which publishers at full speed may be ahead of consumers
     * @param window length of a window
     * @param windows how many
     */
    record Plan(int clients, int batch, double rate, long backlog, Duration window, int windows) {}

    PinnedLoad(BenchmarkServer server, Contender contender, String schema, Bodies bodies, Plan plan) {
        this.server = server;
        this.contender = contender;
        this.schema = schema;
        this.bodies = bodies;
        this.plan = plan;
    }

    List<Window> run() throws InterruptedException, ExecutionException {
        for (int i = 0; i < plan.clients(); i++) {
            int publisher = i;
            crew.add(() -> publish(publisher));
            crew.add(this::consume);
        }
        crew.add(this::watch);
        crew.run();
        return List.copyOf(windows);
    }

    private void publish(int publisher) {
        // Publishers take turns: offered evenly, not in bursts of all of them.
        double interval = plan.rate() == 0 ? 0 : 1e9 * plan.batch() * plan.clients() / plan.rate();
        long start = System.nanoTime() + (long) (interval * publisher / plan.clients());
        for (long sent = 0; !crew.stopped(); ) {
            if (plan.rate() > 0) {
                long early = start + (long) (interval * sent) - System.nanoTime();
                if (early > 0) {
                    LockSupport.parkNanos(Math.min(early, WAIT.toNanos()));
                    continue;
                }
            } else if (published.get() - settled.get() > plan.backlog()) {
                LockSupport.parkNanos(PAUSE_NANOS);
                continue;
            }
            contender.send(bodies.next(sent * plan.batch(), plan.batch()));
            published.addAndGet(plan.batch());
            sent++;
        }
    }

    private void consume() throws InterruptedException {
        while (!crew.stopped()) {
            Batch batch = contender.receive(0, plan.batch(), WAIT);
            if (batch.size() > 0) {
                record(batch, received);
                batch.ack();
                record(batch, acked);
                settled.addAndGet(batch.size());
            }
        }
    }

    private static void record(Batch batch, Recorder recorder) {
        long now = System.nanoTime();
        for (int i = 0; i < batch.size(); i++) {
            recorder.recordValue(Math.max(0, now - Bodies.stamp(batch.body(i))) / 1000);
        }
    }

    private void watch() throws SQLException {
        try {
            long start = System.nanoTime();
            Usage before = Usage.now(server);
            long last = start;
            long publishedBefore = 0;
            long settledBefore = 0;
            while (windows.size() < plan.windows() && !crew.stopped()) {
                long end = start + plan.window().toNanos() * (windows.size() + 1);
                long left = end - System.nanoTime();
                if (left > 0) {
                    LockSupport.parkNanos(left);
                    continue;
                }
                long now = System.nanoTime();
                long settledNow = settled.get();
                long publishedNow = published.get();
                Usage usage = Usage.now(server);
                Usage used = usage.since(before);
                long count = settledNow - settledBefore;
                double messages = Math.max(1, count);
                windows.add(new Window(
                        (now - start) / 1e9,
                        publishedNow - publishedBefore,
                        count,
                        count * 1e9 / (now - last),
                        publishedNow - settledNow,
                        Latency.of(received.getIntervalHistogram()),
                        Latency.of(acked.getIntervalHistogram()),
                        used.databaseMicros() == null ? null : (Double) (used.databaseMicros() / messages),
                        used.walBytes() / messages,
                        StorageState.read(server.dataSource(), schema)));
                before = usage;
                last = now;
                publishedBefore = publishedNow;
                settledBefore = settledNow;
            }
        } finally {
            crew.stop();
        }
    }
}
