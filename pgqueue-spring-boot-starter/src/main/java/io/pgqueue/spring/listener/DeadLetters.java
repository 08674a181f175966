// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import io.pgqueue.Delivery;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/** Those that a handler has made itself. They are announced when its work has committed; later ones with their own commit. */
final class DeadLetters implements Consumer<Delivery> {

    private final BiConsumer<Delivery, @Nullable Throwable> announcement;
    private final ReentrantLock lock = new ReentrantLock();
    private List<Delivery> waiting = new ArrayList<>();
    private boolean committed;

    DeadLetters(BiConsumer<Delivery, @Nullable Throwable> announcement) {
        this.announcement = announcement;
    }

    @Override
    public void accept(Delivery delivery) {
        lock.lock();
        try {
            if (!committed) {
                waiting.add(delivery);
                return;
            }
        } finally {
            lock.unlock();
        }
        if (TransactionSynchronizationManager.isSynchronizationActive()) {
            TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {
                @Override
                public void afterCommit() {
                    announcement.accept(delivery, null);
                }
            });
        } else {
            announcement.accept(delivery, null);
        }
    }

    void announce() {
        List<Delivery> announced;
        lock.lock();
        try {
            committed = true;
            announced = waiting;
            waiting = List.of();
        } finally {
            lock.unlock();
        }
        announced.forEach(delivery -> announcement.accept(delivery, null));
    }
}
