// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.samples.orders.demo;

import java.util.concurrent.atomic.AtomicInteger;
import org.springframework.transaction.TransactionExecution;
import org.springframework.transaction.TransactionExecutionListener;

/** A switch that makes {@code POST /orders} throw after order and message were written, before the commit. */
final class FailingCommits implements TransactionExecutionListener {

    private final AtomicInteger failed = new AtomicInteger();
    private volatile boolean on;

    void on() {
        on = true;
    }

    void off() {
        on = false;
    }

    int count() {
        return failed.get();
    }

    @Override
    public void beforeCommit(TransactionExecution transaction) {
        if (on && transaction.getTransactionName().endsWith("OrderService.place")) {
            failed.incrementAndGet();
            throw new IllegalStateException("Switched on by a test");
        }
    }
}
