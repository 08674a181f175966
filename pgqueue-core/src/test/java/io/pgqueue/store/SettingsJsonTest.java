// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueue.DeadLetterPolicy;
import io.pgqueue.DepthLimit;
import io.pgqueue.ExpiryPolicy;
import io.pgqueue.GroupPolicy;
import io.pgqueue.QueueSpec;
import io.pgqueue.RedeliveryPolicy;
import io.pgqueue.SubscriptionSettings;
import io.pgqueue.SubscriptionSpec;
import io.pgqueue.WhenFull;
import io.pgqueue.store.AdminFunctions.Filters;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SettingsJsonTest {

    static Stream<SubscriptionSettings> settings() {
        SubscriptionSettings other = new SubscriptionSettings(
                Duration.ofSeconds(7),
                new RedeliveryPolicy(3, Duration.ofMillis(250), Duration.ofMinutes(2), 1.5, 20, Duration.ofHours(3)),
                Duration.ofDays(14),
                ExpiryPolicy.MOVE,
                "expired",
                new DeadLetterPolicy("dead", 2, Duration.ofDays(30)),
                Duration.ofMinutes(1),
                GroupPolicy.SKIP,
                new DepthLimit(5000, WhenFull.DROP_OLDEST),
                Duration.ofDays(30));
        return Stream.of(
                SubscriptionSettings.DEFAULT,
                other,
                SubscriptionSettings.DEFAULT.withOnExpiry(ExpiryPolicy.DEAD_LETTER),
                other.withDepthLimit(null));
    }

    @ParameterizedTest
    @MethodSource("settings")
    void settingsAreReadAsTheyWereWritten(SubscriptionSettings settings) {
        assertThat(SettingsJson.read(SettingsJson.write(settings)).settings()).isEqualTo(settings);
    }

    @Test
    void whatIsAbsentIsWrittenDownSoThatItIsTakenAway() {
        assertThat(SettingsJson.write(SubscriptionSettings.DEFAULT))
                .contains("\"retention_ms\":null", "\"max_depth\":null", "\"expiry_queue\":null");
    }

    @Test
    void aQueueHasSettingsOfItsOwn() {
        assertThat(SettingsJson.write(QueueSpec.of("q").withMaxBodyBytes(2048)))
                .contains("\"max_body_bytes\":2048", "\"lease_ms\":30000");
    }

    @Test
    void filtersAreKeptAsGivenBesideWhatTheyMean() {
        SubscriptionSpec spec = SubscriptionSpec.of("t", "s").withSelector("name = 'a \"b\"\\'");
        String json = SettingsJson.write(spec, new FilterPaths("$.name", null));
        assertThat(json).contains("\"filter\":\"$.name\"", "\"body_path\":null");
        assertThat(SettingsJson.read(json).filters()).isEqualTo(Filters.of(spec));
    }
}
