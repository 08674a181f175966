// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.benchmarks.load;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueue.benchmarks.load.Floors.Look;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FloorsTest {

    private final Floors floors = new Floors(2);
    /** Of a thread of its own, which is what a send under way is known by. */
    private final ExecutorService slow = Executors.newSingleThreadExecutor();

    @AfterEach
    void close() {
        slow.shutdownNow();
    }

    @Test
    void consumersBeginBehindWhatAnEarlierLookLeftNothingOf() {
        send();
        take(1, 2, 3);
        assertThat(from()).isEqualTo(1);
        take();
        assertThat(from()).isEqualTo(4);
        assertThat(floors.look(1).from()).as("another subscription").isEqualTo(1);
    }

    @Test
    void aLookThatTookAllItMayLeavesWhatIsBehind() {
        send();
        take(7, 8, 9);
        floors.took(floors.look(0), List.of(1L, 2L), true);
        assertThat(from()).isEqualTo(3);
    }

    /** It has the positions 1 and 2, and 3 was committed before. */
    @Test
    void whatASendUnderWayMayStillCommitIsNotPassedOver() throws Exception {
        slow.submit(floors::sendBegins).get();
        send();
        take(3);
        take();
        Look beforeTheCommit = floors.look(0);
        slow.submit(floors::sendEnds).get();
        floors.took(beforeTheCommit, List.of(), false);
        assertThat(from()).isEqualTo(1);
        take(1, 2);
        assertThat(from()).isEqualTo(4);
    }

    /** It looked before 5 was received; who got 5 knows nothing of a 4 that another send has not committed. */
    @Test
    void aLookSaysNothingOfPositionsGivenOutSinceItBegan() throws Exception {
        send();
        take(3);
        Look look = floors.look(0);
        slow.submit(floors::sendBegins).get();
        send();
        floors.took(look, List.of(5L), false);
        assertThat(from()).isEqualTo(4);
        take();
        assertThat(from()).isEqualTo(4);
        slow.submit(floors::sendEnds).get();
        take(4);
        assertThat(from()).isEqualTo(6);
    }

    private void send() {
        floors.sendBegins();
        floors.sendEnds();
    }

    private void take(long... positions) {
        floors.took(floors.look(0), Arrays.stream(positions).boxed().toList(), false);
    }

    private long from() {
        return floors.look(0).from();
    }
}
