// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.function.Supplier;
import org.springframework.core.task.SimpleAsyncTaskExecutor;

/** The threads that run handlers: as many as the buffer finds missing. */
final class Workers {

    private final DeliveryBuffer buffer;
    private final Supplier<Runnable> worker;
    private final SimpleAsyncTaskExecutor executor;
    private final Set<Future<?>> running = ConcurrentHashMap.newKeySet();

    Workers(String threadPrefix, boolean virtualThreads, DeliveryBuffer buffer, Supplier<Runnable> worker) {
        this.buffer = buffer;
        this.worker = worker;
        this.executor = new SimpleAsyncTaskExecutor(threadPrefix);
        executor.setDaemon(true);
        executor.setVirtualThreads(virtualThreads);
    }

    void startMissing() {
        for (int missing = buffer.missingWorkers(); missing > 0; missing--) {
            FutureTask<?> task = new FutureTask<>(worker.get(), null) {
                @Override
                protected void done() {
                    running.remove(this);
                }
            };
            running.add(task);
            executor.execute(task);
        }
    }

    void interrupt() {
        running.forEach(task -> task.cancel(true));
    }
}
