// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgqueue.CancelResult;
import io.pgqueue.Delivery;
import io.pgqueue.InvalidArgumentException;
import io.pgqueue.NotFoundException;
import io.pgqueue.Outcome;
import io.pgqueue.PgQueueException;
import io.pgqueue.PublishResult;
import io.pgqueue.client.Completion;
import io.pgqueue.spring.testing.ListenerTest;
import io.pgqueue.spring.testing.QueueApplication;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.context.ApplicationContext;
import org.springframework.transaction.IllegalTransactionStateException;
import org.springframework.transaction.support.TransactionTemplate;

/** SPR-1, PUB-10, CMP-1, SCH-3, SCH-4, SCH-7: what became of a message, and how to take it back. */
@PostgresTest(template = MigratedSchema.class)
class TemplateOutcomeIT {

    @Test
    void asynchronousSendsKeepTheirOrderAndOneThatFailsFailsAlone(PGSimpleDataSource database) {
        QueueApplication.on(database).run(context -> {
            ListenerTest test = ListenerTest.of(context, "async", UnaryOperator.identity());
            PgOperations template = template(context);
            List<CompletableFuture<PublishResult>> sent = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                sent.add(template.convertAndSendAsync("async", String.valueOf(i)));
            }
            CompletableFuture<PublishResult> lost = template.convertAndSendAsync("async.nowhere", "x");
            CompletableFuture<PublishResult> last =
                    template.destination("async").sendAsync("50");

            assertThat(last.get(30, TimeUnit.SECONDS).matched()).isEqualTo(1);
            assertThat(sent).allSatisfy(each -> assertThat(each).isCompleted());
            assertThat(lost)
                    .failsWithin(Duration.ofSeconds(30))
                    .withThrowableThat()
                    .havingCause()
                    .isInstanceOf(NotFoundException.class);
            assertThat(test.queue().receiver("async").receive(100))
                    .extracting(Delivery::text)
                    .containsExactlyElementsOf(IntStream.rangeClosed(0, 50)
                            .mapToObj(String::valueOf)
                            .toList());
        });
    }

    /** What follows a send may send again, however much waits. */
    @Test
    void moreThanFitsWaitsInTheCaller(PGSimpleDataSource database) {
        QueueApplication.on(database).run(context -> {
            ListenerTest test = ListenerTest.of(context, "async.many", UnaryOperator.identity());
            PgOperations template = template(context);
            CompletableFuture<?> all = CompletableFuture.allOf(IntStream.range(0, 1200)
                    .mapToObj(i -> template.convertAndSendAsync("async.many", i)
                            .thenCompose(result -> i % 100 == 0
                                    ? template.convertAndSendAsync("async.many", -i)
                                    : CompletableFuture.completedFuture(result)))
                    .toArray(CompletableFuture[]::new));
            all.get(60, TimeUnit.SECONDS);
            assertThat(test.stats().ready()).isEqualTo(1212);
        });
    }

    @Test
    void anAsynchronousSendInATransactionIsDoneWithIt(PGSimpleDataSource database) {
        QueueApplication.on(database).run(context -> {
            ListenerTest test = ListenerTest.of(context, "async.joined", UnaryOperator.identity());
            PgOperations template = template(context);
            List<CompletableFuture<PublishResult>> sent = new ArrayList<>();
            transactions(context).executeWithoutResult(status -> {
                sent.add(template.convertAndSendAsync("async.joined", "stays"));
                assertThat(sent.get(0)).isNotDone();
            });
            assertThat(sent.get(0)).isCompleted();
            transactions(context).executeWithoutResult(status -> {
                sent.add(template.convertAndSendAsync("async.joined", "goes"));
                sent.add(template.destination("async.joined")
                        .transaction(TemplateTransaction.REQUIRES_NEW)
                        .sendAsync("its own"));
                status.setRollbackOnly();
            });
            assertThat(sent.get(1))
                    .failsWithin(Duration.ofSeconds(1))
                    .withThrowableThat()
                    .havingCause()
                    .isInstanceOf(PgQueueException.class);
            sent.get(2).get(30, TimeUnit.SECONDS);
            assertThat(test.stats().ready()).isEqualTo(2);
            assertThatThrownBy(() -> template.destination("async.joined")
                            .transaction(TemplateTransaction.MANDATORY)
                            .sendAsync("no"))
                    .isInstanceOf(IllegalTransactionStateException.class);
        });
    }

    @Test
    void aTrackedMessageTellsHowItEnded(PGSimpleDataSource database) {
        QueueApplication.on(database).run(context -> {
            ListenerTest test = ListenerTest.of(context, "tracked", UnaryOperator.identity());
            PgOperations template = template(context);
            Completion acked = template.convertAndSendTracked("tracked", "a");
            Completion cancelled = template.destination("tracked").group("g").sendTracked("b", Duration.ofHours(2));
            assertThat(template.destination("tracked").group("g").cancel(10)).isEqualTo(1);
            test.listen(delivery -> {}, UnaryOperator.identity());
            assertThat(acked.await(ListenerTest.LONG)).extracting(Outcome::end).containsExactly(Outcome.End.ACKED);
            assertThat(cancelled.await(ListenerTest.LONG))
                    .extracting(Outcome::end)
                    .containsExactly(Outcome.End.CANCELLED);
            List<Completion> never = new ArrayList<>();
            transactions(context).executeWithoutResult(status -> {
                never.add(template.convertAndSendTracked("tracked", "c"));
                status.setRollbackOnly();
            });
            assertThatThrownBy(() -> never.get(0).await(ListenerTest.LONG)).isInstanceOf(PgQueueException.class);
        });
    }

    @Test
    void takingBackBelongsToTheCallersTransaction(PGSimpleDataSource database) {
        QueueApplication.on(database).run(context -> {
            ListenerTest test = ListenerTest.of(context, "cancelled", UnaryOperator.identity());
            PgOperations template = template(context);
            UUID id = template.destination("cancelled")
                    .delay(Duration.ofHours(1))
                    .send("x")
                    .messageId();
            transactions(context).executeWithoutResult(status -> {
                assertThat(template.cancel(id))
                        .containsExactly(new CancelResult("cancelled", CancelResult.Outcome.CANCELLED));
                status.setRollbackOnly();
            });
            assertThat(test.stats().delayed()).isEqualTo(1);
            assertThat(template.reschedule(id, Instant.now().minusSeconds(1))).containsExactly("cancelled");
            assertThat(test.stats().ready()).isEqualTo(1);
            assertThat(template.destination("cancelled").cancel(id)).isEqualTo(CancelResult.Outcome.CANCELLED);
            assertThat(template.destination("cancelled").cancel(id)).isEqualTo(CancelResult.Outcome.FINISHED);
            assertThat(test.stats().unfinished()).isZero();
        });
    }

    @Test
    void manyAreTakenBackByOneCondition(PGSimpleDataSource database) {
        QueueApplication.on(database).run(context -> {
            ListenerTest test = ListenerTest.of(context, "cancelled.many", UnaryOperator.identity());
            PgOperations template = template(context);
            template.destination("cancelled.many").correlationId("c").sendAll(List.of("1", "2"));
            template.destination("cancelled.many").property("color", "red").send("3");
            template.destination("cancelled.many").send("4");
            assertThat(template.destination("cancelled.many").correlationId("c").cancel(10))
                    .isEqualTo(2);
            assertThat(template.destination("cancelled.many")
                            .selector("color = 'red'")
                            .cancel(10))
                    .isEqualTo(1);
            assertThat(test.stats().ready()).isEqualTo(1);
            assertThatThrownBy(() -> template.destination("cancelled.many").cancel(10))
                    .isInstanceOf(InvalidArgumentException.class)
                    .hasMessageContaining("one of correlationId, group and selector");
            assertThatThrownBy(() -> template.destination("cancelled.many")
                            .correlationId("c")
                            .group("g")
                            .cancel(10))
                    .isInstanceOf(InvalidArgumentException.class);
        });
    }

    private static PgOperations template(ApplicationContext context) {
        return context.getBean(PgOperations.class);
    }

    private static TransactionTemplate transactions(ApplicationContext context) {
        return context.getBean(TransactionTemplate.class);
    }
}
