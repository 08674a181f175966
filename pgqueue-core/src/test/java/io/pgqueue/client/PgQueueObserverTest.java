// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PgQueueObserverTest {

    private final List<String> told = new ArrayList<>();

    private final PgQueueObserver broken = new PgQueueObserver() {
        @Override
        public void published(String destination, int messages) {
            told.add("broken");
            throw new IllegalStateException("broken on purpose");
        }
    };

    private final PgQueueObserver sound = new PgQueueObserver() {
        @Override
        public void published(String destination, int messages) {
            told.add(destination + messages);
        }
    };

    /** They are told after the commit: the sender would send again what is stored. */
    @Test
    void whatAnObserverThrowsReachesNeitherTheSenderNorTheOthers() {
        PgQueueObserver.of(List.of(broken, sound)).published("d", 3);
        PgQueueObserver.of(List.of(broken)).published("d", 3);
        assertThat(told).containsExactly("broken", "d3", "broken");
    }
}
