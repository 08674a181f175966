// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** OBS-9. */
class SlowCallsTest {

    private final AtomicLong clock = new AtomicLong();
    private final List<String> warnings = new ArrayList<>();
    private final SlowCalls slow = new SlowCalls(Duration.ofMillis(100), clock::get, warnings::add);

    @Test
    void aSlowCallIsToldWithItsNameAndCount() {
        slow.after(call("publish_messages", 250), Duration.ofMillis(99), null);
        assertThat(warnings).isEmpty();
        slow.after(call("publish_messages", 250), Duration.ofMillis(100), null);
        slow.after(call("drop_destination", 0), Duration.ofSeconds(2), new SQLException("secret"));
        assertThat(warnings)
                .containsExactly(
                        "Slow call: publish_messages for 250 entries took 100 ms",
                        "Slow call: drop_destination failed after 2000 ms");
    }

    @Test
    void eachFunctionIsToldOnceAMinute() {
        for (int second = 0; second < 121; second++) {
            clock.set(TimeUnit.SECONDS.toNanos(second));
            slow.after(call("receive", 0), Duration.ofMillis(150), null);
        }
        slow.after(call("ack", 3), Duration.ofMillis(101), null);
        assertThat(warnings)
                .containsExactly(
                        "Slow call: receive took 150 ms",
                        "Slow call: receive took 150 ms, and 59 calls since the last warning",
                        "Slow call: receive took 150 ms, and 59 calls since the last warning",
                        "Slow call: ack for 3 entries took 101 ms");
    }

    @Test
    void whatNobodyWaitsForMayTakeTenTimesAsLong() {
        DatabaseCall maintain = new DatabaseCall("maintain", 0, true);
        slow.after(maintain, Duration.ofMillis(999), null);
        assertThat(warnings).isEmpty();
        slow.after(maintain, Duration.ofMillis(1000), null);
        assertThat(warnings).containsExactly("Slow call: maintain took 1000 ms");
    }

    private static DatabaseCall call(String function, int entries) {
        return new DatabaseCall(function, entries, false);
    }
}
