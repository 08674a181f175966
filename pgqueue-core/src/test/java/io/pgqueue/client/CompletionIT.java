// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.pgqueue.Backlog;
import io.pgqueue.CompletionTimeoutException;
import io.pgqueue.DeadLetterPolicy;
import io.pgqueue.Delivery;
import io.pgqueue.Failure;
import io.pgqueue.InvalidArgumentException;
import io.pgqueue.NotFoundException;
import io.pgqueue.Outcome;
import io.pgqueue.Outcome.End;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.PgQueueException;
import io.pgqueue.QueueSpec;
import io.pgqueue.RedeliveryPolicy;
import io.pgqueue.Redrive;
import io.pgqueue.StaleDeliveryException;
import io.pgqueue.SubscriptionSettings;
import io.pgqueue.SubscriptionSpec;
import io.pgqueue.TopicSpec;
import io.pgqueue.sql.Sql;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** CMP-1 to CMP-4, and the story D.4. */
@PostgresTest(template = MigratedSchema.class)
class CompletionIT {

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private JoiningSource source;
    private PgQueue queue;
    private PgQueue otherJvm;
    private Sql sql;
    private String name;

    @BeforeEach
    void open(DataSource dataSource) throws Exception {
        source = new JoiningSource(dataSource);
        queue = PgQueue.builder(source).build();
        otherJvm = PgQueue.builder(dataSource).build();
        sql = new Sql(dataSource);
        name = "q" + UUID.randomUUID();
        SubscriptionSettings settings = SubscriptionSettings.DEFAULT.withRedelivery(
                new RedeliveryPolicy(5, Duration.ofMillis(20), Duration.ofMillis(20), 1, 0, null));
        queue.admin().createQueue(QueueSpec.of(name).withSettings(settings));
    }

    @AfterEach
    void close() throws Exception {
        queue.close();
        otherJvm.close();
        sql.close();
    }

    @Test
    @DisplayName("D.4: one of two workers gets it; sent before completed; outcome ACKED")
    void theStory() throws Exception {
        ConcurrentLinkedQueue<String> log = new ConcurrentLinkedQueue<>();
        CountDownLatch acked = new CountDownLatch(1);
        CountDownLatch sent = new CountDownLatch(1);
        List<Receiver> receivers = List.of(queue.receiver(name), otherJvm.receiver(name));
        List<CompletableFuture<Void>> workers = receivers.stream()
                .map(receiver -> CompletableFuture.runAsync(
                        () -> {
                            try {
                                for (Delivery delivery : receiver.receive(1, PATIENCE)) {
                                    sent.await();
                                    log.add("received");
                                    log.add("done processing");
                                    otherJvm.ack(delivery);
                                    log.add("acked");
                                    acked.countDown();
                                }
                            } catch (InterruptedException e) {
                                Thread.currentThread().interrupt();
                            }
                        },
                        task -> new Thread(task, "worker").start()))
                .toList();
        Completion completion = queue.publishTracked(
                name, OutgoingMessage.json("{\"foo\":\"bar\"}").build());
        log.add("sent");
        sent.countDown();
        List<Outcome> outcomes = completion.await(Duration.ofSeconds(10));
        assertThat(outcomes).singleElement().satisfies(outcome -> {
            assertThat(outcome.subscription()).isEqualTo(name);
            assertThat(outcome.end()).isEqualTo(End.ACKED);
        });
        assertThat(acked.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(log).containsExactly("sent", "received", "done processing", "acked");
        receivers.forEach(Receiver::close);
        for (CompletableFuture<Void> worker : workers) {
            worker.get(5, TimeUnit.SECONDS);
        }
    }

    @Test
    void theExampleOfTheDocumentation() throws Exception {
        CompletableFuture<Void> consumer = CompletableFuture.runAsync(() -> {
            for (int i = 0; i < 2; i++) {
                otherJvm.ack(receive());
            }
        });
        OutgoingMessage invoice = OutgoingMessage.text("i").build();
        OutgoingMessage letter = OutgoingMessage.text("l").build();
        // snippet: java-completion
        List<Completion> sent = List.of(queue.publishTracked(name, invoice), queue.publishTracked(name, letter));
        for (List<Outcome> outcomes : Completions.all(sent, Duration.ofSeconds(30))) {
            if (outcomes.stream().anyMatch(outcome -> outcome.end() != Outcome.End.ACKED)) {
                throw new IllegalStateException("Not everybody has done with it: " + outcomes);
            }
        }
        UUID id = sent.get(0).messageId();
        List<Outcome> askedElsewhere = otherJvm.completion(id).await(Duration.ofSeconds(10));
        // end snippet
        assertThat(askedElsewhere).hasSize(1);
        consumer.get(5, TimeUnit.SECONDS);
    }

    @Test
    void aFailedAttemptIsNoOutcome() throws Exception {
        Completion completion = send();
        queue.nack(receive(), Failure.NONE);
        Delivery second = receive();
        assertThat(completion.future()).isNotDone();
        assertThat(second.attempts()).isEqualTo(2);
        queue.release(List.of(second));
        Delivery third = receive();
        assertThat(otherJvm.completion(completion.messageId()).future()).isNotDone();
        queue.ack(third);
        assertThat(ends(completion)).containsExactly(End.ACKED);
    }

    @Test
    void theLastFailedAttemptIsDeadAndStaysSo() throws Exception {
        Completion completion = send();
        for (int i = 0; i < 5; i++) {
            queue.nack(receive(), Duration.ZERO, Failure.NONE);
        }
        assertThat(ends(completion)).containsExactly(End.DEAD);
        assertThat(queue.admin().deadLetters(name).redrive(Redrive.ALL)).isEqualTo(1);
        queue.nack(receive(), Duration.ofMillis(20), Failure.NONE);
        queue.ack(receive());
        assertThat(ends(otherJvm.completion(completion.messageId()))).containsExactly(End.DEAD);
        assertThat(sql.number("select count(*) from pgqueue.outcome o left join pgqueue.tracked t using (position) "
                        + "where t.position is null"))
                .isZero();
    }

    @Test
    void rejectingIsDeadAndACrashLoopToo() throws Exception {
        Completion rejected = send();
        queue.deadLetter(receive(), "REJECTED", Failure.NONE);
        assertThat(ends(rejected)).containsExactly(End.DEAD);

        Completion crashing = send();
        int subscription = sql.subscription(name);
        for (int i = 0; i < 5; i++) {
            receive();
            sql.endLeases(subscription);
        }
        sql.tidy();
        assertThat(ends(crashing)).containsExactly(End.DEAD);
    }

    @Test
    void anExpiredMessageSaysSo() throws Exception {
        Completion completion = queue.publishTracked(
                name, OutgoingMessage.text("x").timeToLive(Duration.ofMillis(1)).build());
        assertThat(sql.number("select 1 from pg_sleep(0.01)")).isEqualTo(1);
        assertThat(queue.receiver(name).receive(1)).isEmpty();
        assertThat(ends(completion)).containsExactly(End.EXPIRED);
    }

    @Test
    void aCancelledMessageSaysSoWherverItWaited() throws Exception {
        Completion waiting = send();
        queue.scheduling().cancel(waiting.messageId());
        assertThat(ends(waiting)).containsExactly(End.CANCELLED);

        Completion delayed = queue.publishTracked(
                name, OutgoingMessage.text("x").delay(Duration.ofDays(1)).build());
        queue.scheduling().cancel(delayed.messageId());
        assertThat(ends(delayed)).containsExactly(End.CANCELLED);

        Completion running = send();
        Delivery held = receive();
        queue.scheduling().cancel(running.messageId());
        assertThatThrownBy(() -> queue.ack(held)).isInstanceOf(StaleDeliveryException.class);
        assertThat(ends(running)).containsExactly(End.CANCELLED);
    }

    @Test
    void whatIsPurgedOrDroppedIsDiscarded() throws Exception {
        Completion ready = send();
        Completion later = queue.publishTracked(
                name, OutgoingMessage.text("x").delay(Duration.ofDays(1)).build());
        queue.admin().purge(null, name, false);
        assertThat(ends(ready)).containsExactly(End.DISCARDED);
        assertThat(ends(later)).containsExactly(End.DISCARDED);
        Completion dropped = send();
        queue.admin().dropDestination(name, true);
        assertThat(dropped.await(PATIENCE)).singleElement().satisfies(outcome -> {
            assertThat(outcome.end()).isEqualTo(End.DISCARDED);
            assertThat(outcome.subscription()).isEqualTo(name);
        });
    }

    /** Each statement that removes a delivery writes the outcome itself. */
    @Test
    void whatANewFilterRefusesIsDiscarded() throws Exception {
        String topic = name + "f";
        queue.admin().createTopic(TopicSpec.of(topic));
        SubscriptionSpec spec = SubscriptionSpec.of(topic, topic + "s");
        queue.admin().createSubscription(spec);
        for (Backlog backlog : List.of(Backlog.REFILTER, Backlog.DROP)) {
            Completion ready =
                    queue.publishTracked(topic, OutgoingMessage.text("x").build());
            Completion later = queue.publishTracked(
                    topic, OutgoingMessage.text("x").delay(Duration.ofDays(1)).build());
            queue.admin().alterSubscription(spec.withSelector("FALSE"), backlog);
            assertThat(ends(ready)).containsExactly(End.DISCARDED);
            assertThat(ends(later)).containsExactly(End.DISCARDED);
            queue.admin().alterSubscription(spec);
        }
    }

    @Test
    void whatLeavesForAnotherQueueHasEndedInItsOwn() throws Exception {
        String other = name + "other";
        queue.admin().createQueue(QueueSpec.of(other));
        Completion moved = send();
        assertThat(queue.admin().move(null, name, other, 10).moved()).isEqualTo(1);
        assertThat(ends(moved)).containsExactly(End.DISCARDED);

        queue.admin()
                .alterQueue(
                        name,
                        SubscriptionSettings.DEFAULT
                                .withDeadLetters(DeadLetterPolicy.DEFAULT.withQueue(other))
                                .withExpiryQueue(other));
        Completion dead = send();
        queue.deadLetter(receive(), "REJECTED", Failure.NONE);
        assertThat(ends(dead)).containsExactly(End.DEAD);

        Completion expired = queue.publishTracked(
                name, OutgoingMessage.text("x").timeToLive(Duration.ofHours(1)).build());
        sql.run("update pgqueue.message set expires_at = sent_at where message_id = ?", expired.messageId());
        assertThat(queue.receiver(name).receive(1)).isEmpty();
        assertThat(ends(expired)).containsExactly(End.EXPIRED);
        queue.ack(queue.receiver(other).receive(3));
        assertThat(ends(otherJvm.completion(dead.messageId())))
                .as("what becomes of it there is another story")
                .containsExactly(End.DEAD);
    }

    @Test
    void whatWasSentToASubscriptionThatWasJustDroppedIsDiscarded() throws Exception {
        source.begin();
        Completion ready = send();
        Completion later = queue.publishTracked(
                name, OutgoingMessage.text("x").delay(Duration.ofDays(1)).build());
        otherJvm.admin().dropDestination(name, true);
        source.commit();
        sql.run("set search_path = pgqueue");
        sql.run("select sweep(0, 100000)");
        assertThat(ends(ready)).containsExactly(End.DISCARDED);
        assertThat(ends(later)).containsExactly(End.DISCARDED);
    }

    @Test
    void everySubscriptionHasAnOutcomeOfItsOwn() throws Exception {
        String topic = name + "t";
        queue.admin().createTopic(TopicSpec.of(topic));
        Completion nobody =
                queue.publishTracked(topic, OutgoingMessage.text("x").build());
        assertThat(nobody.future()).isDone();
        assertThat(nobody.await(Duration.ZERO)).isEmpty();
        assertThat(otherJvm.completion(nobody.messageId()).await(PATIENCE)).isEmpty();

        for (String subscription : List.of(topic + "a", topic + "b")) {
            queue.admin().createSubscription(SubscriptionSpec.of(topic, subscription));
        }
        queue.admin().createSubscription(SubscriptionSpec.of(topic, topic + "c").withSelector("other IS NOT NULL"));
        Completion both = queue.publishTracked(topic, OutgoingMessage.text("x").build());
        queue.ack(queue.receiver(topic, topic + "a").receive(1));
        assertThatThrownBy(() -> both.await(Duration.ofMillis(50)))
                .isInstanceOfSatisfying(
                        CompletionTimeoutException.class,
                        e -> assertThat(e.messageIds()).containsExactly(both.messageId()));
        Delivery ofB = queue.receiver(topic, topic + "b").receive(1).get(0);
        queue.deadLetter(ofB, "REJECTED", Failure.NONE);
        assertThat(both.await(PATIENCE))
                .extracting(Outcome::subscription, Outcome::end)
                .containsExactlyInAnyOrder(tuple(topic + "a", End.ACKED), tuple(topic + "b", End.DEAD));
    }

    /** CMP-2: those that took too long are named, and the same handles can be waited for again. */
    @Test
    void aTimeoutOfManyNamesTheOpenOnesAndCancelsNothing() throws Exception {
        Completion done = send();
        queue.ack(receive());
        done.await(PATIENCE);
        Completion open = send();
        assertThatThrownBy(() -> Completions.all(List.of(done, open), Duration.ofMillis(50)))
                .isInstanceOfSatisfying(
                        CompletionTimeoutException.class,
                        e -> assertThat(e.messageIds()).containsExactly(open.messageId()));
        queue.ack(receive());
        assertThat(Completions.all(List.of(done, open), PATIENCE))
                .allSatisfy(outcomes ->
                        assertThat(outcomes).extracting(Outcome::end).containsExactly(End.ACKED));
    }

    @Test
    void rollbackFailsTheHandleAndNobodySeesTheMessage() throws Exception {
        source.begin();
        Completion completion = send();
        assertThatThrownBy(() -> completion.await(PATIENCE))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("wait after the commit");
        assertThatThrownBy(() -> completion.future().join()).isInstanceOf(IllegalStateException.class);
        source.rollback();
        assertThat(completion.future()).isCompletedExceptionally();
        assertThatThrownBy(() -> completion.await(PATIENCE))
                .isInstanceOf(PgQueueException.class)
                .hasMessageContaining("rolled back");
        assertThatThrownBy(() -> completion.future().get()).isInstanceOf(ExecutionException.class);
        assertThat(queue.receiver(name).receive(1)).isEmpty();
        assertThatThrownBy(() -> otherJvm.completion(completion.messageId())).isInstanceOf(NotFoundException.class);

        source.begin();
        Completion committed = send();
        source.commit();
        queue.ack(receive());
        assertThat(ends(committed)).containsExactly(End.ACKED);
    }

    @Test
    void anAckThatRollsBackIsNoOutcome() throws Exception {
        Completion completion = send();
        Delivery held = receive();
        source.begin();
        queue.ack(held);
        source.rollback();
        assertThat(otherJvm.completion(completion.messageId()).future()).isNotDone();
        queue.ack(held);
        assertThat(ends(completion)).containsExactly(End.ACKED);
    }

    @Test
    void thousandsAreWaitedForTogether() throws Exception {
        int messages = 2_000;
        List<Completion> completions = new ArrayList<>();
        source.begin();
        for (int i = 0; i < messages; i++) {
            completions.add(send());
        }
        source.commit();
        CompletableFuture<Void> consumer = CompletableFuture.runAsync(() -> {
            Receiver receiver = otherJvm.receiver(name);
            int left = messages;
            while (left > 0) {
                List<Delivery> batch = receiver.receive(100);
                otherJvm.ack(batch);
                left -= batch.size();
            }
        });
        List<List<Outcome>> outcomes = Completions.all(completions, PATIENCE);
        consumer.get(5, TimeUnit.SECONDS);
        assertThat(outcomes)
                .hasSize(messages)
                .allSatisfy(each -> assertThat(each).extracting(Outcome::end).containsExactly(End.ACKED));
    }

    @Test
    void outcomesAreForgottenWhenTheirTimeHasPassed() throws Exception {
        Completion done = send();
        Completion open = send();
        queue.ack(receive());
        done.await(PATIENCE);
        sql.run("update pgqueue.tracked set check_at = clock_timestamp() - interval '1 second'");
        sql.tidy();
        assertThat(ends(otherJvm.completion(done.messageId()))).containsExactly(End.ACKED);
        sql.run("update pgqueue.tracked set check_at = clock_timestamp() - interval '1 second'");
        sql.run("update pgqueue.outcome set ended_at = ended_at - interval '61 minutes'");
        sql.tidy();
        assertThatThrownBy(() -> otherJvm.completion(done.messageId()))
                .isInstanceOf(NotFoundException.class)
                .hasMessageContaining("too long ago");
        assertThat(sql.number("select count(*) from pgqueue.outcome")).isZero();
        assertThat(otherJvm.completion(open.messageId()).future()).isNotDone();
        assertThat(sql.number("select count(*) from pgqueue.tracked where check_at > clock_timestamp()"))
                .isEqualTo(1);
    }

    @Test
    void onlyTrackedMessagesHaveOutcomes() throws Exception {
        UUID plain = queue.publish(name, OutgoingMessage.text("x").build()).messageId();
        assertThatThrownBy(() -> queue.completion(plain)).isInstanceOf(NotFoundException.class);
        queue.ack(receive());
        assertThat(sql.number(
                        "select count(*) from pgqueue.outcome o join pgqueue.tracked t using (position) "
                                + "where t.message_id = ?",
                        plain))
                .isZero();
        assertThatThrownBy(() ->
                        queue.publishTracked(name, OutgoingMessage.text("x").build(), Duration.ofSeconds(59)))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContaining("keep is PT59S");
    }

    @Test
    void aTrackedDeliveryStaysTrackedWhereverItIsMoved() throws Exception {
        List<Completion> completions =
                IntStream.range(0, 3).mapToObj(i -> send()).toList();
        queue.nack(receive(), Duration.ofMillis(1), Failure.NONE);
        sql.rotate();
        sql.ageRotation();
        sql.tidy();
        for (int i = 0; i < 3; i++) {
            queue.ack(receive());
        }
        assertThat(Completions.all(completions, PATIENCE))
                .allSatisfy(each -> assertThat(each).extracting(Outcome::end).containsExactly(End.ACKED));
    }

    @Test
    void sqlCallersTrackToo() throws Exception {
        UUID id = (UUID) sql.value("select published_id from pgqueue.publish(?, 'text'::text, track => true)", name);
        Completion completion = queue.completion(id);
        queue.ack(receive());
        assertThat(ends(completion)).containsExactly(End.ACKED);
    }

    private Completion send() {
        return queue.publishTracked(name, OutgoingMessage.text("x").build());
    }

    private Delivery receive() {
        try {
            return queue.receiver(name).receive(1, PATIENCE).get(0);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static List<End> ends(Completion completion) throws InterruptedException {
        return completion.await(PATIENCE).stream().map(Outcome::end).toList();
    }
}
