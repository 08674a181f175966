// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.benchmarks.load;

import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/** What contenders that are statements on tables of one schema have in common: a pool, a polling loop, and how to begin again. */
abstract class SqlContender implements Contender {

    /** A polling loop has to wait somehow; this one trades some processor time for a short latency. */
    private static final long POLL_NANOS = 1_000_000;

    private final HikariDataSource pool;
    private final String tables;

    /**
     * @param pool closed with the contender
     * @param tables that hold its messages, separated by commas
     */
    SqlContender(HikariDataSource pool, String tables) {
        this.pool = pool;
        this.tables = tables;
    }

    final Connection connection() throws SQLException {
        return pool.getConnection();
    }

    /** Looks until there is something or the time is over, at least once. */
    static <B extends Batch> B poll(Duration wait, Supplier<B> look) {
        long end = System.nanoTime() + wait.toNanos();
        while (true) {
            B batch = look.get();
            if (batch.size() > 0 || System.nanoTime() >= end) {
                return batch;
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
    }

    @Override
    public final void reset() throws SQLException {
        Pools.execute(pool, "truncate " + tables);
    }

    @Override
    public final void analyse() throws SQLException {
        Pools.execute(pool, "analyze " + tables);
    }

    @Override
    public final void close() {
        pool.close();
    }
}
