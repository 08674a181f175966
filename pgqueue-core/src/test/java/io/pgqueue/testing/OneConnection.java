// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.testing;

import io.pgqueue.jdbc.ConnectionSource;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import javax.sql.PooledConnection;
import org.jspecify.annotations.Nullable;
import org.postgresql.ds.PGConnectionPoolDataSource;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * As a pool of one: the thread that made it gets the same connection each time, whose driver learns about statements over
 * their calls; and the round trips on it are counted. Other threads, which work in the background, get a new one each time.
 */
public final class OneConnection implements ConnectionSource, AutoCloseable {

    private final PGSimpleDataSource database;
    private final Thread thread = Thread.currentThread();
    private final AtomicInteger roundTrips;
    private final PooledConnection connection;
    private @Nullable Connection current;

    public OneConnection(DataSource database) throws SQLException {
        this.database = database.unwrap(PGSimpleDataSource.class);
        String name = UUID.randomUUID().toString();
        PGConnectionPoolDataSource pool = new PGConnectionPoolDataSource();
        pool.setUrl(this.database.getURL());
        pool.setUser(this.database.getUser());
        pool.setPassword(this.database.getPassword());
        pool.setSocketFactory(RoundTripSockets.class.getName());
        pool.setSocketFactoryArg(name);
        this.roundTrips = RoundTripSockets.count(name);
        this.connection = pool.getPooledConnection();
    }

    /** How many round trips the work takes. */
    public int roundTrips(Callable<?> work) throws Exception {
        int before = roundTrips.get();
        work.call();
        return roundTrips.get() - before;
    }

    /** The work runs in a transaction of the caller, which is committed then. */
    public void inTransaction(Callable<?> work) throws Exception {
        try (Connection mine = open()) {
            mine.setAutoCommit(false);
            current = mine;
            work.call();
            mine.commit();
        } finally {
            current = null;
        }
    }

    @Override
    public Connection open() throws SQLException {
        return Thread.currentThread() == thread ? connection.getConnection() : database.getConnection();
    }

    @Override
    public @Nullable Connection current() {
        return Thread.currentThread() == thread ? current : null;
    }

    @Override
    public void release(Connection connection) {}

    @Override
    public void afterCommit(Runnable action) {}

    @Override
    public void close() throws SQLException {
        connection.close();
    }
}
