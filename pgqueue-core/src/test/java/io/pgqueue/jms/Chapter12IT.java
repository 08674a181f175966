// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.pgqueue.client.JoiningSource;
import io.pgqueue.client.PgQueue;
import jakarta.jms.Connection;
import jakarta.jms.JMSContext;
import jakarta.jms.JMSException;
import jakarta.jms.MessageConsumer;
import jakarta.jms.Queue;
import jakarta.jms.Session;
import java.sql.SQLException;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * Jakarta Messaging 3.1, chapter 12, is about application servers and optional (1.1.5). What it says of sessions in a
 * transaction that is not theirs holds here for the transaction of a caller.
 */
class Chapter12IT extends JmsIT {

    private final JoiningSource transaction;
    private final PgQueue shared;
    private final PgJmsConnectionFactory joining;

    Chapter12IT(PGSimpleDataSource dataSource) {
        super(dataSource);
        transaction = new JoiningSource(dataSource);
        shared = PgQueue.builder(transaction).maintenance(false).build();
        joining = new PgJmsConnectionFactory(shared, transaction);
    }

    @AfterEach
    void closeQueue() {
        joining.close();
        shared.close();
    }

    /** Created in one transaction, used in that one, the next, and between them. */
    @ParameterizedTest
    @ValueSource(ints = {Session.AUTO_ACKNOWLEDGE, Session.CLIENT_ACKNOWLEDGE, Session.DUPS_OK_ACKNOWLEDGE})
    void aSessionOutlivesTheTransactionItWasCreatedIn(int mode) throws JMSException, SQLException { // 12.3
        Queue queue = queue();
        MessageConsumer consumer = session(Session.AUTO_ACKNOWLEDGE).createConsumer(queue);
        try (Connection connection = joining.createConnection()) {
            transaction.begin();
            Session session = connection.createSession(mode);
            send(session, queue, "rolled back");
            transaction.rollback();
            send(session, queue, "in none");
            transaction.begin();
            send(session, queue, "in the second");
            transaction.commit();
        }
        assertThat(receive(consumer, 2)).containsExactly("in none", "in the second");
        assertThat(consumer.receiveNoWait()).isNull();
    }

    /** As the specification warns: what is asked is not sent before the transaction is committed. */
    @Test
    void anAnswerCannotComeInTheTransactionOfTheRequest() throws JMSException, SQLException { // 12.3
        Queue requests = queue();
        Session service = session(Session.AUTO_ACKNOWLEDGE);
        service.createConsumer(requests)
                .setMessageListener(request -> PgJmsUnchecked.run(
                        () -> service.createProducer(request.getJMSReplyTo()).send(service.createMessage())));
        try (Connection connection = joining.createConnection()) {
            connection.start();
            Session session = connection.createSession();
            Queue answers = session.createTemporaryQueue();
            MessageConsumer consumer = session.createConsumer(answers);
            var request = session.createMessage();
            request.setJMSReplyTo(answers);
            transaction.begin();
            session.createProducer(requests).send(request);
            assertThat(consumer.receive(BRIEFLY)).isNull();
            transaction.commit();
            receive(consumer);
        }
    }

    /** A transacted session has nothing to decide then, in neither direction. */
    @Test
    void commitAndRollbackAreTheCallers() throws JMSException, SQLException { // 12.3
        Queue queue = queue();
        MessageConsumer consumer = session(Session.AUTO_ACKNOWLEDGE).createConsumer(queue);
        try (Connection connection = joining.createConnection()) {
            Session session = connection.createSession(Session.SESSION_TRANSACTED);
            transaction.begin();
            send(session, queue, "committed by the session only");
            session.commit();
            assertThat(consumer.receive(BRIEFLY)).isNull();
            transaction.rollback();
            transaction.begin();
            send(session, queue, "rolled back by the session only");
            session.rollback();
            transaction.commit();
        }
        assertThat(receive(consumer, 1)).containsExactly("rolled back by the session only");
        assertThat(consumer.receiveNoWait()).isNull();
    }

    /** There is no injection: every context is the application's, so it may call what is forbidden for injected ones. */
    @Test
    void everyContextIsManagedByTheApplication() { // 12.4.2, 12.4.5
        JMSContext context = closed(factory.createContext(JMSContext.CLIENT_ACKNOWLEDGE));
        JMSContext transacted = closed(factory.createContext(JMSContext.SESSION_TRANSACTED));
        for (ThrowingCallable call : new ThrowingCallable[] {
            () -> context.setClientID("mine"),
            () -> context.setExceptionListener(null),
            () -> context.setAutoStart(false),
            context::start,
            context::stop,
            context::acknowledge,
            context::recover,
            transacted::commit,
            transacted::rollback,
            context::close
        }) {
            assertThatCode(call).doesNotThrowAnyException();
        }
    }
}
