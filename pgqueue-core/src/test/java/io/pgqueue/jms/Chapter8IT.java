// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.jms.BytesMessage;
import jakarta.jms.Connection;
import jakarta.jms.JMSConsumer;
import jakarta.jms.JMSContext;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.MessageFormatRuntimeException;
import jakarta.jms.Queue;
import jakarta.jms.Session;
import jakarta.jms.StreamMessage;
import java.time.Duration;
import java.util.Collections;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.ds.PGSimpleDataSource;

/** Jakarta Messaging 3.1, chapter 8: receiving, with prefetch and leases, which are ours. */
class Chapter8IT extends JmsIT {

    Chapter8IT(PGSimpleDataSource dataSource) {
        super(dataSource);
    }

    @ParameterizedTest
    @ValueSource(ints = {JMSContext.AUTO_ACKNOWLEDGE, JMSContext.DUPS_OK_ACKNOWLEDGE})
    void aBodyThatCannotBeReadStaysInTheseModes(int mode) { // 8.6, 36
        Queue queue = PgJmsUnchecked.get(this::queue);
        JMSContext context = closed(factory.createContext(mode));
        context.createProducer().send(queue, "text").send(queue, "next");
        JMSConsumer consumer = context.createConsumer(queue);
        assertThatThrownBy(() -> consumer.receiveBody(Map.class, PATIENCE))
                .isInstanceOf(MessageFormatRuntimeException.class);
        Message again = consumer.receive(PATIENCE);
        PgJmsUnchecked.run(() -> {
            assertThat(text(again)).isEqualTo("text");
            assertThat(again.getJMSRedelivered()).isFalse();
            assertThat(again.getIntProperty("JMSXDeliveryCount")).isEqualTo(1);
        });
        assertThat(consumer.receiveBody(String.class, PATIENCE)).isEqualTo("next");
        assertThat(consumer.receiveBodyNoWait(String.class)).isNull();
    }

    @ParameterizedTest
    @ValueSource(ints = {JMSContext.CLIENT_ACKNOWLEDGE, JMSContext.SESSION_TRANSACTED})
    void aBodyThatCannotBeReadIsDeliveredInThese(int mode) throws JMSException { // 8.6, 36
        Queue queue = queue();
        JMSContext context = closed(factory.createContext(mode));
        send(queue, "text", "next");
        JMSConsumer consumer = context.createConsumer(queue);
        assertThatThrownBy(() -> consumer.receiveBody(Map.class, PATIENCE))
                .isInstanceOf(MessageFormatRuntimeException.class);
        assertThat(consumer.receiveBody(String.class, PATIENCE)).isEqualTo("next");
        if (mode == JMSContext.SESSION_TRANSACTED) {
            context.rollback();
        } else {
            context.recover();
        }
        assertThat(consumer.receive(PATIENCE).getIntProperty("JMSXDeliveryCount"))
                .isEqualTo(2);
    }

    @Test
    void streamsPlainMessagesAndEmptyOnesHaveNoBodyToReceive() throws JMSException { // 8.6, 36
        Queue queue = queue();
        JMSContext context = closed(factory.createContext(JMSContext.CLIENT_ACKNOWLEDGE));
        StreamMessage stream = context.createStreamMessage();
        stream.writeInt(1);
        context.createProducer()
                .send(queue, stream)
                .send(queue, context.createMessage())
                .send(queue, context.createTextMessage());
        JMSConsumer consumer = context.createConsumer(queue);
        for (int i = 0; i < 3; i++) {
            assertThatThrownBy(() -> consumer.receiveBody(Object.class, PATIENCE))
                    .isInstanceOf(MessageFormatRuntimeException.class);
        }
        context.acknowledge();
        assertThat(consumer.receiveNoWait()).isNull();
    }

    @Test
    void receiveNoWaitFindsWhatWasCommittedBefore() throws JMSException { // 8.6, 54
        Queue queue = queue();
        Session session = session(Session.AUTO_ACKNOWLEDGE);
        MessageConsumer consumer = session.createConsumer(queue);
        assertThat(consumer.receiveNoWait()).isNull();
        for (int i = 0; i < 50; i++) {
            send(queue, "m" + i);
            assertThat(text(consumer.receiveNoWait())).isEqualTo("m" + i);
        }
    }

    @Test
    void aWaitingConsumerIsWokenAtOnce() throws Exception { // 0, CON-19
        Queue queue = queue();
        MessageConsumer consumer = session(Session.AUTO_ACKNOWLEDGE).createConsumer(queue);
        long slowest = 0;
        for (int i = 0; i < 20; i++) {
            CompletableFuture<Long> received = waitingReceive(consumer).result().thenApply(m -> System.nanoTime());
            send(queue, "x");
            long sent = System.nanoTime();
            slowest = Math.max(slowest, received.get(PATIENCE, TimeUnit.MILLISECONDS) - sent);
        }
        assertThat(Duration.ofNanos(slowest)).isLessThan(Duration.ofMillis(450));
    }

    @Test
    void aMessageIsFoundWithinASecondWithoutWakeUps() throws Exception { // 0
        Queue queue = queue();
        factory.setWakeups(false);
        MessageConsumer consumer = session(Session.AUTO_ACKNOWLEDGE).createConsumer(queue);
        CompletableFuture<Long> received = waitingReceive(consumer).result().thenApply(m -> System.nanoTime());
        try (PgJmsConnectionFactory elsewhere = newFactory();
                var connection = elsewhere.createConnection()) {
            send(connection.createSession(), queue, "x");
        }
        long sent = System.nanoTime();
        assertThat(Duration.ofNanos(received.get(PATIENCE, TimeUnit.MILLISECONDS) - sent))
                .isLessThan(Duration.ofMillis(1500));
    }

    @Test
    void aConsumerThatPausesHoardsNothing() throws JMSException { // 54, CON-23
        Queue queue = queue();
        factory.setPrefetch(100);
        send(queue, Collections.nCopies(300, "x").toArray(String[]::new));
        MessageConsumer greedy = session(Session.CLIENT_ACKNOWLEDGE).createConsumer(queue);
        receive(greedy, 50);
        // What it has fetched ahead comes back in a second, and is not counted.
        MessageConsumer other = session(Session.AUTO_ACKNOWLEDGE).createConsumer(queue);
        for (int i = 0; i < 250; i++) {
            assertThat(receive(other).getIntProperty("JMSXDeliveryCount")).isEqualTo(1);
        }
        assertThat(other.receive(BRIEFLY)).isNull();
    }

    @Test
    void aConsumerThatIsSlowHoardsNothingEither() throws Exception { // 54, CON-23
        Queue queue = queue();
        factory.setPrefetch(100);
        // The batches of a consumer that keeps up: 1, 2, 4 … 64. When it has half, the other half is in its buffer.
        send(queue, Collections.nCopies(127, "x").toArray(String[]::new));
        MessageConsumer slow = session(Session.CLIENT_ACKNOWLEDGE).createConsumer(queue);
        receive(slow, 64);
        ScheduledExecutorService work = Executors.newSingleThreadScheduledExecutor();
        try {
            // As if each message took so long; it never stops asking.
            work.scheduleWithFixedDelay(() -> PgJmsUnchecked.find(slow::receiveNoWait), 0, 400, TimeUnit.MILLISECONDS);
            Message message = receive(session(Session.AUTO_ACKNOWLEDGE).createConsumer(queue));
            assertThat(message.getIntProperty("JMSXDeliveryCount")).isEqualTo(1);
        } finally {
            work.shutdownNow();
            assertThat(work.awaitTermination(PATIENCE, TimeUnit.MILLISECONDS)).isTrue();
        }
    }

    @Test
    void withAPrefetchOfOneNothingIsHeldThatWasNotAskedFor() throws JMSException { // 54
        Queue queue = queue();
        factory.setPrefetch(1);
        send(queue, "1", "2", "3", "4");
        Session one = session(Session.CLIENT_ACKNOWLEDGE);
        Session two = session(Session.CLIENT_ACKNOWLEDGE);
        MessageConsumer first = one.createConsumer(queue);
        MessageConsumer second = two.createConsumer(queue);
        assertThat(text(first.receiveNoWait())).isEqualTo("1");
        assertThat(text(second.receiveNoWait())).isEqualTo("2");
        assertThat(text(first.receiveNoWait())).isEqualTo("3");
        assertThat(text(second.receiveNoWait())).isEqualTo("4");
    }

    @Test
    void closingAConsumerGivesBackAtOnceAlsoWithAListener() throws Exception { // 8.8, 22
        Queue queue = queue();
        factory.setPrefetch(50);
        Session session = session(Session.AUTO_ACKNOWLEDGE);
        MessageConsumer consumer = session.createConsumer(queue);
        CompletableFuture<Void> inside = new CompletableFuture<>();
        int[] seen = new int[1];
        consumer.setMessageListener(m -> {
            if (++seen[0] == 30) {
                PgJmsUnchecked.run(consumer::close);
                inside.complete(null);
            }
        });
        send(queue, Collections.nCopies(100, "x").toArray(String[]::new));
        inside.get(PATIENCE, TimeUnit.MILLISECONDS);
        session.close();
        MessageConsumer other = session(Session.AUTO_ACKNOWLEDGE).createConsumer(queue);
        for (int i = 0; i < 70; i++) {
            Message message = other.receiveNoWait();
            assertThat(message).as("message %s", i).isNotNull();
            assertThat(message.getIntProperty("JMSXDeliveryCount")).isEqualTo(1);
        }
        assertThat(other.receiveNoWait()).isNull();
    }

    private enum Closing {
        CONSUMER,
        SESSION,
        CONNECTION
    }

    @ParameterizedTest
    @EnumSource
    void closingGivesBackAtOnceWhatWasFetchedAheadAndCountsNothing(Closing what) throws Exception { // 8.8, 6.1.8, 22
        Queue queue = queue();
        factory.setPrefetch(50);
        Connection connection = started();
        Session session = connection.createSession(Session.CLIENT_ACKNOWLEDGE);
        MessageConsumer consumer = session.createConsumer(queue);
        send(queue, Collections.nCopies(60, "x").toArray(String[]::new));
        Message last = receive(consumer);
        for (int i = 1; i < 20; i++) {
            last = receive(consumer);
        }
        last.acknowledge();
        assertThat(leased(queue)).as("fetched ahead").isPositive();
        switch (what) {
            case CONSUMER -> consumer.close();
            case SESSION -> session.close();
            case CONNECTION -> connection.close();
        }
        assertThat(leased(queue)).isZero();
        MessageConsumer other = session(Session.AUTO_ACKNOWLEDGE).createConsumer(queue);
        for (int i = 20; i < 60; i++) {
            Message message = other.receiveNoWait();
            assertThat(message).as("message %s", i).isNotNull();
            assertThat(message.getIntProperty("JMSXDeliveryCount")).isEqualTo(1);
        }
        assertThat(other.receiveNoWait()).isNull();
    }

    private long leased(Queue queue) throws JMSException {
        return engine.admin().stats(null, queue.getQueueName()).leased();
    }

    @Test
    void whatIsFetchedAheadIsBoundedByBytes() throws Exception {
        Queue queue = queue();
        factory.setPrefetch(100);
        Session session = session(Session.CLIENT_ACKNOWLEDGE);
        int count = 24;
        try (var producer = session.createProducer(queue)) {
            for (int i = 0; i < count; i++) {
                BytesMessage message = session.createBytesMessage();
                message.writeBytes(new byte[1024 * 1024]);
                producer.send(message);
            }
        }
        MessageConsumer consumer = session.createConsumer(queue);
        long most = 0;
        for (int received = 1; received <= count; received++) {
            receive(consumer);
            most = Math.max(most, leased(queue) - received);
        }
        assertThat(most).as("MiB fetched ahead").isBetween(1L, 4L);
    }

    @Test
    void whatExpiresInTheBufferIsNotDelivered() throws Exception { // 6.2.9, 53
        Queue queue = queue();
        Session session = session(Session.CLIENT_ACKNOWLEDGE);
        send(session, queue, "1", "2");
        var producer = session.createProducer(queue);
        producer.setTimeToLive(600);
        Message brief = session.createTextMessage("expires");
        producer.send(brief);
        producer.setTimeToLive(0);
        producer.send(session.createTextMessage("3"));
        MessageConsumer consumer = session.createConsumer(queue);
        // The first fetch is one message, the second two, of which one is the brief one.
        assertThat(receive(consumer, 2)).containsExactly("1", "2");
        awaitAfter(brief.getJMSExpiration());
        assertThat(text(receive(consumer))).isEqualTo("3");
    }

    @Test
    void leasesAreRenewedHoweverLongTheApplicationTakes() throws Exception { // 0
        Queue queue = queue();
        factory.setLease(Duration.ofSeconds(1));
        send(queue, "a");
        Session session = session(Session.SESSION_TRANSACTED);
        receive(session.createConsumer(queue));
        MessageConsumer other = session(Session.AUTO_ACKNOWLEDGE).createConsumer(queue);
        assertThat(other.receive(3500)).isNull();
        session.commit();
        assertThat(other.receiveNoWait()).isNull();
    }

    @Test
    void aDeadJvmsMessagesComeBackWhenTheirLeaseEnds() throws Exception { // 17
        Queue queue = queue();
        send(queue, "a");
        try (PgJmsConnectionFactory dying = newFactory()) {
            dying.setLease(Duration.ofSeconds(1));
            PgJmsConnection connection = (PgJmsConnection) dying.createConnection();
            connection.start();
            receive(connection.createSession(Session.CLIENT_ACKNOWLEDGE).createConsumer(queue));
            connection.engine().keeper().close();
            Message again = receive(session(Session.AUTO_ACKNOWLEDGE).createConsumer(queue));
            assertThat(again.getJMSRedelivered()).isTrue();
            assertThat(again.getIntProperty("JMSXDeliveryCount")).isEqualTo(2);
            connection.close();
        }
    }
}
