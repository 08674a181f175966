// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.testing;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/**
 * Starts what may fail or take for ever, and gives up in good time. Testcontainers tries for minutes to get an image
 * from a registry that cannot be reached.
 */
final class BoundedStart {

    private BoundedStart() {}

    /**
     * Returns what was started, or nothing if that failed or took too long; then {@code why} is told once.
     *
     * @param limit how long to wait; after it the starting thread is interrupted and left alone
     */
    static <T> Optional<T> attempt(Callable<T> start, Duration limit, Consumer<String> why) {
        FutureTask<T> task = new FutureTask<>(start);
        Thread thread = new Thread(task, "test-server-start");
        thread.setDaemon(true);
        thread.start();
        try {
            return Optional.of(task.get(limit.toMillis(), TimeUnit.MILLISECONDS));
        } catch (TimeoutException e) {
            task.cancel(true);
            why.accept("not ready after " + limit.toSeconds() + " s");
        } catch (ExecutionException e) {
            why.accept(deepest(e).toString());
        } catch (InterruptedException e) {
            task.cancel(true);
            Thread.currentThread().interrupt();
            why.accept("interrupted");
        }
        return Optional.empty();
    }

    /** What Testcontainers throws says that there was a failure; what the engine answered is at the end of the chain. */
    private static Throwable deepest(Throwable failure) {
        Throwable deepest = failure;
        while (deepest.getCause() != null) {
            deepest = deepest.getCause();
        }
        return deepest;
    }
}
