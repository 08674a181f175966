// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import io.pgqueue.jdbc.SqlWork;
import io.pgqueue.jdbc.Transactions;
import io.pgqueue.store.SqlErrors;
import java.sql.SQLException;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/** Administration in the caller's transaction or one of its own, and who is told after the commit. */
final class AdminCalls {

    private final Transactions transactions;
    private final IntConsumer ready;
    private final Runnable ended;
    private final Runnable taken;

    /**
     * @param ready told the id of a subscription that may have something ready, also when this JVM does not know it
     * @param ended told that deliveries have ended, for whose outcome somebody may wait
     * @param taken told that also what consumers hold may have ended, or is no longer theirs
     */
    AdminCalls(Transactions transactions, IntConsumer ready, Runnable ended, Runnable taken) {
        this.transactions = transactions;
        this.ready = ready;
        this.ended = ended;
        this.taken = taken;
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

    /**
     * Whoever waits for the subscriptions that got something ready looks at once, after the commit, in every JVM: by the
     * name of a destination only those would be told whose subscriptions this JVM receives from itself.
     *
     * @param subscriptions their ids, from what the work returned
     */
    <T extends @Nullable Object> T runAndWake(SqlWork<T> work, Function<T, List<Integer>> subscriptions) {
        return runAnd(work, done -> {
            subscriptions.apply(done).forEach(ready::accept);
            ended.run();
        });
    }

    /** For what ends deliveries: whoever waits for their outcome looks at once, after the commit. */
    <T extends @Nullable Object> T runAndEnd(SqlWork<T> work) {
        return runAnd(work, done -> ended.run());
    }

    /** For what also takes what consumers hold: their JVMs look, and those who wait for outcomes. */
    <T extends @Nullable Object> T runAndTake(SqlWork<T> work) {
        return runAnd(work, done -> taken.run());
    }

    private <T extends @Nullable Object> T runAnd(SqlWork<T> work, Consumer<T> then) {
        Transactions.Outcome<T> outcome;
        try {
            outcome = transactions.joinOrStatement(work);
        } catch (SQLException e) {
            throw SqlErrors.translate(e);
        }
        T done = outcome.value();
        if (outcome.joined()) {
            transactions.afterCommit(() -> then.accept(done));
        } else {
            then.accept(done);
        }
        return done;
    }
}
