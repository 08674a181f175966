// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ShrinkTest {

    private static final int[] STEPS = IntStream.range(0, 400).toArray();

    private final AtomicInteger walks = new AtomicInteger();

    @Test
    void leavesOutWhateverIsNotNeeded() throws SQLException {
        assertThat(Walk.shrink(STEPS, () -> true, this::needs17And300)).containsExactly(17, 300);
    }

    @Test
    void answersWithTheFewestSoFarWhenTimeIsOver() throws SQLException {
        int[] least = Walk.shrink(STEPS, () -> walks.get() < 5, this::needs17And300);
        assertThat(walks).hasValue(5);
        assertThat(needs17And300(least)).isTrue();
        assertThat(least).hasSizeBetween(3, STEPS.length - 1);
    }

    @Test
    void withoutTimeTheStepsAreWhatTheyWere() throws SQLException {
        assertThat(Walk.shrink(STEPS, () -> false, this::needs17And300)).isEqualTo(STEPS);
        assertThat(walks).hasValue(0);
    }

    private boolean needs17And300(int[] steps) {
        walks.incrementAndGet();
        return IntStream.of(steps).filter(step -> step == 17 || step == 300).count() == 2;
    }
}
