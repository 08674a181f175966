// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** TOP-6: what the settings of a connection factory may be, and what they are when nobody says. */
class PgJmsSettingsTest {

    private final PgJmsSettings settings = new PgJmsSettings();

    @Test
    void defaults() {
        assertThat(settings.prefetch()).isEqualTo(50);
        assertThat(settings.lease()).isNull();
        assertThat(settings.maxDeliveryAttempts()).isEqualTo(5);
        assertThat(settings.redeliveryDelay()).isEqualTo(Duration.ZERO);
        assertThat(settings.pollInterval()).isEqualTo(Duration.ofSeconds(1));
        assertThat(settings.clientLease()).isEqualTo(Duration.ofSeconds(10));
        assertThat(settings.maxConnections()).isEqualTo(10);
    }

    @ParameterizedTest
    @CsvSource({
        "prefetch, 1, 1000",
        "lease, 1000, 43200000",
        "maxDeliveryAttempts, 0, 1000",
        "redeliveryDelay, 0, 31622400000",
        "pollInterval, 100, 60000",
        "clientLease, 1000, 300000",
        "maxConnections, 1, 1000"
    })
    void theEndsOfEachRangeAreTakenAndNothingBeyond(String name, long least, long most) {
        for (long taken : new long[] {least, most}) {
            settings.set(name, Long.toString(taken));
        }
        for (long refused : new long[] {least - 1, most + 1}) {
            assertThatThrownBy(() -> settings.set(name, Long.toString(refused)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith(
                            "Setting %s is '%d', must be a whole number from %d to %d", name, refused, least, most);
        }
        assertThat(settings.text(name)).isEqualTo(Long.toString(most));
    }
}
