// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueue.Delivery;
import io.pgqueue.UnavailableException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

@ExtendWith(OutputCaptureExtension.class)
class LeaseRenewerTest {

    private static final Duration LEASE = Duration.ofSeconds(30);
    private static final String FAILED = "could not renew 2 leases and tries again until it can";
    private static final String AGAIN = "The listener 'l' of queue 'q' renews its leases again";

    private final AtomicLong now = new AtomicLong();
    private final AtomicInteger tries = new AtomicInteger();
    private final DeliveryBuffer buffer = new DeliveryBuffer(1, 1, 2, 10, now::get);
    private final LeaseRenewer renewer = new LeaseRenewer(
            PgListenerEndpoint.ofQueue("l", "q", (delivery, acknowledgement) -> {}),
            this::extend,
            buffer,
            LEASE,
            Duration.ofHours(1),
            () -> true,
            now::get);
    private @Nullable RuntimeException failure;
    private @Nullable Error error;

    @BeforeEach
    void hold() {
        buffer.put(DeliveryBufferTest.deliveries(2));
    }

    /** An outage may last for hours, and a container tries again each few seconds. */
    @Test
    void anOutageIsWarnedOfOnceAndItsEndIsSaid(CapturedOutput log) {
        failure = new UnavailableException("no database");
        look(3);
        assertThat(tries).hasValue(3);
        assertThat(count(log, FAILED + ": no database")).isEqualTo(1);
        assertThat(log).doesNotContain(AGAIN);
        failure = null;
        look(2);
        assertThat(count(log, AGAIN)).isEqualTo(1);
        failure = new UnavailableException("gone again");
        look(2);
        assertThat(count(log, FAILED)).as("the next outage is another one").isEqualTo(2);
    }

    /** Such as those of a pool; they have their stack in the log, once too. */
    @Test
    void exceptionsOfOthersAreSaidOnceAsWell(CapturedOutput log) {
        failure = new IllegalStateException("the pool is closed");
        look(3);
        assertThat(tries).hasValue(3);
        assertThat(count(log, FAILED)).isEqualTo(1);
        assertThat(count(log, "java.lang.IllegalStateException: the pool is closed"))
                .isEqualTo(1);
    }

    /** Thrown on, it would end the schedule, and all leases with it. */
    @Test
    void afterAnErrorLeasesAreRenewedAgain(CapturedOutput log) {
        error = new NoClassDefFoundError("by the test");
        look(1);
        error = null;
        look(1);
        assertThat(tries).hasValue(2);
        assertThat(count(log, FAILED)).isEqualTo(1);
        assertThat(count(log, AGAIN)).isEqualTo(1);
    }

    /** Nothing is renewed then, which is no reason to keep silent about the next outage. */
    @Test
    void anOutageIsOverWhenNothingIsHeldAnyMore(CapturedOutput log) throws InterruptedException {
        failure = new UnavailableException("no database");
        look(2);
        buffer.done(buffer.take(0));
        look(2);
        assertThat(tries).hasValue(2);
        assertThat(count(log, "The listener 'l' of queue 'q' holds nothing any more whose lease it could not renew"))
                .isEqualTo(1);
        hold();
        look(1);
        assertThat(count(log, FAILED)).isEqualTo(2);
    }

    private void look(int times) {
        for (int i = 0; i < times; i++) {
            now.addAndGet(LEASE.toNanos() / 2);
            renewer.run();
        }
    }

    private List<Delivery> extend(List<Delivery> held) {
        tries.incrementAndGet();
        if (error != null) {
            throw error;
        }
        if (failure != null) {
            throw failure;
        }
        return List.of();
    }

    private static int count(CapturedOutput log, String text) {
        return log.getAll().split(Pattern.quote(text), -1).length - 1;
    }
}
