// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.benchmarks.load;

import java.sql.SQLException;
import java.util.Locale;
import javax.sql.DataSource;

/** How the raw-SQL limit publishes and consumes a batch. One message at a time, both are the same. */
public enum BareForm {
    /** The fastest form found: one INSERT of an unnested array, DELETE by an array of ids. */
    SET,
    /** As JDBC code is usually written: a JDBC batch of single-row INSERTs, DELETE with a subquery. */
    BATCH,
    /** Not bare: plain statements that write, lease and delete the rows the engine keeps, which is what its tables cost. */
    ROWS;

    public Contender open(DataSource server, int subscriptions, int connections) throws SQLException {
        return this == ROWS
                ? PlainRows.open(server, schema(), subscriptions, connections)
                : BareTables.open(server, this, subscriptions, connections);
    }

    /** Where its tables are. */
    public String schema() {
        return "pgqueue_benchmark_bare_" + this;
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
