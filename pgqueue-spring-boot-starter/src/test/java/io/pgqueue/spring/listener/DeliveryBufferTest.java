// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueue.Delivery;
import io.pgqueue.Lease;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class DeliveryBufferTest {

    private final AtomicLong now = new AtomicLong();

    @Test
    void beforeAnythingIsKnownOnlyFreeWorkersGetSomething() throws Exception {
        assertThat(new DeliveryBuffer(3, 3, 1, 10, now::get).awaitRoom()).isEqualTo(3);
        assertThat(new DeliveryBuffer(30, 30, 1, 10, now::get).awaitRoom()).isEqualTo(10);
    }

    /** Concurrency 1-3: as many as what waits needs, and when nothing does, the superfluous ones end. */
    @Test
    @Timeout(10)
    void workersComeAndGoWithTheLoad() throws Exception {
        DeliveryBuffer buffer = new DeliveryBuffer(1, 3, 1, 10, now::get);
        assertThat(buffer.missingWorkers()).isEqualTo(1);
        buffer.put(deliveries(5));
        assertThat(buffer.missingWorkers()).as("up to the most").isEqualTo(2);
        List<List<HeldDelivery>> units = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            units.add(buffer.take(0));
        }
        units.forEach(buffer::done);
        assertThat(buffer.take(0)).as("one ends").isEmpty();
        assertThat(buffer.take(0)).as("another ends").isEmpty();
        assertThat(buffer.missingWorkers()).as("the fewest are there").isZero();
        buffer.put(deliveries(2));
        assertThat(buffer.missingWorkers()).as("and one comes again").isEqualTo(1);
    }

    @Test
    void slowHandlersGetNothingAhead() throws Exception {
        DeliveryBuffer buffer = new DeliveryBuffer(1, 1, 1, 10, now::get);
        handle(buffer, Duration.ofSeconds(2));
        assertThat(buffer.awaitRoom()).isEqualTo(1);
    }

    @Test
    void fastHandlersGetABatchAhead() throws Exception {
        DeliveryBuffer buffer = new DeliveryBuffer(1, 1, 1, 10, now::get);
        handle(buffer, Duration.ofMillis(1));
        assertThat(buffer.awaitRoom()).isEqualTo(10);
    }

    @Test
    void handlersInBetweenGetWhatTheyCanStartSoon() throws Exception {
        DeliveryBuffer buffer = new DeliveryBuffer(2, 2, 1, 100, now::get);
        handle(buffer, Duration.ofMillis(50));
        assertThat(buffer.awaitRoom())
                .as("two free workers, and 250 ms of work ahead for both")
                .isEqualTo(2 + 2 * 5);
    }

    @Test
    void nothingIsLeasedAheadForAWorkerThatHangs() throws Exception {
        DeliveryBuffer buffer = new DeliveryBuffer(2, 2, 1, 100, now::get);
        handle(buffer, Duration.ofMillis(50));
        buffer.put(deliveries(1));
        buffer.take(0);
        assertThat(buffer.awaitRoom()).as("not late yet").isEqualTo(1 + 2 * 5);
        now.addAndGet(Duration.ofMillis(301).toNanos());
        assertThat(buffer.awaitRoom())
                .as("a free worker, and 250 ms of work ahead for it only")
                .isEqualTo(1 + 5);
    }

    @Test
    @Timeout(10)
    void whatWaitsTooLongIsGivenBackUntilAWorkerGoesOn() throws Exception {
        DeliveryBuffer buffer = new DeliveryBuffer(1, 1, 1, 10, now::get);
        handle(buffer, Duration.ofMillis(1));
        List<Delivery> five = deliveries(5);
        buffer.put(five);
        List<HeldDelivery> running = buffer.take(0);
        now.addAndGet(DeliveryBuffer.LONGEST_WAIT_NS - 1);
        assertThat(buffer.giveBack()).isEmpty();
        now.incrementAndGet();
        List<HeldDelivery> given = buffer.giveBack();
        assertThat(given)
                .extracting(held -> held.delivery)
                .as("all that wait, in order")
                .containsExactlyElementsOf(five.subList(1, 5));
        assertThat(buffer.put(deliveries(1))).as("while they go back").isFalse();
        buffer.givenBack(List.of());
        assertThat(buffer.put(deliveries(1)))
                .as("a lease that was under way, while the worker hangs")
                .isFalse();
        buffer.done(running);
        assertThat(buffer.awaitRoom()).isPositive();
        assertThat(buffer.put(deliveries(1))).as("the worker goes on").isTrue();
    }

    @Test
    void whatWaitsIsKeptAsLongAsSomeWorkerTakesSomething() throws Exception {
        DeliveryBuffer buffer = new DeliveryBuffer(2, 2, 1, 10, now::get);
        buffer.put(deliveries(5));
        buffer.take(0);
        List<HeldDelivery> quick = buffer.take(0);
        now.addAndGet(DeliveryBuffer.LONGEST_WAIT_NS);
        buffer.done(quick);
        buffer.take(0);
        assertThat(buffer.giveBack()).isEmpty();
    }

    /** While the database is away: their leases are renewed as before, and they are still the next ones. */
    @Test
    void whatCouldNotBeGivenBackIsHandledFirst() throws Exception {
        DeliveryBuffer buffer = new DeliveryBuffer(1, 1, 1, 10, now::get);
        List<Delivery> three = deliveries(3);
        buffer.put(three);
        List<HeldDelivery> running = buffer.take(0);
        now.addAndGet(DeliveryBuffer.LONGEST_WAIT_NS);
        buffer.givenBack(buffer.giveBack());
        buffer.done(running);
        buffer.put(deliveries(1));
        assertThat(buffer.take(0).get(0).delivery).isSameAs(three.get(1));
        assertThat(buffer.close()).hasSize(2).first().isSameAs(three.get(2));
    }

    /** Half a batch would cost nearly as much as a whole one, for half of the messages. */
    @Test
    @Timeout(10)
    void aBusyBufferTakesTheNextBatchWhenOneIsUsedUp() throws Exception {
        DeliveryBuffer buffer = new DeliveryBuffer(1, 1, 1, 10, now::get);
        handle(buffer, Duration.ofMillis(1));
        buffer.put(deliveries(10));
        buffer.put(deliveries(10));
        for (int i = 0; i < 9; i++) {
            List<HeldDelivery> held = buffer.take(0);
            now.addAndGet(Duration.ofMillis(1).toNanos());
            buffer.done(held);
        }
        buffer.take(0);
        assertThat(buffer.awaitRoom()).as("one batch waits").isEqualTo(10);
    }

    @Test
    void closingGivesBackWhatNobodyStarted() throws Exception {
        DeliveryBuffer buffer = new DeliveryBuffer(1, 1, 1, 10, now::get);
        List<Delivery> three = deliveries(3);
        buffer.put(three);
        List<HeldDelivery> running = buffer.take(0);
        assertThat(buffer.close()).containsExactlyElementsOf(three.subList(1, 3));
        assertThat(buffer.take(0)).isEmpty();
        assertThat(buffer.awaitRoom()).isZero();
        assertThat(buffer.put(deliveries(1))).isFalse();
        assertThat(buffer.awaitIdle(0)).isFalse();
        buffer.done(running);
        assertThat(buffer.awaitIdle(0)).isTrue();
        assertThat(buffer.pause(Long.MAX_VALUE)).isTrue();
    }

    private void handle(DeliveryBuffer buffer, Duration time) throws InterruptedException {
        buffer.put(deliveries(1));
        List<HeldDelivery> held = buffer.take(0);
        now.addAndGet(time.toNanos());
        buffer.done(held);
    }

    static List<Delivery> deliveries(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> new Delivery(
                        UUID.randomUUID(),
                        "q",
                        "q",
                        null,
                        Map.of(),
                        new Delivery.Headers(Instant.EPOCH, null, 4, null, null, null, null, null),
                        1,
                        0,
                        new Lease(0, 1, 4, i, 1, Instant.EPOCH, false)))
                .toList();
    }
}
