// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import static io.pgqueue.client.Given.given;

import io.pgqueue.InvalidArgumentException;
import io.pgqueue.SchemaName;
import io.pgqueue.jdbc.CallListeners;
import io.pgqueue.jdbc.ConnectionSource;
import io.pgqueue.jdbc.JdbcUrl;
import io.pgqueue.jdbc.SlowCalls;
import io.pgqueue.jdbc.StatementListener;
import io.pgqueue.maintenance.Maintenance;
import io.pgqueue.wakeup.Wakeups;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/**
 * Settings of a {@link PgQueue}, each with a default: {@code PgQueue.builder(dataSource).build()} is enough. Not safe for use by
 * several threads.
 */
public final class PgQueueBuilder {

    final ConnectionSource source;
    SchemaName schema = SchemaName.DEFAULT;
    Duration pollInterval = Duration.ofSeconds(1);
    Duration sendTimeout = Duration.ofSeconds(30);
    Duration wakeupMerge = Duration.ofMillis(5);
    Wakeups.@Nullable ListenConnection listenConnection;
    boolean maintain = true;
    Duration sampleInterval = Duration.ofSeconds(10);
    String consumer = Holders.thisProcess();
    Maintenance.Settings maintenanceSettings = Maintenance.Settings.DEFAULT;
    PgQueueObserver observer = PgQueueObserver.NONE;
    MissingDestination missingDestination = MissingDestination.FAIL;
    Duration clientLease = Duration.ofSeconds(10);
    private Duration slowCall = Duration.ofMillis(100);
    private final List<StatementListener> statementListeners = new ArrayList<>();

    PgQueueBuilder(ConnectionSource source) {
        this.source = source;
    }

    /** Name of the schema, default {@code pgqueue}. */
    public PgQueueBuilder schema(String schema) {
        this.schema = new SchemaName(given("schema", schema));
        return this;
    }

    /**
     * Without wake-ups a message is found within this time; 0.1 to 60 s, default 1 s. Below that polling would cost more than
     * it gains.
     *
     * @throws InvalidArgumentException if it is out of range
     */
    public PgQueueBuilder pollInterval(Duration interval) {
        this.pollInterval =
                between("pollInterval", given("interval", interval), Duration.ofMillis(100), Duration.ofSeconds(60));
        return this;
    }

    /**
     * Wake-ups between JVMs, by a connection of their own that listens. Default: none, consumers of other JVMs poll.
     * Behind a transaction-pooling proxy this connection must go to the server directly.
     */
    public PgQueueBuilder listenOn(Wakeups.ListenConnection connection) {
        this.listenConnection = given("connection", connection);
        return this;
    }

    /** As {@link #listenOn(Wakeups.ListenConnection)}, on a connection by this JDBC URL. */
    public PgQueueBuilder listenOn(String url, Properties properties) {
        given("url", url);
        given("properties", properties);
        return listenOn(() -> JdbcUrl.connect(url, properties));
    }

    /**
     * How long a publish in a transaction of its own waits for room in a full subscription whose policy is
     * {@link io.pgqueue.WhenFull#BLOCK}; zero for not at all, at most a day, default 30 s.
     *
     * @throws InvalidArgumentException if it is out of range
     */
    public PgQueueBuilder sendTimeout(Duration timeout) {
        this.sendTimeout = between("sendTimeout", given("timeout", timeout), Duration.ZERO, Duration.ofDays(1));
        return this;
    }

    /**
     * Shortest time between two notifications of this JVM; 1 ms to 1 s, default 5 ms.
     *
     * @throws InvalidArgumentException if it is out of range
     */
    public PgQueueBuilder wakeupMerge(Duration merge) {
        this.wakeupMerge = between("wakeupMerge", given("merge", merge), Duration.ofMillis(1), Duration.ofSeconds(1));
        return this;
    }

    /** Whether this JVM takes part in maintenance, default true. Some client must, or call {@code maintain()}. */
    public PgQueueBuilder maintenance(boolean maintain) {
        this.maintain = maintain;
        return this;
    }

    /**
     * Time between samples of all subscriptions, {@link PgQueueAdmin#metrics()}; 1 to 300 s, default 10 s. The
     * shortest of all JVMs counts, and a sample that took long is repeated later.
     *
     * @throws InvalidArgumentException if it is out of range
     */
    public PgQueueBuilder sampleInterval(Duration interval) {
        this.sampleInterval =
                between("sampleInterval", given("interval", interval), Duration.ofSeconds(1), Duration.ofMinutes(5));
        return this;
    }

    /** How often this JVM calls for maintenance, and when it moves publishing on to the next slot. */
    public PgQueueBuilder maintenance(Maintenance.Settings settings) {
        this.maintenanceSettings = given("settings", settings);
        return this;
    }

    /**
     * Who holds the leases, unless a receiver has a name of its own; default host and process id.
     *
     * @param name 1 to 255 characters
     * @throws InvalidArgumentException if it is empty or longer
     */
    public PgQueueBuilder consumer(String name) {
        this.consumer = Objects.requireNonNull(
                ReceiverOptions.DEFAULT.withConsumer(given("name", name)).consumer());
        return this;
    }

    /** Told what happens, for metrics and the like; default nobody. */
    public PgQueueBuilder observer(PgQueueObserver observer) {
        this.observer = PgQueueObserver.of(List.of(given("observer", observer)));
        return this;
    }

    /** What happens with names of destinations that do not exist; default {@link MissingDestination#FAIL}. */
    public PgQueueBuilder missingDestination(MissingDestination missing) {
        this.missingDestination = given("missing", missing);
        return this;
    }

    /**
     * How long what a {@link Client} owns is kept for it when this JVM is not heard of; 1 s to 5 minutes, default 10 s.
     * It is renewed at a third of this, over a connection of the pool. Then others may have it, and 50 s later what nobody
     * asked for is removed. Shorter, and what a JVM owned that was killed is free sooner; but as long an outage of the
     * database may cost a living one what others ask for.
     *
     * @throws InvalidArgumentException if it is out of range
     */
    public PgQueueBuilder clientLease(Duration lease) {
        this.clientLease = between("clientLease", given("lease", lease), Duration.ofSeconds(1), Duration.ofMinutes(5));
        return this;
    }

    /**
     * Calls to the database that take longer are warned of, each function once a minute at most, by name and number of
     * messages; 1 ms to 60 s, default 100 ms, zero for never. Maintenance and samples, for which nobody waits, may take ten
     * times that.
     *
     * @throws InvalidArgumentException if it is out of range
     */
    public PgQueueBuilder slowCall(Duration threshold) {
        this.slowCall = given("threshold", threshold).isZero()
                ? threshold
                : between("slowCall", threshold, Duration.ofMillis(1), Duration.ofSeconds(60));
        return this;
    }

    /** Told of each call to the database, beside those added before. */
    public PgQueueBuilder statementListener(StatementListener listener) {
        statementListeners.add(given("listener", listener));
        return this;
    }

    /** Whoever watches the calls. */
    CallListeners callListeners() {
        List<StatementListener> listeners = new ArrayList<>(statementListeners);
        if (!slowCall.isZero()) {
            listeners.add(new SlowCalls(slowCall));
        }
        return new CallListeners(listeners);
    }

    /** Starts the threads; opens no connection yet, so the database may come later. */
    public PgQueue build() {
        return new PgQueue(new Engine(this));
    }

    private static Duration between(String setting, Duration value, Duration from, Duration to) {
        if (value.compareTo(from) < 0 || value.compareTo(to) > 0) {
            throw new InvalidArgumentException(setting + " is " + value + ", must be " + from + " to " + to);
        }
        return value;
    }
}
