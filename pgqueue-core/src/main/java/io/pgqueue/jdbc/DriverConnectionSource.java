// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jdbc;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Properties;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Connections by a JDBC URL, for those who have no pool: at most so many at a time, a few of them kept open for the next
 * call. One that failed is not kept. Safe for use by several threads.
 */
public final class DriverConnectionSource extends StandaloneConnectionSource implements AutoCloseable {

    private static final long WAIT_SECONDS = 30;
    private static final long TRUSTED = TimeUnit.SECONDS.toNanos(1);
    private static final long KEPT = TimeUnit.MINUTES.toNanos(1);
    private static final int VALID_SECONDS = 5;

    private final String url;
    private final Properties properties;
    private final Semaphore permits;
    private final int most;
    private final ReentrantLock lock = new ReentrantLock();
    private final Deque<Idle> idle = new ArrayDeque<>();
    private boolean closed;

    /** @param most connections at a time; a call waits half a minute for one, then fails */
    public DriverConnectionSource(String url, Properties properties, int most) {
        this.url = url;
        this.properties = properties;
        this.permits = new Semaphore(most, true);
        this.most = most;
    }

    @Override
    public Connection open() throws SQLException {
        try {
            if (!permits.tryAcquire(WAIT_SECONDS, TimeUnit.SECONDS)) {
                throw new SQLTransientConnectionException("All " + most + " connections are in use for " + WAIT_SECONDS
                        + " s; allow more of them, or give a DataSource that has them");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SQLTransientConnectionException("Interrupted while waiting for a connection", e);
        }
        try {
            Connection kept = takeIdle();
            return borrowed(kept == null ? JdbcUrl.connect(url, properties) : kept);
        } catch (SQLException | RuntimeException e) {
            permits.release();
            throw e;
        }
    }

    /** Closes those that are kept; those in use are closed when they come back. */
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            idle.forEach(i -> closeQuietly(i.connection()));
            idle.clear();
        } finally {
            lock.unlock();
        }
    }

    private @Nullable Connection takeIdle() throws SQLException {
        while (true) {
            Idle last;
            lock.lock();
            try {
                last = idle.pollLast();
            } finally {
                lock.unlock();
            }
            if (last == null) {
                return null;
            }
            long age = System.nanoTime() - last.since();
            if (age < TRUSTED || age < KEPT && last.connection().isValid(VALID_SECONDS)) {
                return last.connection();
            }
            closeQuietly(last.connection());
        }
    }

    private Connection borrowed(Connection physical) {
        return (Connection) Proxy.newProxyInstance(
                Connection.class.getClassLoader(), new Class<?>[] {Connection.class}, new Borrowed(physical));
    }

    private void giveBack(Connection physical, boolean failed) {
        try {
            if (failed || physical.isClosed()) {
                closeQuietly(physical);
                return;
            }
            if (!physical.getAutoCommit()) {
                physical.rollback();
                physical.setAutoCommit(true);
            }
            keep(physical);
        } catch (SQLException e) {
            closeQuietly(physical);
        } finally {
            permits.release();
        }
    }

    private void keep(Connection physical) {
        lock.lock();
        try {
            if (closed) {
                closeQuietly(physical);
                return;
            }
            idle.addLast(new Idle(physical, System.nanoTime()));
            Idle oldest = idle.peekFirst();
            if (oldest != null && System.nanoTime() - oldest.since() > KEPT) {
                idle.removeFirst();
                closeQuietly(oldest.connection());
            }
        } finally {
            lock.unlock();
        }
    }

    private static void closeQuietly(Connection connection) {
        try {
            connection.close();
        } catch (SQLException e) {
            // It was to be thrown away anyhow.
        }
    }

    private record Idle(Connection connection, long since) {}

    /** A connection whose close gives it back. */
    private final class Borrowed implements InvocationHandler {

        private final Connection physical;
        private boolean failed;
        private boolean returned;

        Borrowed(Connection physical) {
            this.physical = physical;
        }

        @Override
        public @Nullable Object invoke(Object proxy, Method method, @Nullable Object @Nullable [] arguments)
                throws Throwable {
            switch (method.getName()) {
                case "close" -> {
                    if (!returned) {
                        returned = true;
                        giveBack(physical, failed);
                    }
                    return null;
                }
                case "isClosed" -> {
                    return returned || physical.isClosed();
                }
                case "hashCode" -> {
                    return System.identityHashCode(proxy);
                }
                case "equals" -> {
                    return arguments != null && proxy == arguments[0];
                }
                default -> {
                    if (returned) {
                        throw new SQLException("The connection was given back", "08003");
                    }
                    return call(method, arguments);
                }
            }
        }

        private @Nullable Object call(Method method, @Nullable Object @Nullable [] arguments) throws Throwable {
            try {
                return method.invoke(physical, arguments);
            } catch (InvocationTargetException e) {
                Throwable cause = e.getTargetException();
                failed |= cause instanceof SQLException;
                throw cause;
            }
        }
    }
}
