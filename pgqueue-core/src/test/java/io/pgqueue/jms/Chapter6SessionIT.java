// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgqueue.QueueSpec;
import io.pgqueue.RedeliveryPolicy;
import io.pgqueue.SubscriptionSettings;
import jakarta.jms.IllegalStateException;
import jakarta.jms.InvalidDestinationException;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.Queue;
import jakarta.jms.Session;
import jakarta.jms.TransactionRolledBackException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.ds.PGSimpleDataSource;

/** Jakarta Messaging 3.1, section 6.2: sessions, acknowledgement, transactions. */
class Chapter6SessionIT extends JmsIT {

    Chapter6SessionIT(PGSimpleDataSource dataSource) {
        super(dataSource);
    }

    @Test
    void autoAcknowledgedMessagesDoNotComeAgain() throws JMSException { // 6.2.10, 15
        Queue queue = queue();
        Session session = session(Session.AUTO_ACKNOWLEDGE);
        send(session, queue, "a", "b");
        MessageConsumer consumer = session.createConsumer(queue);
        Message first = receive(consumer);
        assertThat(first.getJMSRedelivered()).isFalse();
        assertThat(first.getIntProperty("JMSXDeliveryCount")).isEqualTo(1);
        session.recover();
        assertThat(text(receive(consumer))).isEqualTo("b");
        session.close();
        MessageConsumer another = session(Session.AUTO_ACKNOWLEDGE).createConsumer(queue);
        assertThat(another.receive(BRIEFLY)).isNull();
    }

    @Test
    void acknowledgeCoversTheWholeSession() throws JMSException { // 6.2.10, 14
        Queue queue = queue();
        Queue other = queue();
        Session session = session(Session.CLIENT_ACKNOWLEDGE);
        send(session, queue, "a", "b");
        send(session, other, "c");
        MessageConsumer consumer = session.createConsumer(queue);
        receive(consumer, 2);
        Message last;
        try (MessageConsumer closed = session.createConsumer(other)) {
            last = receive(closed);
        }
        last.acknowledge();
        session.close();
        assertThatThrownBy(last::acknowledge).isInstanceOf(IllegalStateException.class);
        Session again = session(Session.AUTO_ACKNOWLEDGE);
        assertThat(again.createConsumer(queue).receive(BRIEFLY)).isNull();
        assertThat(again.createConsumer(other).receive(BRIEFLY)).isNull();
    }

    @Test
    void recoverRedeliversInOrderBeforeLaterMessages() throws JMSException { // 6.2.10, 16
        Queue queue = queue();
        Session session = session(Session.CLIENT_ACKNOWLEDGE);
        send(session, queue, "1", "2", "3", "4", "5", "6", "7", "8");
        MessageConsumer consumer = session.createConsumer(queue);
        assertThat(receive(consumer, 4)).containsExactly("1", "2", "3", "4");
        session.recover();
        for (int i = 1; i <= 8; i++) {
            Message message = receive(consumer);
            assertThat(text(message)).isEqualTo("" + i);
            assertThat(message.getJMSRedelivered()).isEqualTo(i <= 4);
            assertThat(message.getIntProperty("JMSXDeliveryCount")).isEqualTo(i <= 4 ? 2 : 1);
        }
    }

    @Test
    void closingCountsWhatWasHandedOverAndNothingElse() throws JMSException { // 17, 22, 3.5.11
        Queue queue = queue();
        Session session = session(Session.CLIENT_ACKNOWLEDGE);
        send(session, queue, "1", "2", "3", "4", "5", "6", "7", "8", "9");
        MessageConsumer consumer = session.createConsumer(queue);
        receive(consumer, 3);
        session.close();
        MessageConsumer again = session(Session.AUTO_ACKNOWLEDGE).createConsumer(queue);
        for (int i = 1; i <= 9; i++) {
            Message message = receive(again);
            assertThat(text(message)).isEqualTo("" + i);
            assertThat(message.getIntProperty("JMSXDeliveryCount"))
                    .as("count of %s", i)
                    .isEqualTo(i <= 3 ? 2 : 1);
        }
    }

    @Test
    void individualAcknowledgeCoversOneMessage() throws JMSException {
        Queue queue = queue();
        Session session = session(PgJmsConnectionFactory.INDIVIDUAL_ACKNOWLEDGE);
        assertThat(session.getAcknowledgeMode()).isEqualTo(PgJmsConnectionFactory.INDIVIDUAL_ACKNOWLEDGE);
        send(session, queue, "1", "2", "3");
        MessageConsumer consumer = session.createConsumer(queue);
        receive(consumer);
        receive(consumer).acknowledge();
        receive(consumer);
        session.recover();
        assertThat(receive(consumer, 2)).containsExactly("1", "3");
        assertThat(consumer.receive(BRIEFLY)).isNull();
    }

    @Test
    void otherThreadsMayAcknowledgeSingleMessages() throws Exception {
        Queue queue = queue();
        int count = 300;
        send(queue, Collections.nCopies(count, "x").toArray(String[]::new));
        Session session = session(PgJmsConnectionFactory.INDIVIDUAL_ACKNOWLEDGE);
        CountDownLatch done = new CountDownLatch(count);
        ExecutorService workers = Executors.newFixedThreadPool(4);
        List<Throwable> failures = Collections.synchronizedList(new ArrayList<>());
        session.createConsumer(queue)
                .setMessageListener(m -> workers.execute(() -> {
                    try {
                        m.acknowledge();
                    } catch (Throwable e) {
                        failures.add(e);
                    }
                    done.countDown();
                }));
        assertThat(done.await(PATIENCE, TimeUnit.MILLISECONDS)).isTrue();
        workers.shutdown();
        assertThat(failures).isEmpty();
        session.close();
        assertThat(session(Session.AUTO_ACKNOWLEDGE).createConsumer(queue).receive(BRIEFLY))
                .isNull();
    }

    @Test
    void lazyAcknowledgementIsDoneByClose() throws JMSException { // 6.2.10 DUPS_OK
        Queue queue = queue();
        Session session = session(Session.DUPS_OK_ACKNOWLEDGE);
        send(session, queue, "1", "2", "3");
        receive(session.createConsumer(queue), 3);
        session.close();
        assertThat(session(Session.AUTO_ACKNOWLEDGE).createConsumer(queue).receive(BRIEFLY))
                .isNull();
    }

    @Test
    void sendsAreInvisibleUntilCommit() throws JMSException { // 6.2.7, 20
        Queue queue = queue();
        Session session = session(Session.SESSION_TRANSACTED);
        MessageConsumer own = session.createConsumer(queue);
        MessageConsumer other = session(Session.AUTO_ACKNOWLEDGE).createConsumer(queue);
        send(session, queue, "a", "b");
        assertThat(own.receive(BRIEFLY)).isNull();
        assertThat(other.receiveNoWait()).isNull();
        session.rollback();
        send(session, queue, "c", "d");
        session.commit();
        assertThat(receive(other, 2)).containsExactly("c", "d");
    }

    @Test
    void rollbackReachesAnotherConsumer() throws JMSException { // 22, 16
        Queue queue = queue();
        send(queue, "a", "b", "c");
        Session session = session(Session.SESSION_TRANSACTED);
        MessageConsumer consumer = session.createConsumer(queue);
        receive(consumer, 2);
        Session second = session(Session.SESSION_TRANSACTED);
        MessageConsumer another = second.createConsumer(queue);
        session.rollback();
        Message message = receive(another);
        assertThat(text(message)).isEqualTo("a");
        assertThat(message.getJMSRedelivered()).isTrue();
        assertThat(receive(another, 2)).containsExactly("b", "c");
        second.commit();
    }

    @Test
    void aCommitMovesFromQueueToQueueInOrder() throws JMSException { // 6.2.7, 20
        Queue from = queue();
        Queue to = queue();
        Queue log = queue();
        send(from, "1", "2", "3");
        Session session = session(Session.SESSION_TRANSACTED);
        MessageConsumer consumer = session.createConsumer(from);
        for (int i = 1; i <= 3; i++) {
            String text = String.valueOf(text(receive(consumer)));
            send(session, to, text);
            send(session, log, "seen " + text);
        }
        session.commit();
        session.close();
        Session again = session(Session.AUTO_ACKNOWLEDGE);
        assertThat(again.createConsumer(from).receive(BRIEFLY)).isNull();
        assertThat(receive(again.createConsumer(to), 3)).containsExactly("1", "2", "3");
        assertThat(receive(again.createConsumer(log), 3)).containsExactly("seen 1", "seen 2", "seen 3");
    }

    @Test
    void aCommitWithALostMessageSendsNothing() throws JMSException, SQLException { // TX-5, 18
        Queue from = queue();
        Queue to = queue();
        send(from, "a");
        Session session = session(Session.SESSION_TRANSACTED);
        MessageConsumer consumer = session.createConsumer(from);
        receive(consumer);
        send(session, to, "made from a");
        takeAway();
        assertThatThrownBy(session::commit)
                .isInstanceOfSatisfying(
                        TransactionRolledBackException.class,
                        e -> assertThat(e.getErrorCode()).isEqualTo("stale"));
        MessageConsumer target = session(Session.AUTO_ACKNOWLEDGE).createConsumer(to);
        assertThat(target.receive(BRIEFLY)).isNull();
        // The session is usable afterwards.
        assertThat(text(receive(consumer))).isEqualTo("a");
        send(session, to, "made again");
        session.commit();
        assertThat(text(receive(target))).isEqualTo("made again");
    }

    @Test
    void aLostMessageIsReportedByAcknowledge() throws JMSException, SQLException { // 18
        Queue queue = queue();
        send(queue, "a");
        Session session = session(Session.CLIENT_ACKNOWLEDGE);
        Message message = receive(session.createConsumer(queue));
        takeAway();
        assertThatThrownBy(message::acknowledge)
                .isInstanceOfSatisfying(
                        JMSException.class, e -> assertThat(e.getErrorCode()).isEqualTo("stale"));
    }

    /** As if the lease had ended and another consumer had given the message back. */
    private void takeAway() throws SQLException {
        try (Connection connection = dataSource.getConnection();
                var statement = connection.createStatement()) {
            statement.execute("update pgqueue.delivery set epoch = epoch + 1, lease_until = '-infinity'");
        }
    }

    @Test
    void commitAndRecoverNeedTheirKindOfSession() throws JMSException { // 18
        Session auto = session(Session.AUTO_ACKNOWLEDGE);
        assertThatThrownBy(auto::commit).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(auto::rollback).isInstanceOf(IllegalStateException.class);
        Session transacted = session(Session.SESSION_TRANSACTED);
        assertThatThrownBy(transacted::recover).isInstanceOf(IllegalStateException.class);
        assertThat(transacted.getTransacted()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 4, 100})
    void unknownModesAreRefused(int mode) throws JMSException { // 11
        assertThatThrownBy(() -> started().createSession(mode)).isInstanceOf(JMSException.class);
        assertThatThrownBy(() -> started().createSession(false, mode)).isInstanceOf(JMSException.class);
        assertThat(started().createSession(true, mode).getAcknowledgeMode()).isEqualTo(Session.SESSION_TRANSACTED);
    }

    /** JMS-5: the other choice, which gives up the order. */
    @Test
    void withTheBackoffOfTheQueueWhatIsRolledBackWaitsAndOthersGoOn() throws JMSException {
        factory.setRedeliveryDelay(null);
        Queue queue = queue();
        engine.admin()
                .alterQueue(
                        queue.getQueueName(),
                        SubscriptionSettings.DEFAULT.withRedelivery(
                                RedeliveryPolicy.DEFAULT.withFixedBackoff(Duration.ofHours(1))));
        Session session = session(Session.SESSION_TRANSACTED);
        send(queue, "bad", "good");
        MessageConsumer consumer = session.createConsumer(queue);
        assertThat(text(receive(consumer))).isEqualTo("bad");
        session.rollback();
        assertThat(text(receive(consumer))).isEqualTo("good");
        session.commit();
        assertThat(engine.admin().stats(queue.getQueueName()))
                .satisfies(stats -> assertThat(stats.retrying()).isEqualTo(1));
    }

    @Test
    void aMessageThatFailsTooOftenIsADeadLetter() throws JMSException { // 0, 16
        Queue queue = queue();
        SubscriptionSettings settings =
                SubscriptionSettings.DEFAULT.withRedelivery(RedeliveryPolicy.DEFAULT.withMaxAttempts(3));
        engine.admin().alterQueue(queue.getQueueName(), settings);
        Session session = session(Session.SESSION_TRANSACTED);
        send(queue, "bad", "good");
        MessageConsumer consumer = session.createConsumer(queue);
        for (int i = 1; i <= 3; i++) {
            Message message = receive(consumer);
            assertThat(text(message)).isEqualTo("bad");
            assertThat(message.getIntProperty("JMSXDeliveryCount")).isEqualTo(i);
            session.rollback();
        }
        assertThat(text(receive(consumer))).isEqualTo("good");
        session.commit();
        assertThat(engine.admin().deadLetters(null, queue.getQueueName()).list(10))
                .singleElement()
                .satisfies(d -> assertThat(d.reason()).isEqualTo("MAX_ATTEMPTS"));
    }

    @Test
    void aContainerSaysWhyItRollsBack() throws JMSException {
        Queue queue = queue();
        engine.admin()
                .alterQueue(
                        queue.getQueueName(),
                        SubscriptionSettings.DEFAULT.withRedelivery(RedeliveryPolicy.DEFAULT.withMaxAttempts(1)));
        Session session = session(Session.SESSION_TRANSACTED);
        send(queue, "a");
        Message message = receive(session.createConsumer(queue));
        PgJmsConnectionFactory.failed(message, new UnsupportedOperationException("on purpose"));
        session.rollback();
        assertThat(engine.admin().deadLetters(null, queue.getQueueName()).list(10))
                .singleElement()
                .satisfies(d ->
                        assertThat(d.failure().errorClass()).isEqualTo(UnsupportedOperationException.class.getName()));
    }

    @Test
    void twoConsumersMoveEverythingOnce() throws Exception { // 54, TX-5
        Queue from = queue();
        Queue to = queue();
        int count = 2000;
        try (jakarta.jms.Connection connection = factory.createConnection()) {
            Session session = connection.createSession(true, 0);
            var producer = session.createProducer(from);
            for (int i = 0; i < count; i++) {
                producer.send(session.createTextMessage("" + i));
            }
            session.commit();
        }
        List<Thread> movers = new ArrayList<>();
        AtomicInteger[] moved = {new AtomicInteger(), new AtomicInteger()};
        List<Throwable> failures = Collections.synchronizedList(new ArrayList<>());
        for (int n = 0; n < 2; n++) {
            PgJmsConnectionFactory own = newFactory();
            AtomicInteger counter = moved[n];
            Thread mover = new Thread(() -> {
                try (own;
                        jakarta.jms.Connection connection = own.createConnection()) {
                    connection.start();
                    Session session = connection.createSession(Session.SESSION_TRANSACTED);
                    MessageConsumer consumer = session.createConsumer(from);
                    int round = 0;
                    for (Message m = consumer.receive(2000); m != null; m = consumer.receive(2000)) {
                        send(session, to, String.valueOf(text(m)));
                        if (++round % 7 == 0) {
                            session.rollback();
                        } else {
                            session.commit();
                            counter.incrementAndGet();
                        }
                    }
                } catch (Throwable e) {
                    failures.add(e);
                }
            });
            movers.add(mover);
            mover.start();
        }
        for (Thread mover : movers) {
            mover.join();
        }
        assertThat(failures).isEmpty();
        assertThat(moved[0].get() + moved[1].get()).isEqualTo(count);
        assertThat(moved[0].get()).isPositive();
        assertThat(moved[1].get()).isPositive();
        MessageConsumer consumer = session(Session.DUPS_OK_ACKNOWLEDGE).createConsumer(to);
        assertThat(receive(consumer, count)).doesNotHaveDuplicates();
        assertThat(consumer.receiveNoWait()).isNull();
    }

    @Test
    void namesAreOnlyNamesUntilTheyAreUsed() throws JMSException { // 6.2.3, 32
        Session session = session(Session.AUTO_ACKNOWLEDGE);
        Queue nowhere = session.createQueue("nowhere");
        assertThat(nowhere.getQueueName()).isEqualTo("nowhere");
        assertThatThrownBy(() -> session.createConsumer(nowhere)).isInstanceOf(InvalidDestinationException.class);
        assertThatThrownBy(() -> session.createProducer(nowhere)).isInstanceOf(InvalidDestinationException.class);
        assertThatThrownBy(() -> session.createBrowser(nowhere)).isInstanceOf(InvalidDestinationException.class);
        assertThatThrownBy(() -> session.createProducer(null).send(nowhere, session.createMessage()))
                .isInstanceOf(InvalidDestinationException.class);
    }

    @Test
    void anUnknownQueueIsCreatedIfTheFactorySaysSo() throws JMSException {
        factory.setAutoCreate(true);
        factory.setMaxDeliveryAttempts(2);
        Session session = session(Session.AUTO_ACKNOWLEDGE);
        Queue fresh = session.createQueue("fresh");
        send(session, fresh, "a");
        assertThat(text(receive(session.createConsumer(fresh)))).isEqualTo("a");
        engine.admin()
                .declareQueue(QueueSpec.of("fresh")
                        .withSettings(SubscriptionSettings.DEFAULT.withRedelivery(
                                RedeliveryPolicy.DEFAULT.withMaxAttempts(2))));
    }
}
