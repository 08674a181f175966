// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.pgqueue.QueueSpec;
import io.pgqueue.TopicSpec;
import io.pgqueue.client.AsyncSends;
import io.pgqueue.client.PgQueue;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import jakarta.jms.Connection;
import jakarta.jms.JMSContext;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.Queue;
import jakarta.jms.Session;
import jakarta.jms.TextMessage;
import jakarta.jms.Topic;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.postgresql.ds.PGSimpleDataSource;

/** What the tests of the chapters of Jakarta Messaging 3.1 share: a factory, and connections that are closed. */
@PostgresTest(template = MigratedSchema.class)
abstract class JmsIT {

    /** Long enough for a slow machine: nothing waits for so long that works. */
    static final long PATIENCE = 20_000;

    /** Nothing comes: long enough for what was there to come. */
    static final long BRIEFLY = 400;

    private static final AtomicInteger NAMES = new AtomicInteger();

    final PGSimpleDataSource dataSource;
    final PgQueue engine;
    final PgJmsConnectionFactory factory;
    private final List<Connection> connections = Collections.synchronizedList(new ArrayList<>());
    private final List<JMSContext> contexts = new ArrayList<>();

    JmsIT(PGSimpleDataSource dataSource) {
        this.dataSource = dataSource;
        this.engine = PgQueue.builder(dataSource).maintenance(false).build();
        this.factory = newFactory();
    }

    /** As another JVM would have it, with connections and wake-ups of its own. */
    final PgJmsConnectionFactory newFactory() {
        PgJmsConnectionFactory made = new PgJmsConnectionFactory(dataSource.getURL());
        made.setUser(dataSource.getUser());
        made.setPassword(dataSource.getPassword());
        return made;
    }

    @AfterEach
    final void closeAll() throws JMSException {
        for (JMSContext context : contexts) {
            context.close();
        }
        for (Connection connection : connections) {
            connection.close();
        }
        factory.close();
        engine.close();
    }

    final Queue queue() {
        String name = "q" + NAMES.incrementAndGet();
        engine.admin().declareQueue(QueueSpec.of(name));
        return new PgJmsQueue(name);
    }

    final Topic topic() {
        String name = "t" + NAMES.incrementAndGet();
        engine.admin().declareTopic(TopicSpec.of(name));
        return new PgJmsTopic(name);
    }

    final Connection stopped() throws JMSException {
        Connection connection = factory.createConnection();
        connections.add(connection);
        return connection;
    }

    final Connection started() throws JMSException {
        Connection connection = stopped();
        connection.start();
        return connection;
    }

    final Session session(int mode) throws JMSException {
        return started().createSession(mode);
    }

    final <C extends Connection> C closed(C connection) {
        connections.add(connection);
        return connection;
    }

    final JMSContext closed(JMSContext context) {
        contexts.add(context);
        return context;
    }

    static void send(Session session, jakarta.jms.Destination to, String... texts) throws JMSException {
        try (var producer = session.createProducer(to)) {
            for (String text : texts) {
                producer.send(session.createTextMessage(text));
            }
        }
    }

    /** From another connection. */
    final void send(jakarta.jms.Destination to, String... texts) throws JMSException {
        try (Connection connection = factory.createConnection()) {
            send(connection.createSession(), to, texts);
        }
    }

    /** A call in a thread of its own, and what came of it. */
    static final class Waiting<T extends @Nullable Object> {

        private final Thread thread;
        private final CompletableFuture<T> result = new CompletableFuture<>();

        private Waiting(Callable<T> call) {
            thread = new Thread(() -> {
                try {
                    result.complete(call.call());
                } catch (Throwable e) {
                    result.completeExceptionally(e);
                }
            });
            thread.setDaemon(true);
            thread.start();
        }

        /** Returns when the call waits in that method. */
        private Waiting<T> in(Class<?> type, String method) {
            await().atMost(Duration.ofMillis(PATIENCE))
                    .until(() -> Arrays.stream(thread.getStackTrace())
                            .anyMatch(frame -> frame.getClassName().equals(type.getName())
                                    && frame.getMethodName().equals(method)));
            return this;
        }

        CompletableFuture<T> result() {
            return result;
        }

        T get() throws Exception {
            return result.get(PATIENCE, TimeUnit.MILLISECONDS);
        }
    }

    /** A receive that has found nothing and waits. */
    static Waiting<@Nullable Message> waitingReceive(MessageConsumer consumer) {
        return new Waiting<@Nullable Message>(consumer::receive).in(PgJmsGate.class, "await");
    }

    /** A close that waits for CompletionListeners. */
    static Waiting<Boolean> waitingClose(Connection connection) {
        return waiting(AsyncSends.class, "awaitDone", () -> {
            connection.close();
            return true;
        });
    }

    /** A call that has come to wait in that method. */
    static <T extends @Nullable Object> Waiting<T> waiting(Class<?> type, String method, Callable<T> call) {
        return new Waiting<>(call).in(type, method);
    }

    /** Until the clock by which JMSExpiration and JMSDeliveryTime are set has passed this time. */
    static void awaitAfter(long millis) {
        await().atMost(Duration.ofMillis(PATIENCE)).until(() -> System.currentTimeMillis() > millis);
    }

    static @Nullable String text(@Nullable Message message) throws JMSException {
        return message == null ? null : ((TextMessage) message).getText();
    }

    static Message receive(MessageConsumer consumer) throws JMSException {
        Message message = consumer.receive(PATIENCE);
        assertThat(message).as("a message in time").isNotNull();
        return java.util.Objects.requireNonNull(message);
    }

    static List<@Nullable String> receive(MessageConsumer consumer, int count) throws JMSException {
        List<@Nullable String> texts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            texts.add(text(receive(consumer)));
        }
        return texts;
    }
}
