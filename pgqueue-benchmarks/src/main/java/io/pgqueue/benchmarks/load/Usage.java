// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.benchmarks.load;

import io.pgqueue.benchmarks.server.BenchmarkServer;
import io.pgqueue.benchmarks.server.Machine;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * What was used up: at a moment, or between two.
 *
 * @param databaseMicros processor time of the server in microseconds, null when not measured
 * @param clientMicros processor time of this JVM in microseconds
 * @param walBytes write-ahead log written
 */
public record Usage(@Nullable Long databaseMicros, long clientMicros, long walBytes) {

    public static Usage now(BenchmarkServer server) throws SQLException {
        try (Connection connection = server.dataSource().getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("select pg_current_wal_insert_lsn() - '0/0'")) {
            row.next();
            OptionalLong micros = server.cpu().micros();
            return new Usage(
                    micros.isPresent() ? (Long) micros.getAsLong() : null,
                    Machine.clientCpuNanos() / 1000,
                    row.getLong(1));
        }
    }

    public Usage since(Usage before) {
        return new Usage(
                databaseMicros == null || before.databaseMicros == null
                        ? null
                        : (Long) (databaseMicros - before.databaseMicros),
                clientMicros - before.clientMicros,
                walBytes - before.walBytes);
    }
}
