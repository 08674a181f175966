// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.jms;

import io.pgqueue.spring.SpringConnectionSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jms.config.DefaultJmsListenerContainerFactory;
import org.springframework.jms.listener.DefaultMessageListenerContainer;
import org.springframework.transaction.PlatformTransactionManager;

/**
 * Containers of {@code @JmsListener} methods whose work, acknowledgement and sends are one local transaction of the database.
 * They wait for messages outside of it, without a database connection.
 *
 * <p>The connection factory to set must join the transactions of the same DataSource, as the auto-configured one does; it may
 * be wrapped in a pool. A session that is not transacted works as with any other provider, apart from the database's
 * transactions. Not safe for use by several threads while it is configured.
 */
public final class PgJmsListenerContainerFactory extends DefaultJmsListenerContainerFactory {

    private static final Logger LOG = LoggerFactory.getLogger(PgJmsListenerContainerFactory.class);

    /** Consumers go on by themselves when the database is back, so there is no need to wait the usual 5 s with them. */
    private static final long RECOVERY_MILLIS = 1000;

    private final PlatformTransactionManager transactions;
    private boolean virtualThreads;

    /**
     * @param source what the connection factory joins transactions by
     * @param transactions begins the transaction that a listener is called in
     * @throws io.pgqueue.spring.TransactionMismatchException if the manager is known to manage transactions of another DataSource
     */
    public PgJmsListenerContainerFactory(SpringConnectionSource source, PlatformTransactionManager transactions) {
        source.requireManagedBy(transactions);
        this.transactions = transactions;
        setSessionTransacted(true);
        setRecoveryInterval(RECOVERY_MILLIS);
    }

    /**
     * Ignored: a container with a manager of its own would wait for messages inside its transactions. Boot sets one when there is
     * a {@link org.springframework.transaction.jta.JtaTransactionManager}; listeners work in local transactions all the same.
     */
    @Override
    public void setTransactionManager(@Nullable PlatformTransactionManager ignored) {
        LOG.info(
                "JMS listeners do not use {}: each is called in a local transaction of {}, begun when its message is there",
                ignored,
                transactions);
    }

    /** Whether listeners run in virtual threads, unless there is a task executor; default false. */
    public void setVirtualThreads(boolean virtualThreads) {
        this.virtualThreads = virtualThreads;
    }

    @Override
    protected DefaultMessageListenerContainer createContainerInstance() {
        DefaultMessageListenerContainer container = new PgJmsListenerContainer(transactions);
        container.setVirtualThreads(virtualThreads);
        return container;
    }
}
