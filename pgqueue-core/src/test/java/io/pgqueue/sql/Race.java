// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.sql;

import static org.awaitility.Awaitility.await;

import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** One session that goes on until it waits for a lock of another one: two transactions, interleaved as a test says. */
final class Race implements AutoCloseable {

    private final Sql session;
    private final Sql observer;
    private final int backend;

    Race(Sql session, Sql observer) throws SQLException {
        this.session = session;
        this.observer = observer;
        this.backend = session.backend();
    }

    interface Work<T> {
        T run(Sql session) throws SQLException;
    }

    /** Returns when the work is done or waits for a lock. */
    <T> CompletableFuture<T> untilItWaits(Work<T> work) {
        CompletableFuture<T> future = CompletableFuture.supplyAsync(
                () -> {
                    try {
                        return work.run(session);
                    } catch (SQLException e) {
                        throw new CompletionException(e);
                    }
                },
                task -> new Thread(task, "race").start());
        await().pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(1))
                .until(() -> future.isDone()
                        || observer.number("select count(*) from pg_locks where pid = ? and not granted", backend) > 0);
        return future;
    }

    @Override
    public void close() throws SQLException {
        session.close();
    }
}
