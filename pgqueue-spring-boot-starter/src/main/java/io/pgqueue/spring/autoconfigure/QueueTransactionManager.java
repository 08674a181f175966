// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.autoconfigure;

import io.pgqueue.spring.SpringConnectionSource;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;

/**
 * The transaction manager of the DataSource that pgqueue uses. A holder, not a bean of that type: it may be one of our own,
 * which would make the application's choice ambiguous.
 *
 * @param manager manages transactions of our DataSource
 */
record QueueTransactionManager(PlatformTransactionManager manager) {

    private static final Logger LOG = LoggerFactory.getLogger(QueueTransactionManager.class);

    /**
     * The first of the candidates that manages the DataSource, else a new one: work of listeners in transactions of another
     * DataSource could not be committed with the ack.
     *
     * @param candidates the application's, preferred ones first
     */
    static QueueTransactionManager choose(List<PlatformTransactionManager> candidates, SpringConnectionSource source) {
        for (PlatformTransactionManager candidate : candidates) {
            if (source.isManagedBy(candidate)) {
                return new QueueTransactionManager(candidate);
            }
        }
        if (!candidates.isEmpty()) {
            LOG.warn(
                    "None of the transaction managers {} manages the DataSource that pgqueue uses: listeners work in "
                            + "transactions of their own manager, and sends join none. If one does, use that DataSource "
                            + "for it",
                    candidates);
        }
        return new QueueTransactionManager(new JdbcTransactionManager(source.dataSource()));
    }
}
