// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How a container runs. Checked when it is built, so a bad value stops the start. Immutable and safe for use by several
 * threads.
 */
public final class ContainerOptions {

    /**
     * One worker, 10 at a time, mode TRANSACTION with one message each, 10 minutes to process, 30 seconds to stop, failures
     * classified by {@link FailureClassifier#DEFAULT}.
     */
    public static final ContainerOptions DEFAULT = new ContainerOptions(new Builder());

    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration DAY = Duration.ofHours(24);
    private static final Duration HOUR = Duration.ofHours(1);
    private static final int MOST = 1000;

    private final Builder values;

    private ContainerOptions(Builder values) {
        this.values = values;
    }

    /** Fewest workers: so many are there even when there is nothing to do. */
    public int minConcurrency() {
        return values.minConcurrency;
    }

    /** Most workers, which is how many handlers run at the same time. */
    public int concurrency() {
        return values.concurrency;
    }

    public int batchSize() {
        return values.batchSize;
    }

    public int messagesPerTransaction() {
        return values.messagesPerTransaction;
    }

    public AckMode ackMode() {
        return values.ackMode;
    }

    /** Null for the subscription's own time. */
    public @Nullable Duration lease() {
        return values.lease;
    }

    public boolean autoStartup() {
        return values.autoStartup;
    }

    public Duration maxProcessingTime() {
        return values.maxProcessingTime;
    }

    public Duration transactionTimeout() {
        return values.transactionTimeout == null ? values.maxProcessingTime : values.transactionTimeout;
    }

    public Duration shutdownTimeout() {
        return values.shutdownTimeout;
    }

    /** Null for no events. */
    public @Nullable Duration idleEventInterval() {
        return values.idleEventInterval;
    }

    /** Null for the subscription's own number. */
    public @Nullable Integer maxAttempts() {
        return values.maxAttempts;
    }

    /** Null for the subscription's own. */
    public @Nullable RetryBackoff backoff() {
        return values.backoff;
    }

    /** Null for what the subscription says. */
    public @Nullable String deadLetterQueue() {
        return values.deadLetterQueue;
    }

    public ListenerErrorHandler errorHandler() {
        return values.errorHandler;
    }

    /** Null for none. */
    public @Nullable DeadLetterHandler deadLetterHandler() {
        return values.deadLetterHandler;
    }

    /**
     * Most connections of the pool that a container uses at once: one for each worker, one to lease, one to renew leases.
     * A handler that asks for more, by REQUIRES_NEW for example, adds its own.
     */
    public int connections() {
        return concurrency() + 2;
    }

    /** A builder that starts with these values. */
    public Builder toBuilder() {
        return new Builder(values);
    }

    @Override
    public String toString() {
        return "ContainerOptions[concurrency " + minConcurrency() + "-" + concurrency() + ", batchSize " + batchSize()
                + ", " + ackMode() + ", messagesPerTransaction " + messagesPerTransaction() + ", lease " + lease()
                + ", maxProcessingTime " + maxProcessingTime() + ", shutdownTimeout " + shutdownTimeout() + "]";
    }

    /** Not safe for use by several threads. */
    public static final class Builder {

        private int minConcurrency = 1;
        private int concurrency = 1;
        private int batchSize = 50;
        private int messagesPerTransaction = 1;
        private AckMode ackMode = AckMode.TRANSACTION;
        private @Nullable Duration lease;
        private boolean autoStartup = true;
        private Duration maxProcessingTime = Duration.ofMinutes(10);
        private @Nullable Duration transactionTimeout;
        private Duration shutdownTimeout = Duration.ofSeconds(30);
        private @Nullable Duration idleEventInterval;
        private @Nullable Integer maxAttempts;
        private @Nullable RetryBackoff backoff;
        private @Nullable String deadLetterQueue;
        private ListenerErrorHandler errorHandler = FailureClassifier.DEFAULT;
        private @Nullable DeadLetterHandler deadLetterHandler;

        private Builder() {}

        private Builder(Builder other) {
            this.minConcurrency = other.minConcurrency;
            this.concurrency = other.concurrency;
            this.batchSize = other.batchSize;
            this.messagesPerTransaction = other.messagesPerTransaction;
            this.ackMode = other.ackMode;
            this.lease = other.lease;
            this.autoStartup = other.autoStartup;
            this.maxProcessingTime = other.maxProcessingTime;
            this.transactionTimeout = other.transactionTimeout;
            this.shutdownTimeout = other.shutdownTimeout;
            this.idleEventInterval = other.idleEventInterval;
            this.maxAttempts = other.maxAttempts;
            this.backoff = other.backoff;
            this.deadLetterQueue = other.deadLetterQueue;
            this.errorHandler = other.errorHandler;
            this.deadLetterHandler = other.deadLetterHandler;
        }

        /** A fixed number of workers, which is how many handlers run at the same time; 1 to 1000. */
        public Builder concurrency(int workers) {
            return concurrency(workers, workers);
        }

        /** Workers are added while more is waiting than they take, and end when they have nothing to do; 1 to 1000. */
        public Builder concurrency(int fewest, int most) {
            this.minConcurrency = fewest;
            this.concurrency = most;
            return this;
        }

        /**
         * Most deliveries leased at a time, most that wait in the JVM for a free worker, and most that a batch listener gets
         * at once; 1 to 1000. Fewer are leased when handlers are slow, so that what is leased is soon started.
         */
        public Builder batchSize(int size) {
            this.batchSize = size;
            return this;
        }

        /**
         * In mode TRANSACTION, most deliveries that are handled one after the other and committed together; 1 to 1000,
         * default 1. When one fails, all are rolled back and handled again one by one.
         */
        public Builder messagesPerTransaction(int messages) {
            this.messagesPerTransaction = messages;
            return this;
        }

        /** When deliveries are acknowledged. */
        public Builder ackMode(AckMode mode) {
            this.ackMode = mode;
            return this;
        }

        /** How long a delivery is held without a renewal, null for the subscription's own time; from 1 s. */
        public Builder lease(@Nullable Duration time) {
            this.lease = time;
            return this;
        }

        /** Whether the container starts with the application. */
        public Builder autoStartup(boolean start) {
            this.autoStartup = start;
            return this;
        }

        /** A handler's lease is renewed for so long; 1 s to 24 h. */
        public Builder maxProcessingTime(Duration time) {
            this.maxProcessingTime = time;
            return this;
        }

        /**
         * Timeout of the transaction of mode TRANSACTION, at least 1 s and at most the maximum processing time, which is the
         * default: a longer one would end after somebody else has got the delivery.
         */
        public Builder transactionTimeout(@Nullable Duration timeout) {
            this.transactionTimeout = timeout;
            return this;
        }

        /** How long handlers may go on when the container stops; then they are interrupted. 0 to 1 h. */
        public Builder shutdownTimeout(Duration timeout) {
            this.shutdownTimeout = timeout;
            return this;
        }

        /** After so long without a delivery there is an event, and again each time it has passed; null for none. */
        public Builder idleEventInterval(@Nullable Duration interval) {
            this.idleEventInterval = interval;
            return this;
        }

        /**
         * The attempt after which a failure makes a dead letter, 1 to 1000; null for the subscription's own number, which
         * counts as well when it is smaller.
         */
        public Builder maxAttempts(@Nullable Integer attempts) {
            this.maxAttempts = attempts;
            return this;
        }

        /** Waits after failures, null for those of the subscription. */
        public Builder backoff(@Nullable RetryBackoff backoff) {
            this.backoff = backoff;
            return this;
        }

        /**
         * Queue that dead letters go to, also those of consumers that died; null for what the subscription says. It is a
         * setting of the queue or subscription, not of the container: that is declared with it when the container starts,
         * with default settings if it is missing, and one whose dead letters go elsewhere is an error.
         */
        public Builder deadLetterQueue(@Nullable String queue) {
            this.deadLetterQueue = queue;
            return this;
        }

        /** Decides what becomes of failed deliveries. */
        public Builder errorHandler(ListenerErrorHandler handler) {
            this.errorHandler = handler;
            return this;
        }

        /** Told of every dead letter this container makes. */
        public Builder deadLetterHandler(@Nullable DeadLetterHandler handler) {
            this.deadLetterHandler = handler;
            return this;
        }

        /** @throws IllegalArgumentException if a value is out of range, or does not fit another */
        public ContainerOptions build() {
            check("concurrency", concurrency, concurrency >= 1 && concurrency <= MOST, "1 to 1000");
            check(
                    "concurrency",
                    minConcurrency + "-" + concurrency,
                    minConcurrency >= 1 && minConcurrency <= concurrency,
                    "two numbers of which the first is not larger");
            check("batchSize", batchSize, batchSize >= 1 && batchSize <= MOST, "1 to 1000");
            checkTransaction();
            check("maxProcessingTime", maxProcessingTime, within(maxProcessingTime, SECOND, DAY), "1 s to 24 h");
            check("shutdownTimeout", shutdownTimeout, within(shutdownTimeout, Duration.ZERO, HOUR), "0 to 1 h");
            String longest = "1 s to maxProcessingTime, which is " + maxProcessingTime;
            if (lease != null) {
                check("lease", lease, within(lease, SECOND, maxProcessingTime), longest);
            }
            if (transactionTimeout != null) {
                check(
                        "transactionTimeout",
                        transactionTimeout,
                        within(transactionTimeout, SECOND, maxProcessingTime),
                        longest);
            }
            if (idleEventInterval != null) {
                check("idleEventInterval", idleEventInterval, within(idleEventInterval, SECOND, DAY), "1 s to 24 h");
            }
            if (maxAttempts != null) {
                check("maxAttempts", maxAttempts, maxAttempts >= 1 && maxAttempts <= MOST, "1 to 1000");
            }
            return new ContainerOptions(new Builder(this));
        }

        private void checkTransaction() {
            check(
                    "messagesPerTransaction",
                    messagesPerTransaction,
                    messagesPerTransaction >= 1 && messagesPerTransaction <= MOST,
                    "1 to 1000");
            check(
                    "messagesPerTransaction",
                    messagesPerTransaction,
                    messagesPerTransaction == 1 || ackMode == AckMode.TRANSACTION,
                    "1 in ack mode " + ackMode + ", which has no transaction to share");
        }

        private static boolean within(Duration value, Duration from, Duration to) {
            return value.compareTo(from) >= 0 && value.compareTo(to) <= 0;
        }

        private static void check(String field, Object value, boolean valid, String rule) {
            if (!valid) {
                throw new IllegalArgumentException("Listener option " + field + " is " + value + ", must be " + rule);
            }
        }
    }
}
