// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.benchmarks.load;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Threads that begin together; one that fails stops the others. The members ask {@link #stopped} between two steps. Safe
 * for use by several threads, but it runs once.
 */
public final class Crew {

    private final List<Callable<Void>> members = new ArrayList<>();
    private final AtomicBoolean stop = new AtomicBoolean();

    /** Adds a member. */
    public void add(Member member) {
        members.add(() -> {
            try {
                member.work();
            } catch (Exception | Error e) {
                stop.set(true);
                throw e;
            }
            return null;
        });
    }

    public void stop() {
        stop.set(true);
    }

    public boolean stopped() {
        return stop.get();
    }

    /** Runs all members until the last one returns; the {@link System#nanoTime} at which they began. */
    public long run() throws InterruptedException, ExecutionException {
        CountDownLatch ready = new CountDownLatch(members.size());
        CountDownLatch go = new CountDownLatch(1);
        ExecutorService threads = Executors.newFixedThreadPool(members.size());
        try {
            List<Future<Void>> results = new ArrayList<>();
            for (Callable<Void> member : members) {
                results.add(threads.submit(() -> {
                    ready.countDown();
                    go.await();
                    return member.call();
                }));
            }
            ready.await();
            long start = System.nanoTime();
            go.countDown();
            for (Future<Void> result : results) {
                result.get();
            }
            return start;
        } finally {
            threads.shutdownNow();
        }
    }

    /** What one thread does. */
    public interface Member {
        void work() throws Exception;
    }
}
