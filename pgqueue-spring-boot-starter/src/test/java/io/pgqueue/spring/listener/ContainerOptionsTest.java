// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** SPR-4, TX-6, TOP-6: what a listener's options may be, and what they are when nobody says. */
class ContainerOptionsTest {

    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration MILLI = Duration.ofMillis(1);
    private static final Duration DAY = Duration.ofDays(1);

    enum Range {
        CONCURRENCY_LOW(o -> o.concurrency(1), o -> o.concurrency(0), "concurrency is 0, must be 1 to 1000"),
        CONCURRENCY_HIGH(o -> o.concurrency(1000), o -> o.concurrency(1001), "concurrency is 1001, must be 1 to 1000"),
        CONCURRENCY_PAIR(o -> o.concurrency(3, 3), o -> o.concurrency(4, 3), "concurrency is 4-3, must be two numbers"),
        BATCH_LOW(o -> o.batchSize(1), o -> o.batchSize(0), "batchSize is 0, must be 1 to 1000"),
        BATCH_HIGH(o -> o.batchSize(1000), o -> o.batchSize(1001), "batchSize is 1001, must be 1 to 1000"),
        PROCESSING_LOW(
                o -> o.maxProcessingTime(SECOND),
                o -> o.maxProcessingTime(SECOND.minus(MILLI)),
                "maxProcessingTime is PT0.999S, must be 1 s to 24 h"),
        PROCESSING_HIGH(
                o -> o.maxProcessingTime(DAY),
                o -> o.maxProcessingTime(DAY.plus(MILLI)),
                "maxProcessingTime is PT24H0.001S, must be 1 s to 24 h"),
        LEASE_LOW(o -> o.lease(SECOND), o -> o.lease(SECOND.minus(MILLI)), "lease is PT0.999S, must be 1 s to"),
        LEASE_AND_PROCESSING(
                o -> o.maxProcessingTime(SECOND.multipliedBy(20)).lease(SECOND.multipliedBy(20)),
                o -> o.maxProcessingTime(SECOND.multipliedBy(20)).lease(SECOND.multipliedBy(21)),
                "lease is PT21S, must be 1 s to maxProcessingTime, which is PT20S"),
        TRANSACTION_LOW(
                o -> o.transactionTimeout(SECOND),
                o -> o.transactionTimeout(SECOND.minus(MILLI)),
                "transactionTimeout is PT0.999S"),
        TRANSACTION_AND_PROCESSING(
                o -> o.maxProcessingTime(SECOND.multipliedBy(20)).transactionTimeout(SECOND.multipliedBy(20)),
                o -> o.maxProcessingTime(SECOND.multipliedBy(20)).transactionTimeout(SECOND.multipliedBy(21)),
                "transactionTimeout is PT21S, must be 1 s to maxProcessingTime, which is PT20S"),
        STOP_LOW(
                o -> o.shutdownTimeout(Duration.ZERO),
                o -> o.shutdownTimeout(MILLI.negated()),
                "shutdownTimeout is PT-0.001S, must be 0 to 1 h"),
        STOP_HIGH(
                o -> o.shutdownTimeout(Duration.ofHours(1)),
                o -> o.shutdownTimeout(Duration.ofHours(1).plus(MILLI)),
                "shutdownTimeout is PT1H0.001S, must be 0 to 1 h"),
        IDLE_LOW(
                o -> o.idleEventInterval(SECOND),
                o -> o.idleEventInterval(SECOND.minus(MILLI)),
                "idleEventInterval is PT0.999S, must be 1 s to 24 h"),
        ATTEMPTS_LOW(o -> o.maxAttempts(1), o -> o.maxAttempts(0), "maxAttempts is 0, must be 1 to 1000"),
        ATTEMPTS_HIGH(o -> o.maxAttempts(1000), o -> o.maxAttempts(1001), "maxAttempts is 1001, must be 1 to 1000"),
        SHARED_HIGH(
                o -> o.messagesPerTransaction(1000),
                o -> o.messagesPerTransaction(1001),
                "messagesPerTransaction is 1001, must be 1 to 1000"),
        SHARED_AND_MODE(
                o -> o.messagesPerTransaction(2),
                o -> o.messagesPerTransaction(2).ackMode(AckMode.AUTO),
                "messagesPerTransaction is 2, must be 1 in ack mode AUTO");

        private final UnaryOperator<ContainerOptions.Builder> taken;
        private final UnaryOperator<ContainerOptions.Builder> refused;
        private final String message;

        Range(
                UnaryOperator<ContainerOptions.Builder> taken,
                UnaryOperator<ContainerOptions.Builder> refused,
                String message) {
            this.taken = taken;
            this.refused = refused;
            this.message = message;
        }
    }

    @ParameterizedTest
    @EnumSource
    void theEndsOfEachRangeAreTakenAndNothingBeyond(Range range) {
        range.taken.apply(ContainerOptions.DEFAULT.toBuilder()).build();
        ContainerOptions.Builder beyond = range.refused.apply(ContainerOptions.DEFAULT.toBuilder());
        assertThatThrownBy(beyond::build)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("Listener option " + range.message);
    }

    @Test
    void defaults() {
        ContainerOptions options = ContainerOptions.DEFAULT;
        assertThat(options.concurrency()).isEqualTo(1);
        assertThat(options.batchSize()).isEqualTo(50);
        assertThat(options.ackMode()).isEqualTo(AckMode.TRANSACTION);
        assertThat(options.maxProcessingTime()).isEqualTo(Duration.ofMinutes(10));
        assertThat(options.shutdownTimeout()).isEqualTo(Duration.ofSeconds(30));
        assertThat(options.lease()).as("that of the subscription").isNull();
    }

    @Test
    void aTransactionTimesOutWithTheProcessingTimeUnlessSaidOtherwise() {
        ContainerOptions.Builder options =
                ContainerOptions.DEFAULT.toBuilder().maxProcessingTime(Duration.ofSeconds(40));
        assertThat(options.build().transactionTimeout()).isEqualTo(Duration.ofSeconds(40));
        assertThat(options.transactionTimeout(Duration.ofSeconds(7)).build().transactionTimeout())
                .isEqualTo(Duration.ofSeconds(7));
    }
}
