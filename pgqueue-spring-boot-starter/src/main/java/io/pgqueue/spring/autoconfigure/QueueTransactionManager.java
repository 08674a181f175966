// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.autoconfigure;

import io.pgqueue.spring.SpringConnectionSource;
import io.pgqueue.spring.TransactionMismatchException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
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
     * The preferred candidate if it manages the DataSource, else the first that does, else a new one: work of listeners in
     * transactions of another DataSource could not be committed with the ack.
     *
     * @param candidates the application's, by name
     * @param preferred the only one or the primary one, null if there is none
     * @param strict whether a doubt is an error instead of a warning
     */
    static QueueTransactionManager choose(
            Map<String, PlatformTransactionManager> candidates,
            @Nullable PlatformTransactionManager preferred,
            SpringConnectionSource source,
            boolean strict) {
        if (preferred != null && source.isManagedBy(preferred)) {
            return new QueueTransactionManager(preferred);
        }
        Map<String, PlatformTransactionManager> ours = new LinkedHashMap<>(candidates);
        ours.values().removeIf(candidate -> !source.isManagedBy(candidate));
        if (ours.size() > 1) {
            doubt(
                    strict,
                    "The transaction managers " + ours.keySet()
                            + " all manage the DataSource that pgqueue uses, and none is primary",
                    "'" + ours.keySet().iterator().next() + "' is used");
        } else if (ours.isEmpty() && !candidates.isEmpty()) {
            doubt(
                    strict,
                    "None of the transaction managers " + candidates.keySet()
                            + " is known to manage the DataSource that pgqueue uses",
                    "listeners work in transactions of a manager of their own, and sends join none");
        }
        return new QueueTransactionManager(
                ours.isEmpty()
                        ? new JdbcTransactionManager(source.dataSource())
                        : ours.values().iterator().next());
    }

    private static void doubt(boolean strict, String what, String consequence) {
        if (strict) {
            throw new TransactionMismatchException(what + ", and pgqueue.transaction.strict is true");
        }
        LOG.warn("{}: {}. If another one is meant, mark it with @PgQueueTransactionManager", what, consequence);
    }
}
