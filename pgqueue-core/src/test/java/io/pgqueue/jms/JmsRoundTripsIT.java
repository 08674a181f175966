// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueue.OutgoingMessage;
import io.pgqueue.QueueSpec;
import io.pgqueue.client.PgQueue;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.OneConnection;
import io.pgqueue.testing.PostgresTest;
import jakarta.jms.JMSConsumer;
import jakarta.jms.JMSContext;
import jakarta.jms.JMSProducer;
import jakarta.jms.Message;
import jakarta.jms.Queue;
import java.util.Collections;
import java.util.concurrent.Callable;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;

/** What each mode pays for a message on a network. One message is fetched at a time, so that each call is complete. */
@PostgresTest(template = MigratedSchema.class)
class JmsRoundTripsIT {

    private static final int CALLS = 15;

    private OneConnection source;
    private PgQueue engine;
    private PgJmsConnectionFactory factory;
    private String name;

    @BeforeEach
    void open(DataSource database, TestInfo test) throws Exception {
        source = new OneConnection(database);
        engine = PgQueue.builder(source).build();
        factory = new PgJmsConnectionFactory(engine, source);
        factory.setPrefetch(1);
        name = test.getTestMethod().orElseThrow().getName();
        engine.admin().createQueue(QueueSpec.of(name));
        engine.publish(
                name,
                Collections.nCopies(4 * CALLS, OutgoingMessage.text("a message").build()));
        engine.ack(engine.receiver(name).receive(1));
    }

    @AfterEach
    void close() throws Exception {
        factory.close();
        engine.close();
        source.close();
    }

    /** The fetch and the ack. */
    @Test
    void automatically() throws Exception {
        everyMessageTakes(1, 2, JMSContext.AUTO_ACKNOWLEDGE, (context, message) -> {});
    }

    @Test
    void acknowledgedByTheApplication() throws Exception {
        everyMessageTakes(1, 2, JMSContext.CLIENT_ACKNOWLEDGE, (context, message) -> message.acknowledge());
    }

    /** The fetch; then the ack, what was sent, and the commit. */
    @Test
    void inATransaction() throws Exception {
        everyMessageTakes(0, 4, JMSContext.SESSION_TRANSACTED, (context, message) -> context.commit());
    }

    private interface End {
        void of(JMSContext context, Message message) throws Exception;
    }

    private void everyMessageTakes(int toSend, int toHandle, int mode, End end) throws Exception {
        try (JMSContext context = factory.createContext(mode)) {
            Queue queue = context.createQueue(name);
            JMSProducer producer = context.createProducer();
            JMSConsumer consumer = context.createConsumer(queue);
            Callable<?> send = () -> producer.send(queue, "a message");
            Callable<?> handle = () -> {
                Message message = consumer.receive();
                end.of(context, message);
                return message;
            };
            int[] sent = new int[CALLS];
            int[] handled = new int[CALLS];
            for (int call = 0; call < CALLS; call++) {
                sent[call] = source.roundTrips(send);
                handled[call] = source.roundTrips(handle);
            }
            assertThat(sent).containsOnly(toSend);
            assertThat(handled).containsOnly(toHandle);
        }
    }
}
