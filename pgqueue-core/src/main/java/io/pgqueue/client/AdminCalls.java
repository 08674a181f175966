// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import io.pgqueue.jdbc.SqlWork;
import io.pgqueue.jdbc.Transactions;
import io.pgqueue.store.SqlErrors;
import java.sql.SQLException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Administration in the caller's transaction or one of its own, and who is told after the commit. */
final class AdminCalls {

    private final Transactions transactions;
    private final Consumer<String> wake;

    /** @param wake told the name of a destination that may have something ready */
    AdminCalls(Transactions transactions, Consumer<String> wake) {
        this.transactions = transactions;
        this.wake = wake;
    }

    <T extends @Nullable Object> T run(SqlWork<T> work) {
        try {
            return transactions.joinOrStatement(work).value();
        } catch (SQLException e) {
            throw SqlErrors.translate(e);
        }
    }

    /** Several statements, together or not at all. */
    <T extends @Nullable Object> T together(SqlWork<T> work) {
        try {
            return transactions.joinOrTransaction(work).value();
        } catch (SQLException e) {
            throw SqlErrors.translate(e);
        }
    }

    /** Whoever waits for this destination looks at once, after the commit. */
    <T extends @Nullable Object> T runAndWake(SqlWork<T> work, String destination) {
        Transactions.Outcome<T> outcome;
        try {
            outcome = transactions.joinOrStatement(work);
        } catch (SQLException e) {
            throw SqlErrors.translate(e);
        }
        if (outcome.joined()) {
            transactions.afterCommit(() -> wake.accept(destination));
        } else {
            wake.accept(destination);
        }
        return outcome.value();
    }
}
