// SPDX-License-Identifier: Apache-2.0
package io.pgqueue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SpecsTest {

    private static final RedeliveryPolicy POLICY = RedeliveryPolicy.DEFAULT;
    private static final SubscriptionSettings SETTINGS = SubscriptionSettings.DEFAULT;

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "a b", "ü", "a/b", "pgqueue.x", "a\n", "a@b"})
    void badNamesAreRefused(String name) {
        assertThatThrownBy(() -> QueueSpec.of(name))
                .isInstanceOf(InvalidNameException.class)
                .hasMessageContaining("is not a name for a queue");
        assertThatThrownBy(() -> TopicSpec.of(name)).isInstanceOf(InvalidNameException.class);
        assertThatThrownBy(() -> ConsumerSpec.durable("t", name)).isInstanceOf(InvalidNameException.class);
        assertThatThrownBy(() -> SubscriptionSpec.of("t", "c/" + name)).isInstanceOf(InvalidNameException.class);
        assertThatThrownBy(() -> SubscriptionSpec.of("t", name + "/s")).isInstanceOf(InvalidNameException.class);
        assertThatThrownBy(() -> SubscriptionSpec.of(name, "s")).isInstanceOf(InvalidNameException.class);
    }

    @Test
    void namesHaveAtMost128Characters() {
        assertThat(QueueSpec.of("x".repeat(128)).name()).hasSize(128);
        assertThatThrownBy(() -> QueueSpec.of("x".repeat(129))).isInstanceOf(InvalidNameException.class);
        assertThat(QueueSpec.of("A.b_c-9").name()).isEqualTo("A.b_c-9");
    }

    @Test
    void redeliveryRanges() {
        invalid(() -> POLICY.withMaxAttempts(-1), "maxAttempts is -1, must be 0 to 1000");
        invalid(() -> POLICY.withMaxAttempts(1001), "maxAttempts is 1001");
        invalid(() -> POLICY.withBackoff(Duration.ofMillis(-1), 2, Duration.ofHours(1)), "backoff is PT-0.001S");
        invalid(() -> POLICY.withBackoff(Duration.ofMinutes(61), 2, Duration.ofHours(24)), "must be PT0S to PT1H");
        invalid(
                () -> POLICY.withBackoff(Duration.ofSeconds(10), 2, Duration.ofSeconds(9)),
                "maxBackoff is PT9S, must be PT10S to PT24H");
        invalid(() -> POLICY.withBackoff(Duration.ZERO, 2, Duration.ofHours(25)), "maxBackoff is PT25H");
        for (double multiplier : new double[] {0.99, 10.01, Double.NaN, Double.POSITIVE_INFINITY, -1}) {
            invalid(
                    () -> POLICY.withBackoff(Duration.ZERO, multiplier, Duration.ZERO),
                    "multiplier is " + multiplier + ", must be 1 to 10");
        }
        invalid(
                () -> new RedeliveryPolicy(5, Duration.ZERO, Duration.ZERO, 1, 51, null),
                "jitterPercent is 51, must be 0 to 50");
        invalid(() -> new RedeliveryPolicy(5, Duration.ZERO, Duration.ZERO, 1, -1, null), "jitterPercent is -1");
        assertThat(POLICY.withFixedBackoff(Duration.ZERO).jitterPercent()).isZero();
    }

    @Test
    void subscriptionRanges() {
        invalid(() -> SETTINGS.withLease(Duration.ofMillis(999)), "lease is PT0.999S, must be PT1S to PT12H");
        invalid(() -> SETTINGS.withLease(Duration.ofHours(12).plusMillis(1)), "lease is");
        invalid(
                () -> SETTINGS.withRetention(Duration.ofMinutes(9), ExpiryPolicy.DROP),
                "retention is PT9M, must be PT10M");
        invalid(() -> SETTINGS.withRetention(Duration.ofDays(367), ExpiryPolicy.DROP), "retention is PT8808H");
        invalid(() -> SETTINGS.withDelay(Duration.ofDays(8)), "delay is PT192H, must be PT0S to PT168H");
        invalid(() -> SETTINGS.withDelay(Duration.ofMillis(-1)), "delay is PT-0.001S");
        invalid(
                () -> SETTINGS.withExpireAfterIdle(Duration.ofMinutes(59)),
                "expireAfterIdle is PT59M, must be PT1H to PT8784H");
        invalid(() -> SETTINGS.withExpireAfterIdle(Duration.ofDays(367)), "expireAfterIdle is PT8808H");
        assertThat(SETTINGS.withRetention(null, ExpiryPolicy.DEAD_LETTER).retention())
                .isNull();
    }

    @Test
    void bodyLimits() {
        invalid(() -> QueueSpec.of("q").withMaxBodyBytes(1023), "maxBodyBytes is 1023, must be 1024 to 67108864");
        invalid(() -> TopicSpec.of("t").withMaxBodyBytes(67108865), "maxBodyBytes is 67108865");
        assertThat(QueueSpec.of("q").maxBodyBytes()).isEqualTo(4194304);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "Pgqueue", "pg_x", "a-b", "1a", "a\"b", "a;drop table x"})
    void aSchemaNameNeedsNoQuoting(String name) {
        assertThatThrownBy(() -> new SchemaName(name))
                .isInstanceOf(InvalidNameException.class)
                .hasMessageContaining("is not a name for a schema");
    }

    private static void invalid(ThrowingCallable call, String text) {
        assertThatThrownBy(call).isInstanceOf(InvalidArgumentException.class).hasMessageContaining(text);
    }
}
