// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueue.HorizonHolder;
import io.pgqueue.spring.OldRowsEvent;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** OBS-12. */
class OldRowsPeriodsTest {

    private static final Duration HELD = Duration.ofNanos(10);
    private static final HorizonHolder REPORT = holder("transaction", "4711", 100, 5);
    private static final HorizonHolder DUMP = holder("transaction", "4712", 90, 15);

    private final OldRowsPeriods periods = new OldRowsPeriods(HELD);

    @Test
    void aPeriodIsToldOnceAtItsBeginningAndOnceAtItsEnd() {
        assertThat(look(0, REPORT)).isEmpty();
        assertThat(look(9, REPORT)).isEmpty();
        HorizonHolder later = holder("transaction", "4711", 100, 6);
        assertThat(look(10, later)).as("as it is now").containsExactly(new OldRowsEvent.Held(later));
        assertThat(look(11, REPORT)).isEmpty();
        assertThat(look(100, later)).isEmpty();
        assertThat(look(101)).containsExactly(new OldRowsEvent.Released(later));
        assertThat(look(102)).isEmpty();
    }

    @Test
    void whoLetsGoInTimeIsNotTold() {
        look(0, REPORT);
        assertThat(look(9)).isEmpty();
        assertThat(look(11, REPORT)).as("another period of it").isEmpty();
        assertThat(look(20, REPORT)).isEmpty();
        assertThat(look(21, REPORT)).containsExactly(new OldRowsEvent.Held(REPORT));
    }

    /** A standby, or a transaction of short statements: it began long ago and is there at every look. */
    @Test
    void whoMovesOnHoldsNothing() {
        for (int i = 0; i < 100; i++) {
            assertThat(look(i, holder("standby", "4713", 100 + i, 3))).isEmpty();
        }
    }

    @Test
    void theStandbyOfAnIdleServerHoldsNothing() {
        HorizonHolder standby = holder("standby", "4713", 100, 0);
        look(0, standby);
        assertThat(look(1000, standby)).isEmpty();
    }

    @Test
    void whoeverIsLeftIsToldOfInItsTurn() {
        look(0, DUMP, REPORT);
        assertThat(look(10, DUMP, REPORT)).containsExactly(new OldRowsEvent.Held(DUMP));
        assertThat(look(11, REPORT)).containsExactly(new OldRowsEvent.Released(DUMP));
        assertThat(look(21, REPORT)).containsExactly(new OldRowsEvent.Held(REPORT));
    }

    /** Holders of the same age come in any order. */
    @Test
    void whoIsToldOfStaysWhenAnotherComesFirst() {
        look(0, REPORT);
        assertThat(look(10, REPORT)).hasSize(1);
        assertThat(look(11, DUMP, REPORT)).isEmpty();
        assertThat(look(30, DUMP, REPORT)).isEmpty();
    }

    private List<OldRowsEvent> look(long now, HorizonHolder... holders) {
        return periods.look(List.of(holders), now);
    }

    private static HorizonHolder holder(String kind, String name, long heldFrom, long age) {
        return new HorizonHolder(kind, name, "report", "ann", null, age, 0, heldFrom);
    }
}
