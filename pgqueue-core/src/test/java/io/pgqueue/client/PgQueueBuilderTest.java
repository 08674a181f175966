// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgqueue.InvalidArgumentException;
import java.time.Duration;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.postgresql.ds.PGSimpleDataSource;

class PgQueueBuilderTest {

    static Stream<Arguments> times() {
        return Stream.of(
                time("pollInterval", PgQueueBuilder::pollInterval, Duration.ofMillis(1), Duration.ofSeconds(60)),
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

    private static Arguments time(
            String setting,
            BiFunction<PgQueueBuilder, Duration, PgQueueBuilder> setter,
            Duration least,
            Duration most) {
        return Arguments.of(setting, setter, least, most);
    }
}
