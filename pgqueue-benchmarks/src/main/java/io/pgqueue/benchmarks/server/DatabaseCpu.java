// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.benchmarks.server;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Processor time of all processes of a server: the postmaster, its children, and the children it had. Read from
 * {@code /proc/<pid>/stat} (proc(5): utime, stime, cutime, cstime), so known on Linux and for our own server only. Safe for
 * use by several threads.
 */
public final class DatabaseCpu {

    static final DatabaseCpu UNKNOWN = new DatabaseCpu(null);

    /** USER_HZ, which is 100 on every Linux that Java runs on. */
    private static final long TICK_MICROS = 10_000;

    private final @Nullable ProcessHandle postmaster;

    private DatabaseCpu(@Nullable ProcessHandle postmaster) {
        this.postmaster = postmaster;
    }

    static DatabaseCpu ofServerOf(Connection connection) throws SQLException {
        if (!Files.exists(Path.of("/proc/self/stat"))) {
            return UNKNOWN;
        }
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("select pg_backend_pid()")) {
            row.next();
            Optional<ProcessHandle> postmaster =
                    ProcessHandle.of(row.getLong(1)).flatMap(ProcessHandle::parent);
            return postmaster.map(DatabaseCpu::new).orElse(UNKNOWN);
        }
    }

    /** Microseconds since the server started; empty when not measured. */
    public OptionalLong micros() {
        ProcessHandle server = postmaster;
        if (server == null) {
            return OptionalLong.empty();
        }
        long ticks = ticks(server, true)
                + server.descendants().mapToLong(child -> ticks(child, false)).sum();
        return OptionalLong.of(ticks * TICK_MICROS);
    }

    private static long ticks(ProcessHandle process, boolean reaped) {
        try {
            String stat = Files.readString(Path.of("/proc", Long.toString(process.pid()), "stat"));
            // The second field is the name in parentheses, which may hold blanks; the third follows the last one.
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
            long own = Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
            return reaped ? own + Long.parseLong(fields[13]) + Long.parseLong(fields[14]) : own;
        } catch (NoSuchFileException e) {
            // It ended since it was listed: the postmaster counts it from now on.
            return 0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
