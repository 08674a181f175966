// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How a container runs.
 *
 * @param concurrency number of workers, which is how many deliveries are handled at the same time; 1 to 1000
 * @param batchSize most deliveries leased at a time, and most that wait in the JVM for a free worker; 1 to 1000. Fewer
 *     are leased when handlers are slow, so that what is leased is soon started
 * @param ackMode when deliveries are acknowledged
 * @param lease how long a delivery is held without a renewal, null for the subscription's own time
 * @param autoStartup whether the container starts with the application
 * @param maxProcessingTime a handler's lease is renewed for so long, and its transaction lasts at most so long
 * @param shutdownTimeout how long handlers may go on when the container stops; then they are interrupted
 */
public record ContainerOptions(
        int concurrency,
        int batchSize,
        AckMode ackMode,
        @Nullable Duration lease,
        boolean autoStartup,
        Duration maxProcessingTime,
        Duration shutdownTimeout) {

    private static final Duration LONGEST_PROCESSING = Duration.ofHours(24);
    private static final Duration LONGEST_SHUTDOWN = Duration.ofHours(1);

    /** One worker, 10 at a time, mode TRANSACTION, 10 minutes to process, 30 seconds to stop. */
    public static final ContainerOptions DEFAULT = new ContainerOptions(
            1, 10, AckMode.TRANSACTION, null, true, Duration.ofMinutes(10), Duration.ofSeconds(30));

    public ContainerOptions {
        check("concurrency", concurrency, concurrency >= 1 && concurrency <= 1000, "1 to 1000");
        check("batchSize", batchSize, batchSize >= 1 && batchSize <= 1000, "1 to 1000");
        check(
                "maxProcessingTime",
                maxProcessingTime,
                maxProcessingTime.compareTo(Duration.ofSeconds(1)) >= 0
                        && maxProcessingTime.compareTo(LONGEST_PROCESSING) <= 0,
                "1 s to 24 h");
        check(
                "shutdownTimeout",
                shutdownTimeout,
                !shutdownTimeout.isNegative() && shutdownTimeout.compareTo(LONGEST_SHUTDOWN) <= 0,
                "0 to 1 h");
        if (lease != null) {
            check(
                    "lease",
                    lease,
                    lease.compareTo(Duration.ofSeconds(1)) >= 0 && lease.compareTo(maxProcessingTime) <= 0,
                    "1 s to maxProcessingTime, which is " + maxProcessingTime);
        }
    }

    public ContainerOptions withConcurrency(int workers) {
        return new ContainerOptions(
                workers, batchSize, ackMode, lease, autoStartup, maxProcessingTime, shutdownTimeout);
    }

    public ContainerOptions withBatchSize(int size) {
        return new ContainerOptions(concurrency, size, ackMode, lease, autoStartup, maxProcessingTime, shutdownTimeout);
    }

    public ContainerOptions withAckMode(AckMode mode) {
        return new ContainerOptions(
                concurrency, batchSize, mode, lease, autoStartup, maxProcessingTime, shutdownTimeout);
    }

    public ContainerOptions withLease(@Nullable Duration time) {
        return new ContainerOptions(
                concurrency, batchSize, ackMode, time, autoStartup, maxProcessingTime, shutdownTimeout);
    }

    public ContainerOptions withAutoStartup(boolean start) {
        return new ContainerOptions(concurrency, batchSize, ackMode, lease, start, maxProcessingTime, shutdownTimeout);
    }

    public ContainerOptions withMaxProcessingTime(Duration time) {
        return new ContainerOptions(concurrency, batchSize, ackMode, lease, autoStartup, time, shutdownTimeout);
    }

    public ContainerOptions withShutdownTimeout(Duration timeout) {
        return new ContainerOptions(concurrency, batchSize, ackMode, lease, autoStartup, maxProcessingTime, timeout);
    }

    /**
     * Most connections of the pool that a container uses at once: one for each worker, one to lease, one to renew leases.
     * A handler that asks for more, by REQUIRES_NEW for example, adds its own.
     */
    public int connections() {
        return concurrency + 2;
    }

    private static void check(String field, Object value, boolean valid, String rule) {
        if (!valid) {
            throw new IllegalArgumentException("Listener option " + field + " is " + value + ", must be " + rule);
        }
    }
}
