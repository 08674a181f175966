// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.samples.docs.byhand;

import io.pgqueue.jdbc.ConnectionSource;
import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.datasource.ConnectionHolder;
import org.springframework.jdbc.datasource.DataSourceUtils;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

// snippet: byhand-source
/** Joins the Spring transaction of the calling thread. */
final class JoinedTransactions implements ConnectionSource {

    private final DataSource dataSource;

    JoinedTransactions(DataSource dataSource) {
        this.dataSource = dataSource;
    }

    @Override
    public Connection open() throws SQLException {
        return dataSource.getConnection();
    }

    @Override
    public @Nullable Connection current() throws SQLException {
        if (!TransactionSynchronizationManager.isActualTransactionActive()
                || !(TransactionSynchronizationManager.getResource(dataSource) instanceof ConnectionHolder)) {
            return null;
        }
        Connection connection = DataSourceUtils.getConnection(dataSource);
        if (connection.getAutoCommit()) {
            // The transaction is another manager's.
            release(connection);
            return null;
        }
        return connection;
    }

    @Override
    public void release(Connection current) {
        DataSourceUtils.releaseConnection(current, dataSource);
    }

    @Override
    public void afterCommit(Runnable action) {
        after(TransactionSynchronization.STATUS_COMMITTED, action);
    }

    @Override
    public void afterRollback(Runnable action) {
        after(TransactionSynchronization.STATUS_ROLLED_BACK, action);
    }

    private static void after(int wanted, Runnable action) {
        TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {
            @Override
            public void afterCompletion(int status) {
                if (status == wanted) {
                    action.run();
                }
            }
        });
    }
}
// end snippet
