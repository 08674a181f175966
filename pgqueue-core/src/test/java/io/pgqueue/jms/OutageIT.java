// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.pgqueue.OutcomeUnknownException;
import io.pgqueue.client.PgQueue;
import io.pgqueue.sql.Sql;
import jakarta.jms.CompletionListener;
import jakarta.jms.Connection;
import jakarta.jms.ExceptionListener;
import jakarta.jms.IllegalStateException;
import jakarta.jms.InvalidClientIDException;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.Queue;
import jakarta.jms.QueueBrowser;
import jakarta.jms.Session;
import jakarta.jms.Topic;
import jakarta.jms.TransactionRolledBackException;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/** The database goes away and comes back (Jakarta Messaging 3.1, sections 6.1.7, 10.3; PUB-12, TX-5). */
class OutageIT extends JmsIT {

    private static final int KILLS = 25;

    OutageIT(PGSimpleDataSource dataSource) {
        super(dataSource);
    }

    /** By a connection to another database of the server. */
    private void administer(String sql) throws SQLException {
        String url = dataSource.getURL().replaceFirst("/" + dataSource.getDatabaseName() + "\\b", "/postgres");
        try (var connection = DriverManager.getConnection(url, dataSource.getUser(), dataSource.getPassword());
                var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private void away() throws SQLException {
        administer("alter database \"" + dataSource.getDatabaseName() + "\" allow_connections false");
        kill();
    }

    private void back() throws SQLException {
        administer("alter database \"" + dataSource.getDatabaseName() + "\" allow_connections true");
    }

    private void kill() throws SQLException {
        administer("select pg_terminate_backend(pid) from pg_stat_activity where datname = '"
                + dataSource.getDatabaseName() + "'");
    }

    @Test
    void listenersAreToldAndConsumersResume() throws Exception { // 6.1.7
        Queue queue = queue();
        Topic topic = topic();
        Connection connection = stopped();
        connection.setClientID("survivor");
        List<JMSException> told = Collections.synchronizedList(new ArrayList<>());
        CompletableFuture<Throwable> stopping = new CompletableFuture<>();
        connection.setExceptionListener(e -> {
            told.add(e);
            try {
                connection.stop();
            } catch (JMSException refused) {
                stopping.complete(refused);
            }
        });
        connection.start();
        List<String> heard = Collections.synchronizedList(new ArrayList<>());
        Session session = connection.createSession();
        session.createConsumer(queue).setMessageListener(m -> heard.add(PgJmsUnchecked.get(() -> "" + text(m))));
        session.createDurableConsumer(topic, "s")
                .setMessageListener(m -> heard.add(PgJmsUnchecked.get(() -> "" + text(m))));
        Queue other = queue();
        MessageConsumer blocked = connection.createSession().createConsumer(other);
        CompletableFuture<@Nullable Message> receiving =
                CompletableFuture.supplyAsync(() -> PgJmsUnchecked.find(blocked::receive));
        Session sending = connection.createSession();
        away();
        try {
            assertThat(stopping.get(PATIENCE, TimeUnit.MILLISECONDS)).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> send(sending, queue, "lost")).isInstanceOf(JMSException.class);
        } finally {
            back();
        }
        assertThat(receiving).isNotDone();
        await().untilAsserted(() -> send(queue, "to the listener"));
        send(topic, "to the subscriber");
        send(other, "to the blocked one");
        assertThat(text(receiving.get(PATIENCE, TimeUnit.MILLISECONDS))).isEqualTo("to the blocked one");
        await().untilAsserted(
                        () -> assertThat(heard).containsExactlyInAnyOrder("to the listener", "to the subscriber"));
        assertThat(told).as("once for one outage").hasSize(1);
    }

    /** Away for so long that its lease ended: what it owned is free, and it must take it again. */
    @Test
    void aConnectionThatWasAwayForTooLongStartsAnew() throws Exception { // 6.1.7, 6.1.2
        Queue queue = queue();
        Topic topic = topic();
        Connection connection = stopped();
        connection.setClientID("returning");
        CompletableFuture<JMSException> told = new CompletableFuture<>();
        connection.setExceptionListener(told::complete);
        connection.start();
        BlockingQueue<String> heard = new LinkedBlockingQueue<>();
        Session session = connection.createSession();
        for (MessageConsumer consumer : List.of(
                session.createConsumer(queue),
                session.createConsumer(topic),
                session.createDurableConsumer(topic, "durable"),
                session.createSharedConsumer(topic, "shared"))) {
            consumer.setMessageListener(m -> heard.add(PgJmsUnchecked.get(() -> "" + text(m))));
        }
        Waiting<@Nullable Message> waiting =
                waitingReceive(connection.createSession().createSharedDurableConsumer(topic, "waits"));
        try (Sql sql = new Sql(dataSource)) {
            // As another JVM does that asks for something of it, before its next heartbeat.
            sql.run("set search_path = pgqueue, pg_temp");
            sql.run("begin");
            sql.run("update pgqueue.node set lease_until = clock_timestamp() - interval '1 minute'"
                    + " where id = (select node_id from pgqueue.client where client_id = 'returning')");
            sql.run("select pgqueue.end_nodes(clock_timestamp())");
            sql.run("commit");
        }
        assertThat(told.get(PATIENCE, TimeUnit.MILLISECONDS).getErrorCode()).isEqualTo("lost");
        send(queue, "to the queue");
        // The subscriptions that are not durable may not be there yet for the first ones.
        await().untilAsserted(() -> {
            send(topic, "to the topic");
            assertThat(Collections.frequency(List.copyOf(heard), "to the topic"))
                    .isGreaterThanOrEqualTo(3);
        });
        assertThat(text(waiting.get())).isEqualTo("to the topic");
        assertThat(heard).contains("to the queue");
        assertThat(connection.getClientID()).isEqualTo("returning");
        try (PgJmsConnectionFactory other = newFactory();
                Connection second = other.createConnection()) {
            assertThatThrownBy(() -> second.setClientID("returning"))
                    .as("it has its client id again")
                    .isInstanceOf(InvalidClientIDException.class);
        }
    }

    @Test
    void anExceptionListenerMayClose() throws Exception { // 6.1.7, 3
        Connection connection = stopped();
        CompletableFuture<Boolean> closed = new CompletableFuture<>();
        ExceptionListener closing = e -> {
            PgJmsUnchecked.run(connection::close);
            closed.complete(true);
        };
        connection.setExceptionListener(closing);
        connection.start();
        away();
        try {
            assertThat(closed.get(PATIENCE, TimeUnit.MILLISECONDS)).isTrue();
        } finally {
            back();
        }
        assertThatThrownBy(connection::getClientID).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aReceiveThatEndsDuringAnOutageSaysSo() throws Exception {
        Queue queue = queue();
        MessageConsumer consumer = session(Session.AUTO_ACKNOWLEDGE).createConsumer(queue);
        away();
        try {
            assertThatThrownBy(() -> consumer.receive(700)).isInstanceOf(JMSException.class);
            assertThatThrownBy(consumer::receiveNoWait).isInstanceOf(JMSException.class);
        } finally {
            back();
        }
        await().untilAsserted(() -> assertThat(consumer.receiveNoWait()).isNull());
    }

    @Test
    void aCommitWithoutAnswerIsUnknownAndKnowsItsIds() throws JMSException { // PUB-12, TX-5
        Queue from = queue();
        Queue to = queue();
        send(from, "a");
        LostCommits source = new LostCommits(dataSource);
        try (PgQueue queue = PgQueue.builder(source).maintenance(false).build();
                PgJmsConnectionFactory losing = new PgJmsConnectionFactory(queue, source);
                Connection connection = losing.createConnection()) {
            connection.start();
            Session session = connection.createSession(Session.SESSION_TRANSACTED);
            receive(session.createConsumer(from));
            Message sent = session.createTextMessage("b");
            session.createProducer(to).send(sent);
            source.loseNext(LostCommits.Loss.AFTER);
            assertThatThrownBy(session::commit).isInstanceOfSatisfying(JMSException.class, e -> {
                assertThat(e).isNotInstanceOf(TransactionRolledBackException.class);
                assertThat(e.getErrorCode()).isEqualTo("outcome-unknown");
                assertThat(((OutcomeUnknownException) e.getLinkedException()).messageIds())
                        .singleElement()
                        .satisfies(id -> assertThat("ID:" + id).isEqualTo(sent.getJMSMessageID()));
            });
        }
        Session session = session(Session.AUTO_ACKNOWLEDGE);
        assertThat(receive(session.createConsumer(to), 1)).containsExactly("b");
        assertThat(session.createConsumer(from).receive(BRIEFLY)).isNull();
    }

    @Test
    void aSendWithoutAnswerIsUnknownAndCanBeLookedFor() throws Exception { // PUB-12
        Queue queue = queue();
        Session session = session(Session.AUTO_ACKNOWLEDGE);
        Message stored = session.createTextMessage("stored");
        Message lost = session.createTextMessage("lost");
        try (Sql sql = new Sql(dataSource)) {
            // As a server does that could not replicate the commit.
            atCommit(sql, queue, "raise warning 'not replicated'");
            assertThatThrownBy(() -> session.createProducer(queue).send(stored))
                    .isInstanceOfSatisfying(JMSException.class, e -> assertUnknown(e, stored));
            sql.run("drop function misbehave cascade");
            atCommit(sql, queue, "perform pg_terminate_backend(pg_backend_pid())");
            assertThatThrownBy(() -> session.createProducer(queue).send(lost))
                    .isInstanceOfSatisfying(JMSException.class, e -> assertUnknown(e, lost));
            Message alsoLost = session.createTextMessage("also lost");
            CompletableFuture<Exception> told = new CompletableFuture<>();
            session.createProducer(queue).send(alsoLost, new CompletionListener() {
                @Override
                public void onCompletion(Message message) {
                    told.completeExceptionally(new AssertionError("completed"));
                }

                @Override
                public void onException(Message message, Exception exception) {
                    told.complete(exception);
                }
            });
            assertThat(told.get(PATIENCE, TimeUnit.MILLISECONDS))
                    .isInstanceOfSatisfying(JMSException.class, e -> assertUnknown(e, alsoLost));
            sql.run("drop function misbehave cascade");
        }
        assertThat(isThere(session, queue, stored)).isTrue();
        assertThat(isThere(session, queue, lost)).isFalse();
        // The session goes on.
        send(session, queue, "next");
        assertThat(receive(session.createConsumer(queue), 2)).containsExactly("stored", "next");
    }

    private static void atCommit(Sql sql, Queue queue, String statement) throws SQLException, JMSException {
        sql.run("create function misbehave() returns trigger language plpgsql as 'begin " + statement.replace("'", "''")
                + "; return null; end'");
        sql.run("create constraint trigger misbehave after insert on pgqueue.delivery_" + sql.currentSlot()
                + " deferrable initially deferred for each row when (new.subscription_id = "
                + sql.subscription(queue.getQueueName()) + ") execute function misbehave()");
    }

    private static void assertUnknown(JMSException e, Message sent) {
        assertThat(e.getErrorCode()).isEqualTo("outcome-unknown");
        assertThat(((OutcomeUnknownException) e.getLinkedException()).messageIds())
                .singleElement()
                .satisfies(id -> assertThat("ID:" + id).isEqualTo(sent.getJMSMessageID()));
    }

    private static boolean isThere(Session session, Queue queue, Message message) throws JMSException {
        // snippet: jms-look-for
        try (QueueBrowser browser =
                session.createBrowser(queue, "JMSMessageID = '" + message.getJMSMessageID() + "'")) {
            return browser.getEnumeration().hasMoreElements();
        }
        // end snippet
    }

    @Test
    void aCommitWhoseMessagesAreStillOursWasRolledBack() throws JMSException { // TX-5
        Queue from = queue();
        Queue to = queue();
        send(from, "a");
        LostCommits source = new LostCommits(dataSource);
        try (PgQueue queue = PgQueue.builder(source).maintenance(false).build();
                PgJmsConnectionFactory losing = new PgJmsConnectionFactory(queue, source);
                Connection connection = losing.createConnection()) {
            connection.start();
            Session session = connection.createSession(Session.SESSION_TRANSACTED);
            MessageConsumer consumer = session.createConsumer(from);
            receive(consumer);
            send(session, to, "b");
            source.loseNext(LostCommits.Loss.BEFORE);
            assertThatThrownBy(session::commit).isInstanceOf(TransactionRolledBackException.class);
            assertThat(receive(consumer).getIntProperty("JMSXDeliveryCount")).isEqualTo(2);
            send(session, to, "c");
            session.commit();
        }
        MessageConsumer target = session(Session.AUTO_ACKNOWLEDGE).createConsumer(to);
        assertThat(receive(target, 1)).containsExactly("c");
        assertThat(target.receive(BRIEFLY)).isNull();
    }

    @Test
    void killedConnectionsLoseAndDoubleNothing() throws Exception { // I1, I4, I5, I13
        Queue from = queue();
        Queue to = queue();
        int count = 2000;
        engine.admin()
                .alterQueue(
                        from.getQueueName(),
                        io.pgqueue.SubscriptionSettings.DEFAULT
                                .withLease(java.time.Duration.ofSeconds(2))
                                .withRedelivery(io.pgqueue.RedeliveryPolicy.DEFAULT.withMaxAttempts(0)));
        try (Connection connection = factory.createConnection()) {
            Session session = connection.createSession(Session.SESSION_TRANSACTED);
            var producer = session.createProducer(from);
            for (int i = 0; i < count; i++) {
                producer.send(session.createTextMessage("" + i));
            }
            session.commit();
        }
        AtomicBoolean chaos = new AtomicBoolean(true);
        AtomicBoolean drained = new AtomicBoolean();
        Set<String> seen = ConcurrentHashMap.newKeySet();
        List<Thread> workers = new ArrayList<>();
        List<Throwable> failures = Collections.synchronizedList(new ArrayList<>());
        // One moves in transactions, with a factory of its own; one reads with automatic acknowledgement.
        for (int n = 0; n < 2; n++) {
            boolean moves = n == 0;
            Thread worker = new Thread(() -> {
                try (PgJmsConnectionFactory own = newFactory()) {
                    while (chaos.get() || !drained.get()) {
                        work(own, moves, from, to, seen, chaos, drained);
                    }
                } catch (Throwable e) {
                    failures.add(e);
                }
            });
            workers.add(worker);
            worker.start();
        }
        // Each time when some more have passed: in the middle of the work, and never so often that there is none.
        for (int kills = 1; kills <= KILLS; kills++) {
            int progress =
                    kills * (count / 2) / KILLS + ThreadLocalRandom.current().nextInt(20);
            await().atMost(Duration.ofMinutes(2)).until(() -> seen.size() >= progress || !failures.isEmpty());
            kill();
        }
        chaos.set(false);
        for (Thread worker : workers) {
            worker.join(60_000);
        }
        assertThat(failures).isEmpty();
        MessageConsumer target = session(Session.DUPS_OK_ACKNOWLEDGE).createConsumer(to);
        List<@Nullable String> moved = new ArrayList<>();
        for (Message m = target.receiveNoWait(); m != null; m = target.receiveNoWait()) {
            moved.add(text(m));
        }
        assertThat(moved).as("moved by transactions").doesNotHaveDuplicates().isNotEmpty();
        // A move whose commit had no answer was not noted down.
        moved.forEach(text -> seen.add(String.valueOf(text)));
        assertThat(new TreeSet<>(seen)).hasSize(count);
    }

    private static void work(
            PgJmsConnectionFactory own,
            boolean moves,
            Queue from,
            Queue to,
            Set<String> seen,
            AtomicBoolean chaos,
            AtomicBoolean drained) {
        try (Connection connection = own.createConnection()) {
            connection.start();
            Session session = connection.createSession(moves ? Session.SESSION_TRANSACTED : Session.AUTO_ACKNOWLEDGE);
            MessageConsumer consumer = session.createConsumer(from);
            while (chaos.get() || !drained.get()) {
                boolean calm = !chaos.get();
                // Longer than the leases that were left behind.
                Message message = consumer.receive(calm ? 3000 : 500);
                if (message == null) {
                    drained.set(calm);
                } else if (moves) {
                    String text = String.valueOf(text(message));
                    send(session, to, text);
                    session.commit();
                    seen.add(text);
                } else {
                    seen.add(String.valueOf(text(message)));
                }
            }
        } catch (JMSException expected) {
            // As an application does: connect again and go on.
        }
    }
}
