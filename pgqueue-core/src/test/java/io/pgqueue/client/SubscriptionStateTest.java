// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.pgqueue.Delivery;
import io.pgqueue.Lease;
import io.pgqueue.store.ReceiveFunctions.Fetch;
import io.pgqueue.store.ReceiveFunctions.Leased;
import io.pgqueue.wakeup.Hint;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SubscriptionStateTest {

    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    private long now = 1_000 * SECOND;
    private final SubscriptionState state = new SubscriptionState(7, "s", "d", null, Duration.ofSeconds(1), () -> now);

    @Test
    void theFirstFetchLooksEverywhereAndThenOnceAnInterval() {
        assertThat(plan().floors()).isNull();
        assertThat(plan().floors()).as("another fetch at the same time").isNotNull();
        now += SECOND - 1;
        assertThat(plan().floors()).isNotNull();
        now += 1;
        assertThat(plan().floors()).isNull();
    }

    @Test
    void aSlowDiscoveryIsMadeLessOften() {
        Fetch discovery = plan();
        state.fetched(discovery, nothing(), SECOND / 4);
        now += 5 * SECOND - 1;
        assertThat(plan().floors()).isNotNull();
        now += 1;
        assertThat(plan().floors()).isNull();
    }

    @Test
    void aFailedFetchMayHaveBeenTheDiscovery() {
        plan();
        state.fetchFailed();
        assertThat(plan().floors()).isNull();
    }

    @Test
    void theFloorFollowsWhatWasSeenAtADistance() {
        state.fetched(plan(), leased(4, 1000), 0);
        assertThat(plan().floors()).containsExactly(null, null, null, null, 872L, null, null, null, null, null);
        state.fetched(plan(), leased(4, 500), 0);
        assertThat(floor(4)).isEqualTo(872);
        state.fetched(plan(), leased(0, 5), 0);
        assertThat(floor(0)).as("never below zero").isZero();
    }

    @Test
    void aPriorityInUseIsLookedAtFromTheBeginning() {
        state.fetched(plan(), new Leased(List.of(delivery(4, 10)), inUse(4, 9), false, null, false), 0);
        assertThat(floor(9)).isZero();
        assertThat(floor(3)).isNull();
    }

    @Test
    void aFullDiscoveryBelowTheFloorIsFollowedUpThere() {
        state.fetched(plan(), leased(4, 10_000), 0);
        now += SECOND;
        Fetch discovery = state.plan(2, null, 1000);
        state.fetched(
                discovery, new Leased(List.of(delivery(4, 500), delivery(4, 501)), inUse(4), false, null, false), 0);
        assertThat(floor(4)).isEqualTo(501 - 128);
    }

    @Test
    void aFetchWithAFilterMovesTheFloorToWhereItLooked() {
        SubscriptionState filtered = new SubscriptionState(7, "s", "d", "$.a == 1", Duration.ofSeconds(1), () -> now);
        Fetch discovery = filtered.plan(10, null, 1000);
        assertThat(discovery.filter()).isEqualTo("$.a == 1");
        @Nullable Long[] looked = inUse(4);
        looked[4] = 5000L;
        filtered.fetched(discovery, new Leased(List.of(), looked, false, null, false), 0);
        assertThat(filtered.plan(10, null, 1000).floors()).contains(5000L - 128);
    }

    @Test
    void aPollLooksEverywhereUnlessThatIsSlowWithAFilter() {
        SubscriptionState filtered = new SubscriptionState(7, "s", "d", "$.a == 1", Duration.ofSeconds(1), () -> now);
        filtered.fetched(filtered.plan(10, null, 1000), nothing(), SECOND);
        filtered.polled();
        assertThat(filtered.plan(10, null, 1000).floors()).as("within 20 s").isNotNull();
        now += 20 * SECOND;
        assertThat(filtered.plan(10, null, 1000).floors()).isNull();
        state.fetched(plan(), nothing(), SECOND);
        state.polled();
        assertThat(plan().floors()).as("without a filter").isNull();
    }

    @Test
    void aHintLowersTheFloorToItsPosition() {
        state.fetched(plan(), leased(4, 10_000), 0);
        state.hint(new Hint(7, 1 << 4 | 1 << 2, 300, 1));
        assertThat(floor(4)).isLessThanOrEqualTo(300L);
        assertThat(floor(2)).isLessThanOrEqualTo(300L);
        state.hint(new Hint(7, 1 << 4, 20_000, 1));
        assertThat(floor(4)).isLessThanOrEqualTo(300L);
    }

    @Test
    void anyHintAtAllDoesNoHarm() {
        for (long position : new long[] {Long.MIN_VALUE, -1, 0, Long.MAX_VALUE}) {
            assertThatCode(() -> state.hint(new Hint(7, -1, position, Integer.MIN_VALUE)))
                    .doesNotThrowAnyException();
        }
        state.lookEverywhere();
        assertThat(plan().floors()).isNull();
    }

    @Test
    void aWakeUpBetweenTheFetchAndTheWaitIsNotLost() throws InterruptedException {
        state.hint(new Hint(7, 1, 1, 1));
        long start = System.nanoTime();
        state.await(60 * SECOND, () -> false);
        assertThat(System.nanoTime() - start).isLessThan(30 * SECOND);
        assertThat(state.hasWaiting()).isFalse();
    }

    @Test
    void aWaitThatHasEndedTakesNobodysWakeUp() throws InterruptedException {
        state.hint(new Hint(7, 1, 1, 1));
        state.await(60 * SECOND, () -> true);
        long start = System.nanoTime();
        state.await(60 * SECOND, () -> false);
        assertThat(System.nanoTime() - start).isLessThan(30 * SECOND);
    }

    @Test
    void anArmedCallbackIsCalledOnceForAHint() {
        AtomicInteger first = new AtomicInteger();
        AtomicInteger second = new AtomicInteger();
        state.arm(first::incrementAndGet);
        state.arm(second::incrementAndGet);
        assertThat(state.hasWaiting()).isTrue();
        state.hint(new Hint(7, 1, 1, 1));
        state.hint(new Hint(7, 1, 1, 1));
        assertThat(first).hasValue(1);
        assertThat(second).hasValue(1);
        assertThat(state.hasWaiting()).isFalse();
    }

    @Test
    void aHintBeforeArmingIsNotLost() {
        state.hint(new Hint(7, 1, 1, 1));
        AtomicInteger calls = new AtomicInteger();
        state.arm(calls::incrementAndGet);
        assertThat(calls).hasValue(1);
    }

    @Test
    void aCallbackThatWasCalledInVainWakesTheNextOne() {
        AtomicInteger first = new AtomicInteger();
        AtomicInteger second = new AtomicInteger();
        Runnable callback = first::incrementAndGet;
        state.arm(callback);
        state.hint(new Hint(7, 1, 1, 1));
        state.arm(second::incrementAndGet);
        assertThat(second).hasValue(0);
        state.disarm(callback);
        assertThat(second).hasValue(1);
    }

    private @Nullable Long floor(int priority) {
        @Nullable Long @Nullable [] floors = plan().floors();
        assertThat(floors).isNotNull();
        return floors == null ? null : floors[priority];
    }

    private Fetch plan() {
        return state.plan(10, null, 1000);
    }

    private static Leased nothing() {
        return new Leased(List.of(), null, false, null, false);
    }

    private static Leased leased(int priority, long position) {
        return new Leased(List.of(delivery(priority, position)), null, false, null, false);
    }

    private static @Nullable Long[] inUse(int... priorities) {
        @Nullable Long[] floors = new Long[10];
        for (int priority : priorities) {
            floors[priority] = 0L;
        }
        return floors;
    }

    private static Delivery delivery(int priority, long position) {
        Lease lease = new Lease(0, 7, priority, position, 1, Instant.EPOCH, false);
        Delivery.Headers headers = new Delivery.Headers(Instant.EPOCH, null, priority, null, null, null, null, null);
        return new Delivery(new UUID(0, position), "d", "s", null, Map.of(), headers, 1, 0, lease);
    }
}
