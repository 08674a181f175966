// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import io.pgqueue.OutcomeUnknownException;
import io.pgqueue.PgQueueException;
import io.pgqueue.UnavailableException;
import jakarta.jms.ExceptionListener;
import jakarta.jms.JMSException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a connection knows of its database: whether it answers. When it no longer does, the ExceptionListener is told, once
 * until it answers again (Jakarta Messaging 3.1, section 6.1.7). Safe for use by several threads.
 */
final class PgJmsLink {

    private static final Logger LOG = LoggerFactory.getLogger(PgJmsLink.class);

    private static final long THREAD_SECONDS = 5;

    private final ThreadPoolExecutor executor;
    private final AtomicBoolean lost = new AtomicBoolean();
    private volatile @Nullable ExceptionListener listener;
    private volatile @Nullable Thread telling;

    PgJmsLink(String name) {
        executor = new ThreadPoolExecutor(1, 1, THREAD_SECONDS, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> {
            Thread thread = new Thread(task, "pgqueue-jms-exceptions-" + name);
            thread.setDaemon(true);
            return thread;
        });
        executor.allowCoreThreadTimeOut(true);
    }

    @Nullable
    ExceptionListener listener() {
        return listener;
    }

    void listener(@Nullable ExceptionListener listener) {
        this.listener = listener;
    }

    /** Calls the database, with its errors as those of Jakarta Messaging. */
    <T extends @Nullable Object> T call(Supplier<T> call) throws JMSException {
        T result = checked(call);
        answered();
        return result;
    }

    /** As {@link #call}, for what may be answered without the database. */
    <T extends @Nullable Object> T checked(Supplier<T> call) throws JMSException {
        try {
            return call.get();
        } catch (PgQueueException e) {
            failed(e);
            throw PgJmsErrors.of(e);
        }
    }

    void run(Runnable call) throws JMSException {
        this.<@Nullable Object>call(() -> {
            call.run();
            return null;
        });
    }

    void answered() {
        if (lost.compareAndSet(true, false)) {
            LOG.info("The database answers again");
        }
    }

    /** Whether it is the database that is away; anything else is a matter of the call that failed. */
    boolean failed(PgQueueException e) {
        boolean away = isOutage(e);
        if (away && lost.compareAndSet(false, true)) {
            LOG.warn("The database does not answer, consumers go on by themselves when it does: {}", e.getMessage());
            report(PgJmsErrors.of(e));
        }
        return away;
    }

    static boolean isOutage(PgQueueException e) {
        return e instanceof UnavailableException || e instanceof OutcomeUnknownException;
    }

    /** Tells the ExceptionListener what no call of the application can be told, one after the other. */
    void report(JMSException e) {
        ExceptionListener told = listener;
        if (told == null) {
            return;
        }
        try {
            executor.execute(() -> tell(told, e));
        } catch (RejectedExecutionException closed) {
            LOG.debug("Not reported, the connection is closed: {}", e.getMessage());
        }
    }

    private void tell(ExceptionListener told, JMSException e) {
        telling = Thread.currentThread();
        try {
            told.onException(e);
        } catch (RuntimeException failure) {
            LOG.warn("An ExceptionListener failed", failure);
        } finally {
            telling = null;
        }
    }

    boolean isExceptionListenerThread() {
        return telling == Thread.currentThread();
    }

    void close() {
        listener = null;
        executor.shutdown();
    }
}
