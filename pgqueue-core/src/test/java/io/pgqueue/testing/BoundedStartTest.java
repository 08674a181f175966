// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class BoundedStartTest {

    private final List<String> reasons = new ArrayList<>();

    @Test
    void takesWhatStarts() {
        assertThat(BoundedStart.attempt(() -> "server", Duration.ofMinutes(1), reasons::add))
                .hasValue("server");
        assertThat(reasons).isEmpty();
    }

    @Test
    void saysOnceWhyTheStartFailed() {
        assertThat(BoundedStart.<String>attempt(
                        () -> {
                            throw new IllegalStateException("cannot fetch", new IllegalStateException("no such host"));
                        },
                        Duration.ofMinutes(1),
                        reasons::add))
                .isEmpty();
        assertThat(reasons).singleElement().asString().contains("no such host");
    }

    @Test
    void survivesErrorsOfStaticInitializers() {
        assertThat(BoundedStart.<String>attempt(
                        () -> {
                            throw new NoClassDefFoundError("of an engine that failed before");
                        },
                        Duration.ofMinutes(1),
                        reasons::add))
                .isEmpty();
        assertThat(reasons).hasSize(1);
    }

    @Test
    void givesUpAndInterruptsWhatHangs() throws InterruptedException {
        CountDownLatch interrupted = new CountDownLatch(1);
        assertThat(BoundedStart.<String>attempt(
                        () -> {
                            try {
                                new CountDownLatch(1).await();
                                return "server";
                            } finally {
                                interrupted.countDown();
                            }
                        },
                        Duration.ofMillis(50),
                        reasons::add))
                .isEmpty();
        assertThat(reasons).singleElement().asString().startsWith("not ready after");
        assertThat(interrupted.await(10, TimeUnit.SECONDS)).isTrue();
    }
}
