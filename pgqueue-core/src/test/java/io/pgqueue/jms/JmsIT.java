// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueue.QueueSpec;
import io.pgqueue.TopicSpec;
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
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
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
