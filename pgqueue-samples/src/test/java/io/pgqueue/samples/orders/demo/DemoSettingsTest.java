// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.samples.orders.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;

class DemoSettingsTest {

    @Test
    void defaults() {
        assertThat(DemoSettings.from(Map.of())).isEqualTo(new DemoSettings(null, "order_queue", 8000, 100, 20, null));
    }

    @Test
    void everythingCanBeSet() {
        assertThat(DemoSettings.from(Map.of(
                        "DATABASE_URL", "postgresql://db/shop",
                        "QUEUE_NAME", "q",
                        "API_PORT", "8001",
                        "ORDERS", "5",
                        "PARALLEL", "2",
                        "KEEP_SERVING", "false")))
                .isEqualTo(new DemoSettings(DatabaseUrl.parse("postgresql://db/shop"), "q", 8001, 5, 2, false));
    }

    @Test
    void nonsenseIsRefusedByName() {
        assertThatThrownBy(() -> DemoSettings.from(Map.of("API_PORT", "80000"))).hasMessageContaining("API_PORT");
        assertThatThrownBy(() -> DemoSettings.from(Map.of("ORDERS", "many"))).hasMessageContaining("ORDERS");
        assertThatThrownBy(() -> DemoSettings.from(Map.of("KEEP_SERVING", "maybe")))
                .hasMessageContaining("true or false");
    }
}
