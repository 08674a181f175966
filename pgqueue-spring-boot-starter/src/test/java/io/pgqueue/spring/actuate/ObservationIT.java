// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.actuate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import io.pgqueue.DeadLetter;
import io.pgqueue.Delivery;
import io.pgqueue.PublishResult;
import io.pgqueue.QueueSpec;
import io.pgqueue.RedeliveryPolicy;
import io.pgqueue.client.PgQueue;
import io.pgqueue.client.Receiver;
import io.pgqueue.spring.OutgoingMessagePostProcessor;
import io.pgqueue.spring.PgOperations;
import io.pgqueue.spring.annotation.PgListener;
import io.pgqueue.spring.testing.ListenerTest;
import io.pgqueue.spring.testing.QueueApplication;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.messaging.handler.annotation.SendTo;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/** OBS-6, with a tracer that does what the bridges of Micrometer Tracing do. */
@PostgresTest(template = MigratedSchema.class)
class ObservationIT {

    private final Tracer tracer = new Tracer();

    private ApplicationContextRunner traced(PGSimpleDataSource database) {
        ObservationRegistry registry = ObservationRegistry.create();
        registry.observationConfig().observationHandler(tracer);
        return QueueApplication.on(database).withBean(ObservationRegistry.class, () -> registry);
    }

    @Test
    void theTraceGoesThroughRetriesIntoTheDeadLetterAndOutOfIt(PGSimpleDataSource database) {
        traced(database).run(context -> {
            AtomicInteger calls = new AtomicInteger();
            ListenerTest test = ListenerTest.of(
                    context,
                    "traced.fails",
                    settings -> settings.withRedelivery(
                            RedeliveryPolicy.DEFAULT.withMaxAttempts(2).withFixedBackoff(Duration.ZERO)));
            test.listen(
                    delivery -> {
                        if (calls.incrementAndGet() <= 2) {
                            throw new IllegalStateException("no");
                        }
                    },
                    UnaryOperator.identity());
            test.send("x");
            DeadLetter dead = test.awaitDeadLetter();
            String trace =
                    Objects.requireNonNull(tracer.published.get(0).getCarrier()).get("traceparent");
            assertThat(dead.properties()).containsEntry("traceparent", trace);
            await().untilAsserted(() -> assertThat(tracer.processed).hasSize(2));
            assertThat(tracer.parents).containsExactly(trace, trace);
            assertThat(tracer.processed)
                    .allSatisfy(process -> assertThat(process.getError()).hasMessage("no"));

            test.admin().deadLetters(null, "traced.fails").redrive(List.of(dead.messageId()));
            test.awaitNothingLeft();
            await().untilAsserted(() -> assertThat(tracer.processed).hasSize(3));
            assertThat(tracer.parents).containsExactly(trace, trace, trace);
            assertThat(tracer.processed.get(2).getError()).isNull();
        });
    }

    @Test
    void whatAHandlerSendsIsPartOfItsTrace(PGSimpleDataSource database) {
        traced(database).run(context -> {
            ListenerTest next = ListenerTest.of(context, "traced.next", UnaryOperator.identity());
            ListenerTest test = ListenerTest.of(context, "traced.first", UnaryOperator.identity());
            test.listen(
                    delivery -> context.getBean(PgOperations.class).convertAndSend("traced.next", "y"),
                    UnaryOperator.identity());
            test.send("x");
            await().untilAsserted(() -> assertThat(next.stats().ready()).isEqualTo(1));
            await().untilAsserted(() -> assertThat(tracer.processed).hasSize(1));
            assertThat(tracer.published.get(1).getParentObservation())
                    .isNotNull()
                    .satisfies(parent -> assertThat(parent.getContextView()).isSameAs(tracer.processed.get(0)));
        });
    }

    @Test
    void anAnswerByReturnValueIsPartOfItsTraceAndConversation(PGSimpleDataSource database) {
        traced(database).withUserConfiguration(Answering.class).run(context -> {
            PgOperations template = context.getBean(PgOperations.class);
            PublishResult asked = template.convertAndSend("traced.questions", "x");
            Delivery answer = next(context.getBean(PgQueue.class), "traced.answers");
            await().untilAsserted(() -> assertThat(tracer.processed).hasSize(1));
            assertThat(tracer.published).hasSize(2);
            PgSendContext sent = tracer.published.get(1);
            assertThat(sent.getParentObservation())
                    .isNotNull()
                    .satisfies(parent -> assertThat(parent.getContextView()).isSameAs(tracer.processed.get(0)));
            assertThat(answer.properties())
                    .containsEntry(
                            "traceparent",
                            Objects.requireNonNull(sent.getCarrier()).get("traceparent"))
                    .containsEntry("JMS_PGQ_CausationId", asked.messageId().toString())
                    .containsEntry("tenant", "north");
            assertThat(answer.headers().correlationId()).isEqualTo("ID:" + asked.messageId());
        });
    }

    /** Else the answer would stay when the work is rolled back. */
    @Test
    void anAnswerIsInTheHandlersTransactionWhateverThePolicyOfTheTemplate(PGSimpleDataSource database) {
        traced(database)
                .withUserConfiguration(Answering.class)
                .withPropertyValues("pgqueue.template.transaction=requires-new")
                .run(context -> {
                    PgQueue queue = context.getBean(PgQueue.class);
                    context.getBean(PgOperations.class).convertAndSend("traced.questions", "fail first");
                    assertThat(next(queue, "traced.answers").text()).isEqualTo("attempt 2");
                    assertThat(queue.admin().stats(null, "traced.answers").unfinished())
                            .as("the answer of the first attempt")
                            .isZero();
                });
    }

    private static Delivery next(PgQueue queue, String name) throws InterruptedException {
        try (Receiver receiver = queue.receiver(name)) {
            List<Delivery> received = receiver.receive(1, ListenerTest.LONG);
            assertThat(received).hasSize(1);
            queue.ack(received);
            return received.get(0);
        }
    }

    /** The parent belongs to the thread that asks for the send, not to the one that does it. */
    @Test
    void anAsynchronousSendIsPartOfTheCallersTrace(PGSimpleDataSource database) {
        traced(database).run(context -> {
            ListenerTest.of(context, "traced.async", UnaryOperator.identity());
            Observation request = Observation.start("request", context.getBean(ObservationRegistry.class));
            CompletableFuture<PublishResult> sent =
                    request.scoped(() -> context.getBean(PgOperations.class).convertAndSendAsync("traced.async", "x"));
            sent.get(30, TimeUnit.SECONDS);
            assertThat(tracer.published.get(0).getParentObservation()).isSameAs(request);
        });
    }

    @Test
    void namesAndKeyValuesAreThoseOfTheConventions(PGSimpleDataSource database) {
        traced(database).run(context -> {
            ListenerTest test = ListenerTest.of(context, "traced.names", UnaryOperator.identity());
            test.listen(delivery -> {}, UnaryOperator.identity());
            test.send("x");
            await().untilAsserted(() -> assertThat(tracer.processed).hasSize(1));
            PgSendContext sent = tracer.published.get(0);
            assertThat(sent.getName()).isEqualTo("pgqueue.publish");
            assertThat(sent.getContextualName()).isEqualTo("publish traced.names");
            assertThat(Objects.requireNonNull(sent.getLowCardinalityKeyValue("messaging.system"))
                            .getValue())
                    .isEqualTo("pgqueue");
            PgProcessContext processed = tracer.processed.get(0);
            assertThat(processed.getName()).isEqualTo("pgqueue.process");
            assertThat(Objects.requireNonNull(processed.getHighCardinalityKeyValue("messaging.message.id"))
                            .getValue())
                    .isEqualTo(sent.results().get(0).messageId().toString());
        });
    }

    /** Headers of B3 have a hyphen, so they are no properties; the message is worth more than its trace. */
    @Test
    void aTraceThatIsNoPropertyDoesNotStopTheMessage(PGSimpleDataSource database) {
        tracer.header = "X-B3-TraceId";
        traced(database).run(context -> {
            ListenerTest test = ListenerTest.of(context, "traced.b3", UnaryOperator.identity());
            test.send("x");
            assertThat(test.stats().ready()).isEqualTo(1);
        });
    }

    @Configuration(proxyBeanMethods = false)
    static class Answering {
        @Bean
        QueueSpec questions() {
            return QueueSpec.of("traced.questions");
        }

        @Bean
        QueueSpec answers() {
            return QueueSpec.of("traced.answers");
        }

        @Bean
        OutgoingMessagePostProcessor tenant() {
            return (destination, message) ->
                    message.toBuilder().property("tenant", "north").build();
        }

        @PgListener(queues = "traced.questions", backoff = "1ms")
        @SendTo("traced.answers")
        String answer(Delivery question) {
            if (question.attempts() == 1 && question.text().equals("fail first")) {
                TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {
                    @Override
                    public void beforeCommit(boolean readOnly) {
                        throw new IllegalStateException("rolled back after the answer was sent");
                    }
                });
            }
            return "attempt " + question.attempts();
        }
    }

    private static final class Tracer implements ObservationHandler<Observation.Context> {

        final List<PgSendContext> published = new CopyOnWriteArrayList<>();
        final List<PgProcessContext> processed = new CopyOnWriteArrayList<>();
        final List<String> parents = new CopyOnWriteArrayList<>();
        private final AtomicInteger spans = new AtomicInteger();
        volatile String header = "traceparent";

        @Override
        public boolean supportsContext(Observation.Context context) {
            return true;
        }

        @Override
        public void onStart(Observation.Context context) {
            if (context instanceof PgSendContext sent) {
                published.add(sent);
                sent.getSetter()
                        .set(
                                Objects.requireNonNull(sent.getCarrier()),
                                header,
                                "00-trace-" + spans.incrementAndGet() + "-01");
            } else if (context instanceof PgProcessContext process) {
                String parent = process.getGetter().get(Objects.requireNonNull(process.getCarrier()), header);
                parents.add(parent == null ? "none" : parent);
            }
        }

        @Override
        public void onStop(Observation.Context context) {
            if (context instanceof PgProcessContext process) {
                processed.add(process);
            }
        }
    }
}
