// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.benchmarks.scenario;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Locale;
import javax.sql.DataSource;

/** What another session leaves open while the load runs, so that nothing deleted since can be cleaned up. */
enum Hold {
    /** Nothing: the run that the others are compared with. */
    NONE,
    /** A REPEATABLE READ transaction that has read something. */
    REPEATABLE_READ,
    /** A transaction that has written something. */
    WRITER,
    /** A prepared transaction, which no session owns any more. */
    PREPARED;

    private static final String TABLE = "public.pgqueue_benchmark_hold";
    private static final int VALID_SECONDS = 5;
    private static final String PREPARED_NAME = "pgqueue_benchmark_hold";

    Held take(DataSource server) throws SQLException {
        Connection connection = server.getConnection();
        try (Statement statement = connection.createStatement()) {
            if (this == NONE) {
                return new Held(connection, "select 1");
            }
            statement.execute("create table if not exists " + TABLE + " (id integer)");
            connection.setAutoCommit(false);
            if (this == REPEATABLE_READ) {
                connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
                statement.execute("select count(*) from " + TABLE);
                return new Held(connection, "rollback");
            }
            statement.execute("insert into " + TABLE + " values (1)");
            if (this == WRITER) {
                return new Held(connection, "rollback");
            }
            statement.execute("prepare transaction '" + PREPARED_NAME + "'");
            connection.setAutoCommit(true);
            return new Held(connection, "rollback prepared '" + PREPARED_NAME + "'");
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Until it is closed. */
    record Held(Connection connection, String release) implements AutoCloseable {

        /** @throws SQLException if the session is gone: then nothing was held and the run proves nothing */
        void verify() throws SQLException {
            if (!connection.isValid(VALID_SECONDS)) {
                throw new SQLException("The session that held the transaction open is gone");
            }
        }

        @Override
        public void close() throws SQLException {
            try (connection;
                    Statement statement = connection.createStatement()) {
                statement.execute(release);
                if (!connection.getAutoCommit()) {
                    connection.setAutoCommit(true);
                }
                statement.execute("drop table if exists " + TABLE);
            }
        }
    }
}
