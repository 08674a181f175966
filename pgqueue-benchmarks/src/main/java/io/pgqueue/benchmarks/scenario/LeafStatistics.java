// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.benchmarks.scenario;

import io.pgqueue.benchmarks.load.PgQueueContender;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import javax.sql.DataSource;

/**
 * What the planner knows about the 32 leaves of the ring.
 *
 * @param leaves how many there are
 * @param neverAnalysed those that neither hand nor autovacuum analysed since the installation
 * @param unknownRows those with {@code reltuples = -1}: as after creation or TRUNCATE
 * @param vacuumed those that autovacuum visited
 * @param minRows smallest {@code reltuples}
 * @param maxRows largest {@code reltuples}
 */
record LeafStatistics(int leaves, int neverAnalysed, int unknownRows, int vacuumed, double minRows, double maxRows) {

    static LeafStatistics read(DataSource server) throws SQLException {
        return read(server, PgQueueContender.SCHEMA);
    }

    static LeafStatistics read(DataSource server, String schema) throws SQLException {
        try (Connection connection = server.getConnection();
                PreparedStatement query = connection.prepareStatement("""
                        select count(*),
                               count(*) filter (where s.last_analyze is null and s.last_autoanalyze is null),
                               count(*) filter (where c.reltuples = -1),
                               count(*) filter (where s.last_autovacuum is not null),
                               min(c.reltuples), max(c.reltuples)
                          from pg_stat_user_tables s join pg_class c on c.oid = s.relid
                         where s.schemaname = ? and s.relname ~ '^(message|delivery)_[0-9]+$'
                        """)) {
            query.setString(1, schema);
            try (ResultSet row = query.executeQuery()) {
                row.next();
                return new LeafStatistics(
                        row.getInt(1), row.getInt(2), row.getInt(3), row.getInt(4), row.getDouble(5), row.getDouble(6));
            }
        }
    }
}
