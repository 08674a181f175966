// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.jms.IllegalStateException;
import jakarta.jms.JMSException;
import jakarta.jms.Queue;
import jakarta.jms.Session;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.ds.PGSimpleDataSource;

/** Jakarta Messaging 3.1, sections 6.2 and 8.7: listeners of a session, and what becomes of messages that they fail. */
class Chapter6ListenerIT extends JmsIT {

    Chapter6ListenerIT(PGSimpleDataSource dataSource) {
        super(dataSource);
    }

    @Test
    void listenersOfASessionRunInOneThread() throws Exception { // 6.2.13, 10
        Queue one = queue();
        Queue two = queue();
        jakarta.jms.Connection connection = stopped();
        Session session = connection.createSession();
        List<Thread> threads = Collections.synchronizedList(new ArrayList<>());
        AtomicInteger running = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        CountDownLatch done = new CountDownLatch(200);
        for (Queue queue : List.of(one, two)) {
            session.createConsumer(queue).setMessageListener(m -> {
                most.accumulateAndGet(running.incrementAndGet(), Math::max);
                threads.add(Thread.currentThread());
                running.decrementAndGet();
                done.countDown();
            });
        }
        String[] texts = Collections.nCopies(100, "x").toArray(String[]::new);
        send(one, texts);
        send(two, texts);
        connection.start();
        assertThat(done.await(PATIENCE, TimeUnit.MILLISECONDS)).isTrue();
        assertThat(threads).hasSize(200).containsOnly(threads.get(0));
        assertThat(most).hasValue(1);
        assertThatThrownBy(() -> session.createConsumer(one).receive(1)).isInstanceOf(IllegalStateException.class);
    }

    @ParameterizedTest
    @ValueSource(ints = {Session.AUTO_ACKNOWLEDGE, Session.DUPS_OK_ACKNOWLEDGE})
    void aFailedListenerGetsTheMessageAgainAtOnce(int mode) throws Exception { // 8.7, 19
        Queue queue = queue();
        Session session = session(mode);
        List<String> seen = Collections.synchronizedList(new ArrayList<>());
        CountDownLatch done = new CountDownLatch(5);
        send(queue, "a", "b", "c");
        session.createConsumer(queue).setMessageListener(m -> {
            try {
                seen.add(text(m) + m.getIntProperty("JMSXDeliveryCount"));
                done.countDown();
                if ("b".equals(text(m)) && m.getIntProperty("JMSXDeliveryCount") < 3) {
                    throw new RuntimeException("on purpose");
                }
            } catch (JMSException e) {
                throw new AssertionError(e);
            }
        });
        assertThat(done.await(PATIENCE, TimeUnit.MILLISECONDS)).isTrue();
        assertThat(seen).containsExactly("a1", "b1", "b2", "b3", "c1");
    }

    @Test
    void aMessageThatItsListenerNeverTakesIsADeadLetterWithTheException() throws Exception { // 8.7, 19
        Queue queue = queue();
        List<String> seen = Collections.synchronizedList(new ArrayList<>());
        CountDownLatch done = new CountDownLatch(6);
        send(queue, "bad", "good");
        session(Session.AUTO_ACKNOWLEDGE).createConsumer(queue).setMessageListener(m -> {
            String text = String.valueOf(PgJmsUnchecked.<String>find(() -> text(m)));
            seen.add(text);
            done.countDown();
            if (text.equals("bad")) {
                throw new UnsupportedOperationException("on purpose");
            }
        });
        assertThat(done.await(PATIENCE, TimeUnit.MILLISECONDS)).isTrue();
        assertThat(seen).containsExactly("bad", "bad", "bad", "bad", "bad", "good");
        assertThat(engine.admin().deadLetters(null, queue.getQueueName()).list(10))
                .singleElement()
                .satisfies(d -> {
                    assertThat(d.reason()).isEqualTo("MAX_ATTEMPTS");
                    assertThat(d.attempts()).isEqualTo(5);
                    assertThat(d.failure().errorClass()).isEqualTo(UnsupportedOperationException.class.getName());
                    assertThat(d.failure().message()).isEqualTo("on purpose");
                });
    }

    @Test
    void aFailedListenerOfAClientSessionGetsTheNext() throws Exception { // 8.7, 19
        Queue queue = queue();
        Session session = session(Session.CLIENT_ACKNOWLEDGE);
        List<String> seen = Collections.synchronizedList(new ArrayList<>());
        CountDownLatch done = new CountDownLatch(3);
        send(queue, "a", "b", "c");
        session.createConsumer(queue).setMessageListener(m -> {
            try {
                seen.add(String.valueOf(text(m)));
                done.countDown();
                if (seen.size() == 1) {
                    throw new RuntimeException("on purpose");
                }
            } catch (JMSException e) {
                throw new AssertionError(e);
            }
        });
        assertThat(done.await(PATIENCE, TimeUnit.MILLISECONDS)).isTrue();
        assertThat(seen).containsExactly("a", "b", "c");
    }

    @Test
    void recoverInAListenerRedeliversTheCurrentMessage() throws Exception { // 6.2.10, 15
        Queue queue = queue();
        Session session = session(Session.AUTO_ACKNOWLEDGE);
        List<String> seen = Collections.synchronizedList(new ArrayList<>());
        CountDownLatch done = new CountDownLatch(3);
        send(queue, "a", "b");
        session.createConsumer(queue).setMessageListener(m -> {
            try {
                seen.add(text(m) + m.getIntProperty("JMSXDeliveryCount"));
                if (seen.size() == 1) {
                    session.recover();
                }
                done.countDown();
            } catch (JMSException e) {
                throw new AssertionError(e);
            }
        });
        assertThat(done.await(PATIENCE, TimeUnit.MILLISECONDS)).isTrue();
        assertThat(seen).containsExactly("a1", "a2", "b1");
    }
}
