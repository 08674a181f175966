// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** A handler stops here until the test lets it go on, and the test waits until it does. */
public final class Blocker {

    private static final long LONG_S = 30;

    private final Semaphore entered = new Semaphore(0);
    private final CountDownLatch released = new CountDownLatch(1);

    /** Called by the handler. */
    public void block() throws InterruptedException {
        entered.release();
        assertThat(released.await(LONG_S, TimeUnit.SECONDS)).as("released").isTrue();
    }

    /** Waits until a handler has come here, once for each call. */
    public void awaitEntered() throws InterruptedException {
        assertThat(entered.tryAcquire(LONG_S, TimeUnit.SECONDS)).as("entered").isTrue();
    }

    /** Lets everybody through from now on. */
    public void release() {
        released.countDown();
    }
}
