// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.jms;

import io.pgqueue.jms.PgJmsConnectionFactory;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.Session;
import org.springframework.jms.listener.DefaultMessageListenerContainer;
import org.springframework.jms.listener.adapter.ListenerExecutionFailedException;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionException;
import org.springframework.transaction.TransactionStatus;
import org.springframework.transaction.support.DefaultTransactionDefinition;

/**
 * A container with a transaction around the listener alone. The message is received, and its lease taken, before that begins:
 * waiting keeps no connection idle in a transaction, and a handler that kills the JVM has used an attempt. The session is
 * committed inside, where its acknowledgement and sends join; when anything fails it is rolled back afterwards, as the
 * container does anyway.
 *
 * <p>The container itself has no transaction manager: with one it would wait inside the transaction.
 */
final class PgJmsListenerContainer extends DefaultMessageListenerContainer {

    private final PlatformTransactionManager transactions;

    PgJmsListenerContainer(PlatformTransactionManager transactions) {
        this.transactions = transactions;
    }

    @Override
    protected void invokeListener(Session session, Message message) throws JMSException {
        if (!isSessionTransacted()) {
            super.invokeListener(session, message);
            return;
        }
        TransactionStatus transaction = transactions.getTransaction(new DefaultTransactionDefinition());
        try {
            super.invokeListener(session, message);
            commitIfNecessary(session, message);
        } catch (JMSException | RuntimeException | Error e) {
            PgJmsConnectionFactory.failed(message, causeOf(e));
            rollback(transaction, e);
            throw e;
        }
        transactions.commit(transaction);
    }

    /** The application's own exception, which tells more of a dead letter than that a listener method threw it. */
    private static Throwable causeOf(Throwable failure) {
        return failure instanceof ListenerExecutionFailedException && failure.getCause() != null
                ? failure.getCause()
                : failure;
    }

    private void rollback(TransactionStatus transaction, Throwable failure) {
        try {
            transactions.rollback(transaction);
        } catch (TransactionException e) {
            // The connection is gone, and the transaction with it; what failed before tells more.
            failure.addSuppressed(e);
        }
    }
}
