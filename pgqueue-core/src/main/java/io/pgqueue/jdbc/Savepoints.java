// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import org.jspecify.annotations.Nullable;

/**
 * Several statements of a caller's transaction of which all or none must stay, though the caller may catch the failure and
 * commit. One statement needs none of this, and should not: what is written after a savepoint has a transaction id of its own, of
 * which a transaction should have few.
 */
public final class Savepoints {

    private Savepoints() {}

    /** A failure of the database itself has ended the transaction, so there is nothing to undo then. */
    public static <T extends @Nullable Object> T undoneOnFailure(Connection connection, SqlWork<T> work)
            throws SQLException {
        Savepoint before = connection.setSavepoint();
        T result;
        try {
            result = work.run(connection);
        } catch (RuntimeException e) {
            undo(connection, before, e);
            throw e;
        }
        connection.releaseSavepoint(before);
        return result;
    }

    private static void undo(Connection connection, Savepoint before, RuntimeException because) {
        try {
            connection.rollback(before);
            connection.releaseSavepoint(before);
        } catch (SQLException e) {
            because.addSuppressed(e);
        }
    }
}
