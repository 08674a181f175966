// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import java.util.concurrent.TimeUnit;
import org.springframework.util.backoff.BackOffExecution;
import org.springframework.util.backoff.ExponentialBackOff;

/** Waits between tries while the database is away: short enough to go on within seconds when it is back. */
final class OutageBackOff {

    private static final long FIRST_MS = 100;
    private static final long LONGEST_MS = 2_000;

    private final DeliveryBuffer buffer;
    private final ExponentialBackOff policy;
    private BackOffExecution waits;

    OutageBackOff(DeliveryBuffer buffer) {
        this.buffer = buffer;
        this.policy = new ExponentialBackOff(FIRST_MS, 2);
        policy.setMaxInterval(LONGEST_MS);
        this.waits = policy.start();
    }

    /** True if the container ends meanwhile. */
    boolean pause() throws InterruptedException {
        return buffer.pause(TimeUnit.MILLISECONDS.toNanos(waits.nextBackOff()));
    }

    void reset() {
        waits = policy.start();
    }
}
