// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueue.spring.listener.ProcessingObserver.Processing;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ProcessingObserversTest {

    private final List<String> told = new ArrayList<>();
    private final PgListenerEndpoint endpoint = PgListenerEndpoint.ofQueue("l", "q", (delivery, acknowledgement) -> {});

    private final ProcessingObserver refuses = (endpoint, unit) -> {
        told.add("refuses");
        throw new NoClassDefFoundError("broken on purpose");
    };

    private Processing watch(String name) {
        return new Processing() {
            @Override
            public void failed(Throwable error) {
                told.add(name + " failed");
                throw new AssertionError("broken on purpose");
            }

            @Override
            public void ended() {
                told.add(name + " ended");
                throw new StackOverflowError("broken on purpose");
            }
        };
    }

    /** The handler's work may be committed when they are told; its worker has to go on in any case. */
    @Test
    void anErrorOfAnObserverReachesNeitherTheWorkerNorTheOthers() {
        ProcessingObservers observers =
                new ProcessingObservers(List.of(refuses, (e, unit) -> watch("first"), (e, unit) -> watch("second")));
        Processing processing = observers.started(endpoint, List.of());
        processing.failed(new IllegalStateException());
        processing.ended();
        assertThat(told).containsExactly("refuses", "second failed", "first failed", "second ended", "first ended");
    }
}
