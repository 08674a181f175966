// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.benchmarks.scenario;

import io.pgqueue.benchmarks.load.Batch;
import io.pgqueue.benchmarks.load.Bodies;
import io.pgqueue.benchmarks.load.Contender;
import io.pgqueue.benchmarks.load.Crew;
import io.pgqueue.benchmarks.load.Usage;
import io.pgqueue.benchmarks.server.BenchmarkServer;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/** One run of one cell by one contender: prepared outside the measured time, then measured. It runs once. */
final class CellRun {

    private static final int FILL_BATCH = 500;
    private static final long PAUSE_NANOS = 100_000;
    private static final Duration WAIT = Duration.ofMillis(100);

    /** Time that consumers get beyond the limit of the run to take what is still there. */
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(60);

    private final BenchmarkServer server;
    private final Contender contender;
    private final Cell cell;
    private final Bodies bodies;
    private final Limits limits;
    private final Crew crew = new Crew();
    private final AtomicLong claimed = new AtomicLong();
    private final AtomicLong published = new AtomicLong();
    private final AtomicLong settled = new AtomicLong();
    private final AtomicLong publishing = new AtomicLong();
    private final AtomicLong lastDone = new AtomicLong();
    private long deadline;

    /**
     * @param messages at which a run ends
     * @param nanos after which it ends, whatever comes first
     * @param backlog messages by which publishers may be ahead of consumers in the steady phase
     */
    record Limits(long messages, long nanos, long backlog) {}

    CellRun(BenchmarkServer server, Contender contender, Cell cell, Bodies bodies, Limits limits) {
        this.server = server;
        this.contender = contender;
        this.cell = cell;
        this.bodies = bodies;
        this.limits = limits;
    }

    RunFigures measure() throws SQLException, InterruptedException, ExecutionException {
        prepare();
        switch (cell.phase()) {
            case SEND -> addPublishers();
            case CONSUME, ACK -> addConsumers();
            case STEADY -> {
                addPublishers();
                addConsumers();
            }
        }
        Usage before = Usage.now(server);
        deadline = System.nanoTime() + limits.nanos();
        long start = crew.run();
        // Not the end of the last thread, which may have waited for one more message.
        long nanos = lastDone.get() - start;
        Usage used = Usage.now(server).since(before);
        return RunFigures.of(cell.phase() == Phase.SEND ? published.get() : settled.get(), nanos, used);
    }

    private void prepare() throws SQLException, InterruptedException {
        contender.reset();
        // Pages that are new since a checkpoint need no full image in the log: then every run writes the same.
        try (Connection connection = server.dataSource().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("checkpoint");
        }
        if (cell.phase().needsBacklog()) {
            fill(limits.messages());
            published.set(limits.messages());
        }
        if (cell.analysed()) {
            analyse();
        }
    }

    /** The planner sees a filled leaf, as autovacuum would under load, whatever the phase begins with. */
    private void analyse() throws SQLException, InterruptedException {
        boolean empty = !cell.phase().needsBacklog();
        if (empty) {
            fill(FILL_BATCH);
        }
        contender.analyse();
        for (int subscription = 0; empty && subscription < cell.fanout(); subscription++) {
            for (int left = FILL_BATCH; left > 0; ) {
                Batch batch = contender.receive(subscription, FILL_BATCH, WAIT);
                batch.ack();
                left -= batch.size();
            }
        }
    }

    private void fill(long messages) {
        for (long sent = 0; sent < messages; sent += FILL_BATCH) {
            contender.send(bodies.next(sent, (int) Math.min(FILL_BATCH, messages - sent)));
        }
    }

    private void addPublishers() {
        publishing.set(cell.clients());
        for (int i = 0; i < cell.clients(); i++) {
            crew.add(this::publish);
        }
    }

    private void publish() {
        while (!crew.stopped() && System.nanoTime() < deadline) {
            if (cell.phase() == Phase.STEADY && published.get() - settled.get() / cell.fanout() > limits.backlog()) {
                LockSupport.parkNanos(PAUSE_NANOS);
                continue;
            }
            long from = claimed.getAndAdd(cell.batch());
            int count = (int) Math.min(cell.batch(), limits.messages() - from);
            if (count <= 0) {
                break;
            }
            contender.send(bodies.next(from, count));
            published.addAndGet(count);
            lastDone.set(System.nanoTime());
        }
        publishing.decrementAndGet();
    }

    private void addConsumers() {
        for (int i = 0; i < cell.clients(); i++) {
            int first = i;
            crew.add(() -> consume(first));
        }
    }

    private void consume(int first) throws InterruptedException {
        int max = cell.phase() == Phase.ACK ? contender.receiveForSingleAcks() : cell.batch();
        // Waiting at one of several subscriptions would leave the others alone: then only look, and pause after a
        // round.
        Duration wait = cell.fanout() == 1 ? WAIT : Duration.ZERO;
        int empty = 0;
        Batch batch = Batch.NONE;
        for (int subscription = first % cell.fanout(); more(); subscription = (subscription + 1) % cell.fanout()) {
            batch = cell.phase() == Phase.ACK
                    ? contender.receive(subscription, max, wait)
                    : turn(batch, subscription, max, wait);
            if (batch.size() > 0) {
                empty = 0;
            } else if (++empty >= cell.fanout()) {
                LockSupport.parkNanos(PAUSE_NANOS);
            }
            if (cell.phase() == Phase.ACK) {
                batch.ackEach();
                settled(batch);
            }
        }
        if (cell.phase() != Phase.ACK) {
            batch.ack();
            settled(batch);
        }
    }

    private Batch turn(Batch done, int subscription, int max, Duration wait) throws InterruptedException {
        // Waiting is no part of settling, so it comes after the count.
        Batch next = contender.turn(done, subscription, max, Duration.ZERO);
        settled(done);
        return next.size() > 0 || wait.isZero() || !more() ? next : contender.receive(subscription, max, wait);
    }

    private void settled(Batch batch) {
        if (batch.size() > 0) {
            settled.addAndGet(batch.size());
            lastDone.set(System.nanoTime());
        }
    }

    private boolean more() {
        if (crew.stopped()) {
            return false;
        }
        long now = System.nanoTime();
        if (cell.phase().needsBacklog()) {
            return now < deadline && settled.get() < limits.messages() * cell.fanout();
        }
        if (now > deadline + PATIENCE_NANOS) {
            throw new IllegalStateException("%s delivered %d of %d messages only"
                    .formatted(contender.name(), settled.get(), published.get() * cell.fanout()));
        }
        return publishing.get() > 0 || settled.get() < published.get() * cell.fanout();
    }
}
