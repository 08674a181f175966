// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import io.pgqueue.jdbc.ConnectionSource;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Counts the connections in use, and can refuse them to chosen threads with an exception that is no SQLException: what a
 * routing DataSource does that finds no key, or a framework that is being closed.
 */
final class WatchedSource implements ConnectionSource {

    private final DataSource dataSource;
    private final AtomicReference<@Nullable Refusal> refusal = new AtomicReference<>();
    private final AtomicInteger inUse = new AtomicInteger();

    private record Refusal(String thread, CountDownLatch happened) {}

    WatchedSource(DataSource dataSource) {
        this.dataSource = dataSource;
    }

    /** Refuses the next so many connections of threads whose name begins like this; the latch tells when. */
    CountDownLatch refuse(String thread, int times) {
        CountDownLatch happened = new CountDownLatch(times);
        refusal.set(new Refusal(thread, happened));
        return happened;
    }

    @Override
    public Connection open() throws SQLException {
        Refusal now = refusal.get();
        if (now != null
                && Thread.currentThread().getName().startsWith(now.thread())
                && now.happened().getCount() > 0) {
            now.happened().countDown();
            throw new IllegalStateException("No connection for this thread");
        }
        return counted(dataSource.getConnection());
    }

    int inUse() {
        return inUse.get();
    }

    private Connection counted(Connection connection) {
        inUse.incrementAndGet();
        AtomicBoolean closed = new AtomicBoolean();
        return (Connection) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {Connection.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("close") && closed.compareAndSet(false, true)) {
                        inUse.decrementAndGet();
                    }
                    try {
                        return method.invoke(connection, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getTargetException();
                    }
                });
    }

    @Override
    public @Nullable Connection current() {
        return null;
    }

    @Override
    public void release(Connection current) {}

    @Override
    public void afterCommit(Runnable action) {}
}
