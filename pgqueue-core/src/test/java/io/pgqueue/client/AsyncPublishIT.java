// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.pgqueue.Delivery;
import io.pgqueue.DepthLimit;
import io.pgqueue.MessageTooLargeException;
import io.pgqueue.NotFoundException;
import io.pgqueue.OutcomeUnknownException;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.PgQueueException;
import io.pgqueue.PublishResult;
import io.pgqueue.QueueFullException;
import io.pgqueue.QueueSpec;
import io.pgqueue.SubscriptionSettings;
import io.pgqueue.UnavailableException;
import io.pgqueue.WhenFull;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** PUB-10: sends that nobody waits for. */
@PostgresTest(template = MigratedSchema.class)
class AsyncPublishIT {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private DataSource dataSource;
    private JoiningSource source;
    private PgQueue queue;
    private String name;

    @BeforeEach
    void open(DataSource given) {
        dataSource = given;
        source = new JoiningSource(given);
        queue = PgQueue.builder(source).maintenance(false).build();
        name = "async" + UUID.randomUUID();
        queue.admin().declareQueue(QueueSpec.of(name));
    }

    @AfterEach
    void close() {
        queue.close();
    }

    @Test
    void futuresEndInTheOrderOfTheCallsWhenTheMessagesAreThere() {
        ConcurrentLinkedQueue<Integer> ended = new ConcurrentLinkedQueue<>();
        ConcurrentLinkedQueue<Boolean> there = new ConcurrentLinkedQueue<>();
        List<CompletableFuture<Void>> all = new ArrayList<>();
        for (int i = 0; i < 250; i++) {
            int number = i;
            all.add(publish("" + i).thenAccept(result -> {
                ended.add(number);
                if (number % 50 == 0) {
                    there.add(!queue.admin().find(result.messageId(), false).isEmpty());
                }
            }));
        }
        assertThat(all).last().satisfies(last -> assertThat(last).succeedsWithin(PATIENCE));
        assertThat(all).allSatisfy(each -> assertThat(each).isCompleted());
        assertThat(ended)
                .containsExactlyElementsOf(IntStream.range(0, 250).boxed().toList());
        assertThat(there).hasSize(5).doesNotContain(false);
        assertThat(queue.receiver(name).receive(250))
                .extracting(Delivery::text)
                .containsExactlyElementsOf(
                        IntStream.range(0, 250).mapToObj(String::valueOf).toList());
    }

    @Test
    void eachCallerKeepsItsOrder() throws InterruptedException {
        List<Thread> callers = IntStream.range(0, 4)
                .mapToObj(caller -> new Thread(() -> IntStream.range(0, 100).forEach(i -> publish(caller + " " + i))))
                .toList();
        callers.forEach(Thread::start);
        for (Thread caller : callers) {
            caller.join();
        }
        assertThat(publish("last")).succeedsWithin(PATIENCE);
        List<String> all =
                queue.receiver(name).receive(401).stream().map(Delivery::text).toList();
        for (int caller = 0; caller < 4; caller++) {
            String prefix = caller + " ";
            assertThat(all.stream().filter(text -> text.startsWith(prefix)))
                    .containsExactlyElementsOf(
                            IntStream.range(0, 100).mapToObj(i -> prefix + i).toList());
        }
    }

    /** Those behind a blocked one are published together, and two of them cannot be. */
    @Test
    void whatIsWrongWithOneHarmsNoOther() throws Exception {
        CountDownLatch goOn = new CountDownLatch(1);
        CompletableFuture<Void> first = publish("first").thenRun(() -> awaitOpen(goOn));
        CompletableFuture<PublishResult> before = publish("before");
        CompletableFuture<PublishResult> large = queue.publishAsync(
                name, OutgoingMessage.bytes(new byte[5 * 1024 * 1024]).build());
        CompletableFuture<PublishResult> after = publish("after");
        CompletableFuture<PublishResult> lost =
                queue.publishAsync("nowhere", OutgoingMessage.text("x").build());
        CompletableFuture<PublishResult> last = publish("last");
        goOn.countDown();
        assertThat(first).succeedsWithin(PATIENCE);
        assertThat(before).succeedsWithin(PATIENCE);
        assertThat(after).succeedsWithin(PATIENCE);
        assertThat(last).succeedsWithin(PATIENCE);
        assertFails(large, MessageTooLargeException.class);
        assertFails(lost, NotFoundException.class);
        assertThat(queue.receiver(name).receive(10))
                .extracting(Delivery::text)
                .containsExactly("first", "before", "after", "last");
    }

    @Test
    void whoIsFasterThanTheDatabaseWaitsExceptWhatFollowsASend() throws Exception {
        CountDownLatch goOn = new CountDownLatch(1);
        AtomicInteger sent = new AtomicInteger();
        int count = 2 * AsyncSends.MOST_OPEN;
        CompletableFuture<Void> first = publish("first").thenRun(() -> {
            awaitOpen(goOn);
            // As many again as fit: whoever waited here would wait for itself.
            for (int i = 0; i < AsyncSends.MOST_OPEN; i++) {
                publish("more");
            }
        });
        CompletableFuture<PublishResult> last = new CompletableFuture<>();
        Thread sender = new Thread(() -> {
            while (sent.get() < count) {
                publish("x");
                sent.incrementAndGet();
            }
            publish("last").thenAccept(last::complete);
        });
        sender.start();
        await().atMost(PATIENCE).until(() -> isIn(sender, "awaitRoom"));
        assertThat(sent).hasValueBetween(AsyncSends.MOST_OPEN - 1, AsyncSends.MOST_OPEN);
        goOn.countDown();
        assertThat(first).succeedsWithin(PATIENCE);
        assertThat(last).succeedsWithin(PATIENCE);
        assertThat(publish("end")).succeedsWithin(PATIENCE);
        assertThat(queue.admin().stats(name).ready()).isEqualTo(3 + count + AsyncSends.MOST_OPEN);
    }

    @Test
    void largeBodiesWaitForRoomToo() throws Exception {
        CountDownLatch goOn = new CountDownLatch(1);
        publish("first").thenRun(() -> awaitOpen(goOn));
        AtomicInteger sent = new AtomicInteger();
        int half = (int) (AsyncSends.MOST_OPEN_BYTES / 2);
        queue.admin().alterQueue(QueueSpec.of(name).withMaxBodyBytes(half));
        Thread sender = new Thread(() -> {
            for (int i = 0; i < 3; i++) {
                queue.publishAsync(name, OutgoingMessage.bytes(new byte[half]).build());
                sent.incrementAndGet();
            }
        });
        sender.start();
        await().atMost(PATIENCE).until(() -> isIn(sender, "awaitRoom"));
        assertThat(sent).hasValue(2);
        goOn.countDown();
        sender.join(PATIENCE.toMillis());
        assertThat(sent).hasValue(3);
    }

    @Test
    void inATransactionTheFutureEndsWithIt() throws Exception {
        Connection connection = source.begin();
        CompletableFuture<PublishResult> stays = publish("stays");
        assertThat(stays).isNotDone();
        assertThatThrownBy(() ->
                        queue.publishAsync("nowhere", OutgoingMessage.text("x").build()))
                .isInstanceOf(NotFoundException.class);
        source.commit();
        assertThat(stays).isCompletedWithValueMatching(result -> result.matched() == 1);

        source.begin();
        CompletableFuture<PublishResult> goes = publish("goes");
        CompletableFuture<PublishResult> alone = queue.independent()
                .publishAsync(name, OutgoingMessage.text("its own").build());
        assertThat(alone).succeedsWithin(PATIENCE);
        source.rollback();
        assertFails(goes, PgQueueException.class);

        connection = source.begin();
        CompletableFuture<PublishResult> unknown = publish("unknown");
        connection.close();
        assertThatThrownBy(source::commit).isInstanceOf(SQLException.class);
        assertFails(unknown, OutcomeUnknownException.class);
        assertThat(queue.receiver(name).receive(10)).extracting(Delivery::text).containsExactly("stays", "its own");
    }

    /** SCH-1, PUB-9: delay and time to live count from the call. */
    @Test
    void theTimesOfAMessageGoOnWhileItWaitsToBeSent() {
        OutgoingMessage message = OutgoingMessage.text("x")
                .delay(Duration.ofSeconds(5))
                .timeToLive(Duration.ofSeconds(10))
                .build();
        AsyncPublisher.Send send = new AsyncPublisher.Send(name, message, 0);
        OutgoingMessage soon = send.message(Duration.ofSeconds(2).toNanos());
        assertThat(soon.delay()).isEqualTo(Duration.ofSeconds(3));
        assertThat(soon.timeToLive()).isEqualTo(Duration.ofSeconds(8));
        OutgoingMessage later = send.message(Duration.ofSeconds(7).toNanos());
        assertThat(later.delay()).isNull();
        assertThat(later.timeToLive()).isEqualTo(Duration.ofSeconds(3));
        OutgoingMessage late = send.message(Duration.ofSeconds(11).toNanos());
        queue.publish(name, late);
        assertThat(queue.receiver(name).receive(1)).isEmpty();
    }

    @Test
    void closingPublishesWhatWaitsAndTakesNothingMore() {
        List<CompletableFuture<PublishResult>> all =
                IntStream.range(0, 300).mapToObj(i -> publish("" + i)).toList();
        queue.close();
        assertThat(all).allSatisfy(each -> assertThat(each).isCompleted());
        assertFails(publish("late"), UnavailableException.class);
    }

    /** A full queue whose senders wait holds the first batch up for longer than close waits. */
    @Test
    void closingFailsWhatIsNotBegunInTime() {
        queue.admin().alterQueue(name, SubscriptionSettings.DEFAULT.withDepthLimit(new DepthLimit(1, WhenFull.BLOCK)));
        PgQueue patient = PgQueue.builder(dataSource)
                .maintenance(false)
                .sendTimeout(PATIENCE)
                .build();
        patient.publish(name, OutgoingMessage.text("fills it").build());
        CompletableFuture<PublishResult> waits =
                patient.publishAsync(name, OutgoingMessage.text("waits").build());
        await().atMost(PATIENCE)
                .until(() -> Thread.getAllStackTraces().entrySet().stream()
                        .anyMatch(thread -> thread.getKey().getName().equals("pgqueue-async-publish")
                                && Arrays.stream(thread.getValue())
                                        .anyMatch(frame -> frame.getClassName().equals(RoomWait.class.getName())
                                                && frame.getMethodName().equals("pause"))));
        CompletableFuture<PublishResult> behind =
                patient.publishAsync(name, OutgoingMessage.text("behind").build());
        patient.close();
        assertThat(waits).isNotDone();
        assertThat(behind).isCompletedExceptionally();
        assertFails(behind, UnavailableException.class);
        assertThat(queue.receiver(name).receive(10)).hasSize(1).allSatisfy(queue::ack);
        assertThat(waits).succeedsWithin(PATIENCE);
        assertThat(queue.receiver(name).receive(10)).extracting(Delivery::text).containsExactly("waits");
    }

    @Test
    void aFullQueueFailsTheFuture() {
        queue.admin().alterQueue(name, SubscriptionSettings.DEFAULT.withDepthLimit(new DepthLimit(1, WhenFull.FAIL)));
        assertThat(publish("fits")).succeedsWithin(PATIENCE);
        assertFails(publish("too much"), QueueFullException.class);
    }

    private CompletableFuture<PublishResult> publish(String text) {
        return queue.publishAsync(name, OutgoingMessage.text(text).build());
    }

    private static void awaitOpen(CountDownLatch latch) {
        try {
            assertThat(latch.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static boolean isIn(Thread thread, String method) {
        return Arrays.stream(thread.getStackTrace())
                .anyMatch(frame -> frame.getMethodName().equals(method));
    }

    private static void assertFails(CompletableFuture<?> future, Class<? extends Throwable> type) {
        assertThat(future)
                .failsWithin(PATIENCE)
                .withThrowableThat()
                .havingCause()
                .isInstanceOf(type);
    }
}
