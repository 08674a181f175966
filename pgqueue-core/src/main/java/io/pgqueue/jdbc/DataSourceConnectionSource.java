// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** Plain JDBC: no transaction to join. */
public final class DataSourceConnectionSource implements ConnectionSource {

    private final DataSource dataSource;

    public DataSourceConnectionSource(DataSource dataSource) {
        this.dataSource = dataSource;
    }

    @Override
    public Connection open() throws SQLException {
        return dataSource.getConnection();
    }

    @Override
    public @Nullable Connection current() {
        return null;
    }

    @Override
    public void release(Connection current) {
        throw new IllegalStateException("There is no caller's transaction to release a connection of");
    }

    @Override
    public void afterCommit(Runnable action) {
        throw new IllegalStateException("There is no caller's transaction to wait for");
    }
}
