// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring;

import io.pgqueue.client.PgQueue;
import io.pgqueue.jdbc.ConnectionSource;
import io.pgqueue.jdbc.JdbcUrl;
import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.BeanUtils;
import org.springframework.beans.PropertyAccessorFactory;
import org.springframework.jdbc.datasource.ConnectionHolder;
import org.springframework.jdbc.datasource.DataSourceUtils;
import org.springframework.jdbc.datasource.TransactionAwareDataSourceProxy;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.ResourceTransactionManager;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * Joins the Spring transaction of the calling thread, whoever works in it: JdbcTemplate, JPA, jOOQ, MyBatis. Safe for use
 * by several threads.
 */
public final class SpringConnectionSource implements ConnectionSource {

    private final DataSource dataSource;

    /**
     * @param dataSource the one that the transaction manager manages; a {@link TransactionAwareDataSourceProxy} is taken
     *     off, since transactions are kept under the DataSource behind it
     */
    public SpringConnectionSource(DataSource dataSource) {
        this.dataSource = unwrap(dataSource);
    }

    /** The DataSource that transactions are kept under. */
    public static DataSource unwrap(DataSource dataSource) {
        DataSource unwrapped = dataSource;
        while (unwrapped instanceof TransactionAwareDataSourceProxy proxy && proxy.getTargetDataSource() != null) {
            unwrapped = proxy.getTargetDataSource();
        }
        return unwrapped;
    }

    public DataSource dataSource() {
        return dataSource;
    }

    /** Whether the manager is known to manage transactions of this DataSource. */
    public boolean isManagedBy(PlatformTransactionManager manager) {
        DataSource managed = managedDataSource(manager);
        return managed != null && unwrap(managed) == dataSource;
    }

    /** @throws TransactionMismatchException if the manager is known to manage transactions of another DataSource */
    public void requireManagedBy(PlatformTransactionManager manager) {
        DataSource managed = managedDataSource(manager);
        if (managed != null && unwrap(managed) != dataSource) {
            throw new TransactionMismatchException(
                    "The transaction manager " + manager + " manages the DataSource "
                            + JdbcUrl.withoutCredentials(managed)
                            + ", but pgqueue uses " + this
                            + ": work and messages would not be committed together. Give it the manager of the same DataSource");
        }
    }

    /**
     * @throws TransactionMismatchException if calls of the queue do not join transactions of this DataSource: then an ack or a
     *     send would be committed apart from the work it belongs to
     */
    public void requireJoinedBy(PgQueue queue) {
        if (!(queue.source() instanceof SpringConnectionSource source) || source.dataSource != dataSource) {
            throw new TransactionMismatchException("The PgQueue joins the transactions of " + queue.source()
                    + ", not those of " + this
                    + ": build it with the SpringConnectionSource of that "
                    + "DataSource, the one that the template and the listeners get");
        }
    }

    /** Managers of JPA and Hibernate have the DataSource as a property, beside the factory that is their resource. */
    private static @Nullable DataSource managedDataSource(PlatformTransactionManager manager) {
        if (manager instanceof ResourceTransactionManager resources
                && resources.getResourceFactory() instanceof DataSource managed) {
            return managed;
        }
        if (BeanUtils.getPropertyDescriptor(manager.getClass(), "dataSource") == null) {
            return null;
        }
        return PropertyAccessorFactory.forBeanPropertyAccess(manager).getPropertyValue("dataSource")
                        instanceof DataSource managed
                ? managed
                : null;
    }

    @Override
    public Connection open() throws SQLException {
        return dataSource.getConnection();
    }

    /**
     * {@code ConnectionHolder.isSynchronizedWithTransaction()} would be the wrong question: it is false under a
     * JpaTransactionManager, and true when another manager's transaction merely keeps an auto-commit connection of ours.
     */
    @Override
    public @Nullable Connection current() throws SQLException {
        if (!TransactionSynchronizationManager.isActualTransactionActive()
                || !(TransactionSynchronizationManager.getResource(dataSource) instanceof ConnectionHolder)) {
            return null;
        }
        Connection connection = DataSourceUtils.getConnection(dataSource);
        boolean autoCommit;
        try {
            autoCommit = connection.getAutoCommit();
        } catch (SQLException e) {
            release(connection);
            throw e;
        }
        if (autoCommit) {
            release(connection);
            return null;
        }
        return connection;
    }

    @Override
    public void release(Connection current) {
        DataSourceUtils.releaseConnection(current, dataSource);
    }

    /** Does nothing when the transaction manager tells nobody of its commits: then consumers find messages by polling. */
    @Override
    public void afterCommit(Runnable action) {
        if (TransactionSynchronizationManager.isSynchronizationActive()) {
            TransactionSynchronizationManager.registerSynchronization(
                    new AfterCompletion(TransactionSynchronization.STATUS_COMMITTED, action));
        }
    }

    @Override
    public void afterRollback(Runnable action) {
        if (TransactionSynchronizationManager.isSynchronizationActive()) {
            TransactionSynchronizationManager.registerSynchronization(
                    new AfterCompletion(TransactionSynchronization.STATUS_ROLLED_BACK, action));
        }
    }

    @Override
    public void afterUnknownEnd(Runnable action) {
        if (TransactionSynchronizationManager.isSynchronizationActive()) {
            TransactionSynchronizationManager.registerSynchronization(
                    new AfterCompletion(TransactionSynchronization.STATUS_UNKNOWN, action));
        }
    }

    @Override
    public @Nullable String whyNotJoined() throws SQLException {
        return !TransactionSynchronizationManager.isActualTransactionActive() || joins()
                ? null
                : "cannot join the current transaction, which belongs to another transaction manager or DataSource: it "
                        + "would stay done when that rolls back. Name the manager of pgqueue's DataSource in "
                        + "@Transactional; on a method that only sends, that makes it a transaction of its own";
    }

    @Override
    public String toString() {
        return "the DataSource " + JdbcUrl.withoutCredentials(dataSource);
    }

    /** Whether an operation now would join a transaction of the calling thread. */
    public boolean joins() throws SQLException {
        Connection current = current();
        if (current == null) {
            return false;
        }
        release(current);
        return true;
    }

    /**
     * After completion rather than after commit: a send made by somebody's after-commit callback is still seen, and a
     * failure here is logged by Spring instead of thrown at a caller whose transaction did commit.
     */
    private record AfterCompletion(int wanted, Runnable action) implements TransactionSynchronization {

        @Override
        public void afterCompletion(int status) {
            if (status == wanted) {
                action.run();
            }
        }
    }
}
