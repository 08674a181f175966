// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgqueue.DepthLimit;
import io.pgqueue.SubscriptionSettings;
import io.pgqueue.WhenFull;
import io.pgqueue.client.AsyncSends;
import io.pgqueue.client.PgQueue;
import io.pgqueue.jdbc.DataSourceConnectionSource;
import jakarta.jms.BytesMessage;
import jakarta.jms.CompletionListener;
import jakarta.jms.Connection;
import jakarta.jms.IllegalStateException;
import jakarta.jms.IllegalStateRuntimeException;
import jakarta.jms.JMSContext;
import jakarta.jms.JMSProducer;
import jakarta.jms.Message;
import jakarta.jms.MessageFormatException;
import jakarta.jms.MessageProducer;
import jakarta.jms.Queue;
import jakarta.jms.ResourceAllocationException;
import jakarta.jms.Session;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/** Jakarta Messaging 3.1, section 7.3: sending asynchronously. */
class Chapter7AsyncIT extends JmsIT {

    Chapter7AsyncIT(PGSimpleDataSource dataSource) {
        super(dataSource);
    }

    @Test
    void asynchronousSendsCompleteInOrderAndElsewhere() throws Exception { // 7.3, 55
        Queue queue = queue();
        Session session = session(Session.AUTO_ACKNOWLEDGE);
        MessageProducer producer = session.createProducer(queue);
        int count = 3000;
        Completions completions = new Completions(count);
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            producer.send(session.createTextMessage("" + i), completions);
            expected.add("" + i);
            if (i == 1500) {
                // A synchronous one keeps its place (7.3.3).
                producer.send(session.createTextMessage("synchronous"));
            }
        }
        completions.await();
        assertThat(completions.failed).isEmpty();
        assertThat(completions.completed).containsExactlyElementsOf(expected);
        assertThat(completions.threads).containsOnly(completions.threads.get(0)).doesNotContain(Thread.currentThread());
        expected.add(1501, "synchronous");
        assertThat(receive(session(Session.DUPS_OK_ACKNOWLEDGE).createConsumer(queue), count + 1))
                .containsExactlyElementsOf(expected);
    }

    @Test
    void anAsynchronousSendThatFailsHarmsNoOther() throws Exception { // 7.3.2, 7.3.9, 55
        Queue queue = queue();
        Session session = session(Session.AUTO_ACKNOWLEDGE);
        MessageProducer producer = session.createProducer(queue);
        Completions completions = new Completions(3);
        BytesMessage large = session.createBytesMessage();
        large.writeBytes(new byte[5 * 1024 * 1024]);
        producer.send(session.createTextMessage("before"), completions);
        producer.send(large, completions);
        producer.send(session.createTextMessage("after"), completions);
        completions.await();
        assertThat(completions.completed).containsExactly("before", "after");
        assertThat(completions.failed).singleElement().isInstanceOf(MessageFormatException.class);
        // What is wrong at the call is told there, and not called back.
        Completions none = new Completions(1);
        assertThatThrownBy(() -> producer.send(null, none)).isInstanceOf(MessageFormatException.class);
        assertThatThrownBy(() -> producer.send(session.createMessage(), (CompletionListener) null))
                .isInstanceOf(IllegalArgumentException.class);
        producer.close();
        assertThat(none.threads).isEmpty();
    }

    @Test
    void closeWaitsForCallbacks() throws Exception { // 7.3.4, 55
        Queue queue = queue();
        Connection connection = started();
        Session session = connection.createSession();
        MessageProducer producer = session.createProducer(queue);
        AtomicInteger called = new AtomicInteger();
        CountDownLatch goOn = new CountDownLatch(1);
        CompletionListener slow = new CompletionListener() {
            @Override
            public void onCompletion(Message message) {
                try {
                    assertThat(goOn.await(PATIENCE, TimeUnit.MILLISECONDS)).isTrue();
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
                called.incrementAndGet();
            }

            @Override
            public void onException(Message message, Exception exception) {}
        };
        for (int i = 0; i < 20; i++) {
            producer.send(session.createTextMessage("x"), slow);
        }
        Waiting<Boolean> closing = waitingClose(connection);
        assertThat(called).hasValue(0);
        goOn.countDown();
        assertThat(closing.get()).isTrue();
        assertThat(called).hasValue(20);
    }

    @Test
    void aSenderThatIsTooFastWaits() throws Exception { // 7.3
        Queue queue = queue();
        Connection connection = started();
        Session session = connection.createSession();
        MessageProducer producer = session.createProducer(queue);
        int count = 2 * AsyncSends.MOST_OPEN;
        CountDownLatch goOn = new CountDownLatch(1);
        CountDownLatch called = new CountDownLatch(count);
        AtomicInteger sent = new AtomicInteger();
        CompletionListener slow = new CompletionListener() {
            @Override
            public void onCompletion(Message message) {
                try {
                    assertThat(goOn.await(PATIENCE, TimeUnit.MILLISECONDS)).isTrue();
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
                called.countDown();
            }

            @Override
            public void onException(Message message, Exception exception) {}
        };
        Waiting<Boolean> sending = waiting(AsyncSends.class, "awaitRoom", () -> {
            while (sent.get() < count) {
                producer.send(session.createTextMessage("x"), slow);
                sent.incrementAndGet();
            }
            return true;
        });
        // One is being called back.
        assertThat(sent).hasValueLessThanOrEqualTo(AsyncSends.MOST_OPEN + 1);
        goOn.countDown();
        assertThat(sending.get()).isTrue();
        assertThat(called.await(PATIENCE, TimeUnit.MILLISECONDS)).isTrue();
    }

    @Test
    void aCompletionListenerThatSendsNeverWaitsForItself() throws Exception { // 7.3
        Queue queue = queue();
        Session session = session(Session.AUTO_ACKNOWLEDGE);
        MessageProducer producer = session.createProducer(queue);
        int count = AsyncSends.MOST_OPEN + 10;
        Completions completions = new Completions(count);
        producer.send(session.createTextMessage("first"), new CompletionListener() {
            @Override
            public void onCompletion(Message message) {
                PgJmsUnchecked.run(() -> {
                    for (int i = 0; i < count; i++) {
                        producer.send(session.createTextMessage("" + i), completions);
                    }
                });
            }

            @Override
            public void onException(Message message, Exception exception) {}
        });
        completions.await();
        assertThat(completions.completed).hasSize(count);
    }

    @Test
    void aFullQueueIsWaitedForOnceNotByEachMessage() throws Exception { // 7.3
        String name = queue().getQueueName();
        engine.admin().alterQueue(name, SubscriptionSettings.DEFAULT.withDepthLimit(new DepthLimit(1, WhenFull.BLOCK)));
        Queue queue = new PgJmsQueue(name);
        send(queue, "fills it");
        try (PgQueue patient = PgQueue.builder(dataSource)
                        .maintenance(false)
                        .sendTimeout(Duration.ofMillis(700))
                        .build();
                PgJmsConnectionFactory own =
                        new PgJmsConnectionFactory(patient, new DataSourceConnectionSource(dataSource));
                Connection connection = own.createConnection()) {
            Session session = connection.createSession();
            MessageProducer producer = session.createProducer(queue);
            Completions completions = new Completions(100);
            long start = System.nanoTime();
            for (int i = 0; i < 100; i++) {
                producer.send(session.createTextMessage("x"), completions);
            }
            completions.await();
            assertThat(completions.failed).hasSize(100).hasOnlyElementsOfType(ResourceAllocationException.class);
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(15));
        }
    }

    @Test
    void aCompletionListenerCannotEndItsOwn() throws Exception { // 7.3.4, 4
        Queue queue = queue();
        Connection connection = started();
        Session session = connection.createSession(Session.SESSION_TRANSACTED);
        MessageProducer producer = session.createProducer(queue);
        CompletableFuture<List<Throwable>> done = new CompletableFuture<>();
        producer.send(session.createTextMessage("x"), new CompletionListener() {
            @Override
            public void onCompletion(Message message) {
                List<Throwable> failures = new ArrayList<>();
                for (ThrowingCallable call : List.<ThrowingCallable>of(
                        producer::close, session::close, connection::close, session::commit, session::rollback)) {
                    try {
                        call.call();
                    } catch (Throwable e) {
                        failures.add(e);
                    }
                }
                done.complete(failures);
            }

            @Override
            public void onException(Message message, Exception exception) {
                done.completeExceptionally(exception);
            }
        });
        assertThat(done.get(PATIENCE, TimeUnit.MILLISECONDS))
                .hasSize(5)
                .allMatch(e -> e instanceof IllegalStateException);
        session.commit();
        assertThat(text(receive(session.createConsumer(queue)))).isEqualTo("x");
    }

    @Test
    void aCompletionListenerCannotEndItsOwnContext() throws Exception { // 7.3.4, 4
        Queue queue = queue();
        JMSContext context = closed(factory.createContext(JMSContext.SESSION_TRANSACTED));
        CompletableFuture<List<Throwable>> done = new CompletableFuture<>();
        JMSProducer producer = context.createProducer().setAsync(new CompletionListener() {
            @Override
            public void onCompletion(Message message) {
                List<Throwable> failures = new ArrayList<>();
                for (Runnable call : List.<Runnable>of(context::close, context::commit, context::rollback)) {
                    try {
                        call.run();
                    } catch (RuntimeException e) {
                        failures.add(e);
                    }
                }
                done.complete(failures);
            }

            @Override
            public void onException(Message message, Exception exception) {
                done.completeExceptionally(exception);
            }
        });
        producer.send(queue, "x");
        assertThat(done.get(PATIENCE, TimeUnit.MILLISECONDS))
                .hasSize(3)
                .allMatch(e -> e instanceof IllegalStateRuntimeException);
        context.commit();
        assertThat(context.createConsumer(queue).receiveBody(String.class, PATIENCE))
                .isEqualTo("x");
    }

    @Test
    void aCompletionListenerMaySend() throws Exception { // 7.3.4
        Queue queue = queue();
        Session session = session(Session.AUTO_ACKNOWLEDGE);
        MessageProducer producer = session.createProducer(queue);
        CompletableFuture<Void> done = new CompletableFuture<>();
        producer.send(session.createTextMessage("first"), new CompletionListener() {
            @Override
            public void onCompletion(Message message) {
                PgJmsUnchecked.run(() -> producer.send(session.createTextMessage("second")));
                done.complete(null);
            }

            @Override
            public void onException(Message message, Exception exception) {
                done.completeExceptionally(exception);
            }
        });
        done.get(PATIENCE, TimeUnit.MILLISECONDS);
        assertThat(receive(session.createConsumer(queue), 2)).containsExactly("first", "second");
    }

    @Test
    void aJmsProducerSendsAsynchronously() throws Exception { // 7.3, 55
        Queue queue = queue();
        JMSContext context = closed(factory.createContext());
        Completions completions = new Completions(10);
        JMSProducer producer = context.createProducer().setAsync(completions);
        for (int i = 0; i < 10; i++) {
            producer.send(queue, "" + i);
        }
        completions.await();
        assertThat(completions.completed).containsExactly("0", "1", "2", "3", "4", "5", "6", "7", "8", "9");
        producer.setAsync(null).send(queue, "synchronous");
        assertThat(completions.completed).hasSize(10);
    }
}
