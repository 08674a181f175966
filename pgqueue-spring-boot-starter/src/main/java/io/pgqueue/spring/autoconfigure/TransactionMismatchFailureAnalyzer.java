// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.autoconfigure;

import io.pgqueue.spring.TransactionMismatchException;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** The transaction manager is that of another DataSource, or it is not clear which one is meant. */
final class TransactionMismatchFailureAnalyzer extends AbstractFailureAnalyzer<TransactionMismatchException> {

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, TransactionMismatchException cause) {
        return new FailureAnalysis(
                cause.getMessage(),
                "Mark the transaction manager that shall be used with @PgQueueTransactionManager, and, if there are several "
                        + "DataSources, the one that it manages with @PgQueueDataSource.",
                cause);
    }
}
