// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.samples.orders.demo;

import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Lets a view look until it is closed. */
final class ViewLoop implements AutoCloseable {

    private final View view;
    private final ScheduledExecutorService timer;

    ViewLoop(View view) {
        this.view = view;
        this.timer = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, "view");
            thread.setDaemon(true);
            return thread;
        });
    }

    void start() {
        timer.scheduleAtFixedRate(view::show, 0, view.interval().toMillis(), TimeUnit.MILLISECONDS);
    }

    @Override
    public void close() {
        if (!timer.isShutdown()) {
            timer.shutdownNow();
            view.end();
        }
    }
}
