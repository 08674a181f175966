// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgqueue.Delivery;
import io.pgqueue.InvalidArgumentException;
import io.pgqueue.NotFoundException;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.QueueSpec;
import io.pgqueue.sql.Sql;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** CMP-5: an asker and a responder in two JVMs. */
@PostgresTest(template = MigratedSchema.class)
class RequestIT {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private JoiningSource source;
    private PgQueue asker;
    private PgQueue responder;
    private String name;
    private final ExecutorService threads = Executors.newCachedThreadPool();

    @BeforeEach
    void open(DataSource dataSource) {
        source = new JoiningSource(dataSource);
        asker = PgQueue.builder(source).pollInterval(Duration.ofMillis(100)).build();
        responder =
                PgQueue.builder(dataSource).pollInterval(Duration.ofMillis(100)).build();
        name = "q" + UUID.randomUUID();
        asker.admin().createQueue(QueueSpec.of(name));
    }

    @AfterEach
    void close() {
        threads.shutdownNow();
        asker.close();
        responder.close();
    }

    @Test
    void everyRequestGetsItsOwnReply() throws Exception {
        int requests = 200;
        threads.submit(() -> {
            try (Receiver receiver = responder.receiver(name)) {
                for (int left = requests; left > 0; ) {
                    List<Delivery> batch = receiver.receive(50, PATIENCE);
                    // In reverse, so that order is no substitute for correlation.
                    for (int i = batch.size() - 1; i >= 0; i--) {
                        responder.reply(
                                batch.get(i),
                                OutgoingMessage.text("re " + batch.get(i).text())
                                        .build());
                    }
                    responder.ack(batch);
                    left -= batch.size();
                }
            }
            return null;
        });
        List<CompletableFuture<String>> replies = new ArrayList<>();
        for (int thread = 0; thread < 4; thread++) {
            int first = thread * requests / 4;
            replies.add(CompletableFuture.supplyAsync(
                    () -> {
                        StringBuilder wrong = new StringBuilder();
                        for (int i = first; i < first + requests / 4; i++) {
                            OutgoingMessage.Builder message = OutgoingMessage.text("m" + i);
                            String reply = ask(i % 2 == 0 ? message : message.correlationId("c" + i));
                            if (!reply.equals("re m" + i)) {
                                wrong.append(i).append(' ').append(reply);
                            }
                        }
                        return wrong.toString();
                    },
                    threads));
        }
        for (CompletableFuture<String> each : replies) {
            assertThat(each.get(60, TimeUnit.SECONDS)).isEmpty();
        }
        assertThat(asker.lateReplies()).isZero();
    }

    @Test
    void noReplyInTimeIsEmptyAndALateOneIsDroppedAndCounted(DataSource dataSource) throws Exception {
        Optional<Delivery> none = asker.request(name, OutgoingMessage.text("x").build(), Duration.ofMillis(100));
        assertThat(none).isEmpty();
        Delivery request = responder.receiver(name).receive(1, PATIENCE).get(0);
        responder.reply(request, OutgoingMessage.text("late").build());
        CompletableFuture<String> next = CompletableFuture.supplyAsync(() -> ask(OutgoingMessage.text("y")), threads);
        Delivery second = responder.receiver(name).receive(1, PATIENCE).get(0);
        responder.reply(second, OutgoingMessage.text("in time").build());
        assertThat(next.get(30, TimeUnit.SECONDS)).isEqualTo("in time");
        assertThat(asker.lateReplies()).isEqualTo(1);
        try (Sql sql = new Sql(dataSource)) {
            assertThat(sql.number(
                            "select count(*) from pgqueue.delivery d join pgqueue.subscription s on s.id = "
                                    + "d.subscription_id where s.name = ?",
                            request.headers().replyTo()))
                    .isZero();
        }
    }

    @Test
    void aRequestIsSentThoughTheCallersTransactionIsOpen() throws Exception {
        threads.submit(() -> {
            // snippet: java-reply
            for (Delivery request : responder.receiver(name).receive(1, Duration.ofSeconds(30))) {
                responder.reply(request, OutgoingMessage.text("pong").build());
                responder.ack(request);
            }
            // end snippet
            return null;
        });
        source.begin();
        OutgoingMessage question = OutgoingMessage.text("ping").build();
        // snippet: java-request
        String answer = asker.request(name, question, Duration.ofSeconds(30))
                .map(Delivery::text)
                .orElse("nobody answered in time");
        // end snippet
        assertThat(answer).isEqualTo("pong");
        source.rollback();
    }

    @Test
    void whatCannotBeAnsweredIsRefused() throws Exception {
        assertThatThrownBy(() -> asker.request(
                        name, OutgoingMessage.text("x").replyTo("elsewhere").build(), PATIENCE))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContaining("elsewhere");
        assertThatThrownBy(
                        () -> asker.request("nowhere", OutgoingMessage.text("x").build(), PATIENCE))
                .isInstanceOf(NotFoundException.class);
        asker.publish(name, OutgoingMessage.text("x").build());
        Delivery plain = responder.receiver(name).receive(1, PATIENCE).get(0);
        assertThatThrownBy(
                        () -> responder.reply(plain, OutgoingMessage.text("y").build()))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContaining("does not ask for a reply");
        responder.ack(plain);
        assertThat(asker.request(name, OutgoingMessage.text("x").build(), Duration.ofMillis(10)))
                .isEmpty();
        Delivery orphan = responder.receiver(name).receive(1, PATIENCE).get(0);
        asker.close();
        assertThatThrownBy(
                        () -> responder.reply(orphan, OutgoingMessage.text("y").build()))
                .isInstanceOf(NotFoundException.class);
    }

    private String ask(OutgoingMessage.Builder message) {
        try {
            return asker.request(name, message.build(), PATIENCE)
                    .map(Delivery::text)
                    .orElse("no reply");
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
