// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import io.pgqueue.Delivery;
import io.pgqueue.client.PgQueue;
import io.pgqueue.spring.SpringConnectionSource;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.transaction.CannotCreateTransactionException;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionStatus;
import org.springframework.transaction.TransactionSystemException;
import org.springframework.transaction.support.TransactionTemplate;

/** The handler's work and the ack in one transaction: {@link AckMode#TRANSACTION}. */
final class TransactionExecution implements HandlerExecution {

    private static final Logger LOG = LoggerFactory.getLogger(TransactionExecution.class);

    private final PgListenerEndpoint endpoint;
    private final PgQueue queue;
    private final SpringConnectionSource source;
    private final TransactionTemplate transactions;
    private volatile int isolation = Connection.TRANSACTION_NONE;

    TransactionExecution(
            PgListenerEndpoint endpoint,
            PgQueue queue,
            SpringConnectionSource source,
            PlatformTransactionManager manager,
            Duration timeout) {
        this.endpoint = endpoint;
        this.queue = queue;
        this.source = source;
        this.transactions = new TransactionTemplate(manager);
        transactions.setName("pgqueue " + endpoint.id());
        transactions.setTimeout((int) timeout.toSeconds());
    }

    @Override
    public void execute(List<Delivery> unit, Settling call) {
        try {
            transactions.executeWithoutResult(status -> handleAndAck(unit, call, status));
        } catch (CannotCreateTransactionException e) {
            throw new NotStartedException(String.valueOf(e.getMessage()), e);
        } catch (TransactionSystemException e) {
            // On a lost connection the rollback fails as well; why the handler failed is what counts.
            if (e.getApplicationException() instanceof RuntimeException failure) {
                failure.addSuppressed(e);
                throw failure;
            }
            throw e;
        }
    }

    private void handleAndAck(List<Delivery> unit, Settling call, TransactionStatus status) {
        requireOurTransaction();
        HandlerCall.call(endpoint.handler(), unit, call);
        if (status.isRollbackOnly()) {
            // Otherwise the ack would silently roll back, and nobody would look at the delivery until its lease ends.
            throw new HandlerFailure(new IllegalStateException(
                    "The handler returned, but its transaction is marked rollback-only; an inner @Transactional method "
                            + "failed or asked for it"));
        }
        queue.ack(call.unsettled());
    }

    @Override
    public boolean rollsBack() {
        return true;
    }

    @Override
    public void acknowledge(List<Delivery> done) {
        throw new IllegalStateException("The work for " + done + " has rolled back");
    }

    @Override
    public boolean renewsRunning() {
        return isolation <= Connection.TRANSACTION_READ_COMMITTED;
    }

    @Override
    public void close() {
        // Nothing is left to acknowledge: every transaction has its own ack.
    }

    private void requireOurTransaction() {
        try {
            Connection connection = source.current();
            if (connection == null) {
                throw new NotStartedException(
                        "The " + endpoint + " works in a transaction that is not of the "
                                + "DataSource that pgqueue uses; give its container factory that DataSource's transaction "
                                + "manager",
                        null);
            }
            try {
                learnIsolation(connection);
            } finally {
                source.release(connection);
            }
        } catch (SQLException e) {
            throw new NotStartedException(String.valueOf(e.getMessage()), e);
        }
    }

    /**
     * From REPEATABLE READ on, the ack would fail with a serialization error when its row was renewed after the snapshot
     * was taken. Asked once, because asking is a round trip.
     */
    private void learnIsolation(Connection connection) throws SQLException {
        if (isolation == Connection.TRANSACTION_NONE) {
            isolation = connection.getTransactionIsolation();
            if (!renewsRunning()) {
                LOG.info(
                        "Transactions of the {} are above READ COMMITTED: leases are not renewed while a handler runs, "
                                + "so choose one that is longer than handlers take",
                        endpoint);
            }
        }
    }
}
