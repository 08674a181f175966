// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.jms.CompletionListener;
import jakarta.jms.Message;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Collects what the provider calls. Safe for use by several threads. */
final class Completions implements CompletionListener {

    final List<String> completed = Collections.synchronizedList(new ArrayList<>());
    final List<Exception> failed = Collections.synchronizedList(new ArrayList<>());
    final List<Thread> threads = Collections.synchronizedList(new ArrayList<>());
    private final CountDownLatch calls;

    Completions(int calls) {
        this.calls = new CountDownLatch(calls);
    }

    @Override
    public void onCompletion(Message message) {
        threads.add(Thread.currentThread());
        completed.add(String.valueOf(PgJmsUnchecked.<String>find(() -> JmsIT.text(message))));
        calls.countDown();
    }

    @Override
    public void onException(Message message, Exception exception) {
        threads.add(Thread.currentThread());
        failed.add(exception);
        calls.countDown();
    }

    void await() throws InterruptedException {
        assertThat(calls.await(JmsIT.PATIENCE, TimeUnit.MILLISECONDS)).isTrue();
    }
}
