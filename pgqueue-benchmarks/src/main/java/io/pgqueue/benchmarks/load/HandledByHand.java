// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.benchmarks.load;

import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import javax.sql.DataSource;

/**
 * The limit: threads over JDBC, each message one transaction of DELETE … RETURNING the body and an INSERT. Nothing is
 * leased, no attempt is counted, and a handler that fails keeps nobody from taking the same message at once again.
 */
public final class HandledByHand implements Handling {

    private static final String MESSAGES = "pgqueue_benchmark_by_hand";
    private static final int FILL_BATCH = 500;
    private static final String DELETE_COUNTED = "delete from " + MESSAGES + " where id = ? returning body";
    private static final String DELETE_SEARCHED = "delete from " + MESSAGES + " where id = (select id from " + MESSAGES
            + " order by id limit 1 for update skip locked) returning body";

    private final HandForm form;
    private final HikariDataSource pool;
    private final int threads;

    public HandledByHand(DataSource server, HandForm form, int threads) throws SQLException {
        this.form = form;
        this.threads = threads;
        Pools.execute(
                server,
                "drop table if exists " + MESSAGES + "; create table " + MESSAGES
                        + " (id bigint primary key, body bytea not null)");
        this.pool = Pools.open(server, "by-hand", threads);
    }

    @Override
    public String name() {
        return "by hand, " + form;
    }

    @Override
    public void fill(Bodies bodies, int messages) throws SQLException {
        Pools.execute(pool, "truncate " + MESSAGES);
        try (Connection connection = pool.getConnection();
                PreparedStatement insert = connection.prepareStatement("insert into " + MESSAGES
                        + " select ? + ordinality, body from unnest(?::bytea[]) with ordinality as b (body)")) {
            for (int from = 0; from < messages; from += FILL_BATCH) {
                List<byte[]> some = bodies.next(from, Math.min(FILL_BATCH, messages - from));
                insert.setLong(1, from);
                insert.setArray(2, connection.createArrayOf("bytea", some.toArray(byte[][]::new)));
                insert.executeUpdate();
            }
        }
    }

    @Override
    public long handle(int messages) throws InterruptedException, ExecutionException {
        AtomicLong next = new AtomicLong();
        Crew crew = new Crew();
        for (int i = 0; i < threads; i++) {
            crew.add(() -> work(next, messages, crew));
        }
        long start = crew.run();
        return System.nanoTime() - start;
    }

    @Override
    public void close() {
        pool.close();
    }

    private void work(AtomicLong next, long messages, Crew crew) throws SQLException {
        while (!crew.stopped()) {
            long id = next.incrementAndGet();
            if (id > messages) {
                return;
            }
            try (Connection connection = pool.getConnection();
                    PreparedStatement delete =
                            connection.prepareStatement(form == HandForm.COUNTED ? DELETE_COUNTED : DELETE_SEARCHED);
                    PreparedStatement insert =
                            connection.prepareStatement("insert into " + EFFECTS + " (worker) values (?)")) {
                connection.setAutoCommit(false);
                if (form == HandForm.COUNTED) {
                    delete.setLong(1, id);
                }
                if (!delete.executeQuery().next()) {
                    throw new IllegalStateException("Message " + id + " is not there");
                }
                insert.setString(1, Thread.currentThread().getName());
                insert.executeUpdate();
                connection.commit();
            }
        }
    }
}
