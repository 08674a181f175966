// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.jms;

import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.Session;
import org.springframework.jms.listener.DefaultMessageListenerContainer;
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
            rollback(transaction, e);
            throw e;
        }
        transactions.commit(transaction);
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
