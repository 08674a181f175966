// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.benchmarks.scenario;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import javax.sql.DataSource;

/**
 * Garbage and size of all tables of a schema.
 *
 * @param deadTuples sum of {@code n_dead_tup}, an estimate of PostgreSQL's statistics
 * @param bytes sum of {@code pg_total_relation_size}: tables, indexes and what is stored out of line
 * @param largestTable the largest of them
 * @param largestBytes its size
 */
record StorageState(long deadTuples, long bytes, String largestTable, long largestBytes) {

    static StorageState read(DataSource server, String schema) throws SQLException {
        try (Connection connection = server.getConnection();
                PreparedStatement query = connection.prepareStatement("""
                        select relname, n_dead_tup, bytes, sum(n_dead_tup) over (), sum(bytes) over ()
                          from (select relname, n_dead_tup, pg_total_relation_size(relid) as bytes
                                  from pg_stat_user_tables where schemaname = ?) t
                         order by bytes desc, relname limit 1
                        """)) {
            query.setString(1, schema);
            try (ResultSet row = query.executeQuery()) {
                row.next();
                return new StorageState(row.getLong(4), row.getLong(5), row.getString(1), row.getLong(3));
            }
        }
    }
}
