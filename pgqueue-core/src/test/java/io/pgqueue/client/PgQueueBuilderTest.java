// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgqueue.InvalidArgumentException;
import io.pgqueue.maintenance.Maintenance.Settings;
import java.time.Duration;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.postgresql.ds.PGSimpleDataSource;

class PgQueueBuilderTest {

    static Stream<Arguments> times() {
        return Stream.of(
                time("pollInterval", PgQueueBuilder::pollInterval, Duration.ofMillis(100), Duration.ofSeconds(60)),
                time("sendTimeout", PgQueueBuilder::sendTimeout, Duration.ZERO, Duration.ofDays(1)),
                time("wakeupMerge", PgQueueBuilder::wakeupMerge, Duration.ofMillis(1), Duration.ofSeconds(1)),
                time("sampleInterval", PgQueueBuilder::sampleInterval, Duration.ofSeconds(1), Duration.ofMinutes(5)),
                time("clientLease", PgQueueBuilder::clientLease, Duration.ofSeconds(1), Duration.ofMinutes(5)));
    }

    @ParameterizedTest
    @MethodSource("times")
    void aTimeOutOfRangeIsRefusedByNameAndRule(
            String setting,
            BiFunction<PgQueueBuilder, Duration, PgQueueBuilder> setter,
            Duration least,
            Duration most) {
        PgQueueBuilder builder = PgQueue.builder(new PGSimpleDataSource());
        setter.apply(builder, least);
        setter.apply(builder, most);
        for (Duration refused : new Duration[] {least.minusMillis(1), most.plusMillis(1)}) {
            assertThatThrownBy(() -> setter.apply(builder, refused))
                    .isInstanceOf(InvalidArgumentException.class)
                    .hasMessage("%s is %s, must be %s to %s", setting, refused, least, most);
        }
    }

    @Test
    void settingsOfMaintenanceAreCheckedToo() {
        Duration second = Duration.ofSeconds(1);
        invalid(() -> new Settings(Duration.ZERO, 1, second), "interval is PT0S, must be PT1S to PT5M");
        invalid(() -> new Settings(Duration.ofMinutes(6), 1, second), "interval is PT6M, must be PT1S to PT5M");
        invalid(() -> new Settings(second, 0, second), "rotateAfter is 0, must be 1 or more");
        invalid(() -> new Settings(second, 1, Duration.ZERO), "rotateAge is PT0S, must be PT0.001S to PT24H");
        invalid(() -> new Settings(second, 1, Duration.ofDays(2)), "rotateAge is PT48H, must be PT0.001S to PT24H");
    }

    /** Java's clock waits for these; whoever changes one changes the documents too. */
    @Test
    void defaults() {
        PgQueueBuilder builder = PgQueue.builder(new PGSimpleDataSource());
        assertThat(builder.pollInterval).isEqualTo(Duration.ofSeconds(1));
        assertThat(builder.wakeupMerge).isEqualTo(Duration.ofMillis(5));
        assertThat(builder.sendTimeout).isEqualTo(Duration.ofSeconds(30));
        assertThat(builder.sampleInterval).isEqualTo(Duration.ofSeconds(10));
        assertThat(builder.clientLease).isEqualTo(Duration.ofSeconds(10));
        assertThat(builder.missingDestination).isEqualTo(MissingDestination.FAIL);
        assertThat(builder.maintenanceSettings)
                .isEqualTo(new Settings(Duration.ofSeconds(5), 100_000, Duration.ofMinutes(1)));
    }

    private static void invalid(ThrowingCallable call, String message) {
        assertThatThrownBy(call).isInstanceOf(InvalidArgumentException.class).hasMessage(message);
    }

    private static Arguments time(
            String setting,
            BiFunction<PgQueueBuilder, Duration, PgQueueBuilder> setter,
            Duration least,
            Duration most) {
        return Arguments.of(setting, setter, least, most);
    }
}
