// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.model;

import io.pgqueue.sql.Sql;
import io.pgqueue.sql.Sql.Held;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** One thread of a {@link Storm}: comes back with another connection when its own was killed, and keeps its leases. */
final class StormWorker {

    /** The session was ended, or the delivery moved on too often: what a client has to expect. */
    private static final Set<String> EXPECTED = Set.of("57P01", "57P02", "57P03", "08006", "08003", "08000", "40001");

    private final Storm storm;
    private final int number;
    private final Random random;
    private final DataSource dataSource;
    private final List<Held> held = new ArrayList<>();
    private final AtomicInteger groups = new AtomicInteger();
    private @Nullable Sql sql;

    StormWorker(Storm storm, int number, Random random, DataSource dataSource) {
        this.storm = storm;
        this.number = number;
        this.random = random;
        this.dataSource = dataSource;
    }

    void step() {
        int dice = random.nextInt(1000);
        try {
            Sql connected = connected();
            new StormSession(storm, number, random, held, groups, connected).any(dice);
            storm.operations.incrementAndGet();
        } catch (SQLException e) {
            if (!EXPECTED.contains(String.valueOf(e.getSQLState()))) {
                storm.broken.add("no such error: " + e.getSQLState() + " " + e.getMessage() + " in "
                        + Arrays.stream(e.getStackTrace())
                                .filter(f -> f.getClassName().startsWith("io.pgqueue"))
                                .limit(4)
                                .toList());
            }
            close();
        }
    }

    private Sql connected() throws SQLException {
        Sql connected = sql;
        if (connected == null) {
            connected = new Sql(dataSource);
            sql = connected;
            storm.backends.set(number, connected.backend());
        }
        return connected;
    }

    void close() {
        try {
            if (sql != null) {
                sql.close();
            }
        } catch (SQLException gone) {
            // It was killed.
        }
        sql = null;
    }
}
